// `npm run vscode`: opens a real VS Code with Fathom and the examples. The desktop's own `code` is
// taken where there is one, with the built sources loaded as an extension under development; else
// the one from npm is installed and served on this machine, with the packaged extension.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT, VSIX } from './places';
import { installExtension, startServer } from './server';

function node(...args: string[]): void {
  const result = spawnSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** Whether a desktop VS Code took over. */
function openDesktop(): boolean {
  // On Windows `code` is a batch file, which only a shell starts.
  const options = { shell: process.platform === 'win32' } as const;
  if (spawnSync('code', ['--version'], options).status !== 0) return false;
  node('esbuild.mjs');
  const extension = `--extensionDevelopmentPath=${ROOT}`;
  return spawnSync('code', ['--new-window', extension, path.join(ROOT, 'examples')], { ...options, stdio: 'inherit' }).status === 0;
}

async function serve(): Promise<void> {
  node('test/run.mjs', 'e2e/install');
  node('esbuild.mjs', '--package');
  const extensions = mkdtempSync(path.join(tmpdir(), 'fe-'));
  await installExtension(VSIX, extensions);
  const server = await startServer({ workspace: path.join(ROOT, 'examples'), extensions });
  console.log(`\nVS Code with Fathom and a copy of the examples: ${server.url}\nCtrl-C ends it, and removes the copy with its runs.`);
  await new Promise<void>((resolve) => {
    // Kept for good: npm passes on a Ctrl-C that the terminal has sent already.
    process.on('SIGINT', () => resolve());
    process.on('SIGTERM', () => resolve());
  });
  await server.stop();
  rmSync(extensions, { recursive: true, force: true });
}

if (!openDesktop()) await serve();
