// Starts a real VS Code server for one test, as one person on a clean machine would have it: its own
// HOME, settings and workspace, the packaged extension installed, loopback only, no update, gallery
// or telemetry traffic.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { RUNTIME, SERVER_ENTRY, SERVER_NODE } from './places';

export interface ServerOptions {
  /** Folder whose copy is opened; without one the window has no folder open. */
  readonly workspace?: string;
  /** Workspace trust on, and nothing trusted: VS Code's restricted mode. */
  readonly untrusted?: boolean;
  /** Where extensions are installed. */
  readonly extensions: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Variables that VS Code is started with, as by a person's shell. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Seconds without a window after which the server ends by itself, should whoever started it be killed. */
  readonly idleSeconds?: number;
}

export interface Server {
  /** Address of the workbench, with folder. Always 127.0.0.1: webviews need a secure context. */
  readonly url: string;
  /** The opened copy; an empty folder that is not opened where no workspace was asked for. */
  readonly workspace: string;
  /** Rewrites the person's settings, which VS Code takes over at once. */
  configure(settings: Readonly<Record<string, unknown>>): void;
  /** VS Code's log files, output channels included, by path below the log folder. */
  logs(): Record<string, string>;
  /** Ends VS Code and every trainer it left behind, and removes what they wrote. */
  stop(): Promise<void>;
}

const SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'update.showReleaseNotes': false,
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'chat.disableAIFeatures': true,
  'git.enabled': false,
  'npm.autoDetect': 'off',
  'typescript.disableAutomaticTypeAcquisition': true,
  'json.schemaDownload.enable': false,
  'files.simpleDialog.enable': true,
  'window.restoreWindows': 'none',
  'editor.accessibilitySupport': 'off',
  'security.workspace.trust.startupPrompt': 'never',
};

/**
 * Built-in extensions that only cost time here. One that has a web build and starts by itself must
 * not be added: skipped in the server, VS Code looks for its web build, which code-server lacks.
 */
const SKIPPED_BUILT_INS = [
  'github.copilot-chat',
  'vscode.microsoft-authentication',
  'vscode.github',
  'vscode.tunnel-forwarding',
  'ms-vscode.js-debug',
  'ms-vscode.vscode-js-profile-table',
  'vscode.grunt',
  'vscode.gulp',
  'vscode.jake',
];

/** Variables that pass through: others (VSCODE_IPC_HOOK_CLI, PORT, FORCE_COLOR, …) would change what is tested. */
const INHERITED = ['PATH', 'LANG', 'LC_ALL', 'TZ', 'USER', 'LOGNAME', 'SHELL'];

function environment(home: string): NodeJS.ProcessEnv {
  const inherited = Object.fromEntries(INHERITED.map((key) => [key, process.env[key]]).filter(([, value]) => value !== undefined));
  return {
    LANG: 'C.UTF-8',
    ...inherited,
    HOME: home,
    // VS Code leaves sockets there.
    TMPDIR: path.join(home, 't'),
    EXTENSIONS_GALLERY: '{"serviceUrl":""}',
    VSCODE_SKIP_BUILTIN_EXTENSIONS: SKIPPED_BUILT_INS.join(','),
  };
}

/** A fresh home; its path stays short, because unix sockets inside it may have 107 characters. */
function makeHome(): { home: string; flags: string[] } {
  const home = mkdtempSync(path.join(tmpdir(), 'fv-'));
  mkdirSync(path.join(home, 't'));
  for (const scope of ['User', 'Machine']) mkdirSync(path.join(home, 'user', scope), { recursive: true });
  // Named explicitly, or code-server writes one of its own with a password.
  const config = path.join(home, 'config.yaml');
  writeFileSync(config, 'auth: none\n');
  return { home, flags: [SERVER_ENTRY, '--config', config, '--user-data-dir', path.join(home, 'user')] };
}

/** Installs a VSIX with VS Code's own installer into the folder `extensions`. */
export async function installExtension(vsix: string, extensions: string): Promise<void> {
  const { home, flags } = makeHome();
  const args = [...flags, '--extensions-dir', extensions, '--install-extension', vsix, '--force'];
  try {
    await promisify(execFile)(SERVER_NODE, args, { env: environment(home) });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

export async function startServer(options: ServerOptions): Promise<Server> {
  if (!existsSync(SERVER_ENTRY)) throw new Error(`There is no VS Code at ${RUNTIME}: npm run vscode:install`);
  const { home, flags } = makeHome();
  const workspace = path.join(home, 'ws');
  mkdirSync(workspace);
  if (options.workspace !== undefined) cpSync(options.workspace, workspace, { recursive: true });
  const configure = (settings: Readonly<Record<string, unknown>>) => {
    const all = { ...SETTINGS, 'security.workspace.trust.enabled': options.untrusted === true, ...options.settings, ...settings };
    // A setting of the machine's scope counts only where the extension host runs.
    for (const scope of ['User', 'Machine']) writeFileSync(path.join(home, `user/${scope}/settings.json`), JSON.stringify(all));
  };
  configure({});
  const args = [...flags, '--extensions-dir', options.extensions, '--bind-addr', '127.0.0.1:0', '--auth', 'none', '--ignore-last-opened'];
  args.push('--disable-telemetry', '--disable-update-check', '--disable-getting-started-override', '--disable-proxy');
  if (options.untrusted !== true) args.push('--disable-workspace-trust');
  if (options.idleSeconds !== undefined) args.push('--idle-timeout-seconds', String(options.idleSeconds));

  // A process group of its own, so that stopping takes the extension host along.
  const child = spawn(SERVER_NODE, args, {
    env: { ...environment(home), ...options.environment },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killWithRunner = () => signalGroup(child, 'SIGKILL');
  process.once('exit', killWithRunner);
  const stop = async () => {
    process.off('exit', killWithRunner);
    await endGroup(child);
    endTrainers(workspace);
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    const origin = await listening(child);
    const query = options.workspace === undefined ? 'ew=true' : `folder=${encodeURIComponent(workspace)}`;
    return { url: `${origin}/?${query}`, workspace, configure, logs: () => readLogs(path.join(home, 'user/logs')), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Resolves to the address once the server prints it. */
function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (why: string) => reject(new Error(`VS Code's server ${why}:\n${output}`));
    const timer = setTimeout(fail, 30_000, 'did not start within 30 s');
    const read = (chunk: Buffer) => {
      output += chunk;
      const origin = /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1];
      if (origin === undefined) return;
      clearTimeout(timer);
      resolve(origin);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', (error) => fail(`cannot be started (${error.message})`));
    child.once('exit', (code) => fail(`ended with exit code ${code}`));
  });
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Already gone.
  }
}

async function endGroup(child: ChildProcess): Promise<void> {
  const ended = child.exitCode !== null || child.signalCode !== null;
  const gone = ended ? Promise.resolve() : new Promise<void>((resolve) => child.once('exit', () => resolve()));
  signalGroup(child, 'SIGTERM');
  const patience = setTimeout(() => signalGroup(child, 'SIGKILL'), 3000);
  await gone;
  clearTimeout(patience);
  // The server may be gone before what it started.
  signalGroup(child, 'SIGKILL');
}

/** Trainers outlive VS Code by design, so a test ends those that its workspace's runs name. */
function endTrainers(workspace: string): void {
  const folder = path.join(workspace, '.fathom/runs');
  if (!existsSync(folder)) return;
  for (const run of readdirSync(folder)) {
    try {
      const record: { process?: { pid: number } } = JSON.parse(readFileSync(path.join(folder, run, 'run.json'), 'utf8'));
      const pid = record.process?.pid;
      if (pid !== undefined && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('trainer')) process.kill(pid, 'SIGKILL');
    } catch {
      // Not a whole run, or no longer a process.
    }
  }
}

function readLogs(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.log'));
  return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));
}
