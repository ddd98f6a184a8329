// Runs once before the end-to-end tests: installs the packaged extension with VS Code's own
// installer into a folder that all of them share.
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { EXTENSIONS, VSIX } from './places';
import { installExtension } from './server';

// biome-ignore lint/style/noDefaultExport: this is how Playwright finds it.
export default async function setup(): Promise<void> {
  if (!existsSync(VSIX)) throw new Error(`There is no ${path.basename(VSIX)}: npm run package`);
  rmSync(EXTENSIONS, { recursive: true, force: true });
  await installExtension(VSIX, EXTENSIONS);
}
