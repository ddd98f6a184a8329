// The dashboards: one webview panel a run, made on demand, revived by the editor after a restart.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { TASKS } from '../../evaluate/tasks';
import { MESSAGES } from '../../experiment/messages';
import { deriveState } from '../../experiment/processes';
import { configFile, readRun } from '../../experiment/runDirectory';
import type { RunAction, TaskFacts } from '../../protocol/messages';
import { pageHtml } from '../../protocol/page';
import { PAGE_STRINGS } from '../../protocol/strings';
import type { ConfigurationChecks } from '../config/checks';
import { COMMANDS, DASHBOARD_PANEL } from '../contributions';
import { failureWords } from '../failures';
import type { ForkDrafts } from '../launch/forkDrafts';
import { Lifetime } from '../lifetime';
import type { Observing } from '../runs/observing';
import { originOf } from '../runs/origin';
import { RunNode } from '../runs/tree';
import { t } from '../words';
import { MOST_COMPARED } from './compared';
import { RunConfigForm } from './configForm';
import { saveFile } from './saving';
import { DashboardSession, type SessionParts } from './session';

/** What dashboards need of the rest of the extension. */
export interface DashboardTools {
  readonly asking: SessionParts['jobs'];
  readonly checks: ConfigurationChecks;
  readonly forks: ForkDrafts;
}

export class Dashboards extends Lifetime implements vscode.WebviewPanelSerializer {
  private readonly changedShown = this.own(new vscode.EventEmitter<void>());
  /** Another dashboard is looked at, or none. */
  readonly onDidChangeShown = this.changedShown.event;
  private readonly panels = new Map<string, vscode.WebviewPanel>();
  private readonly sessions = new Map<string, DashboardSession>();

  constructor(
    private readonly extension: vscode.Uri,
    private readonly observing: Observing,
    private readonly tools: DashboardTools,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.own(
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        for (const session of this.sessions.values()) session.tellAbilities();
      }),
    );
    this.own(vscode.window.registerWebviewPanelSerializer(DASHBOARD_PANEL, this));
    // The panels themselves stay: the editor keeps them over a reload and hands them back.
    this.own({ dispose: () => this.endSessions() });
  }

  /** The run of the dashboard that a person looks at. */
  get shown(): string | undefined {
    return [...this.panels].find(([, panel]) => panel.active)?.[0];
  }

  /** Runs that have a dashboard, whether anybody looks at it or not. */
  get directories(): readonly string[] {
    return [...this.panels.keys()];
  }

  /** Lays runs over the curves of a run, in its dashboard, which is opened where it is not. */
  overlay(directory: string, others: readonly string[]): void {
    this.open(directory, vscode.window.activeTextEditor !== undefined);
    this.sessions.get(directory)?.compared.add(
      others.filter((other) => other !== directory),
      'curves',
    );
  }

  /** Lays runs beside the first of them, in its dashboard, which is opened where it is not. */
  compare(directories: readonly string[]): void {
    const [first, ...others] = directories;
    if (first === undefined) return;
    this.open(first, vscode.window.activeTextEditor !== undefined);
    this.sessions.get(first)?.compared.add(others, 'compare');
  }

  /** @param beside next to what is being edited, which keeps the focus. */
  open(directory: string, beside: boolean): void {
    const open = this.panels.get(directory);
    if (open) {
      open.reveal(undefined, beside);
      return;
    }
    const viewColumn = beside ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
    const panel = vscode.window.createWebviewPanel(DASHBOARD_PANEL, t('Fathom'), { viewColumn, preserveFocus: beside }, {});
    this.inhabit(panel, directory);
  }

  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const directory = savedDirectory(state);
    if (directory === undefined || this.panels.has(directory)) panel.dispose();
    else
      this.inhabit(
        panel,
        directory,
        savedCompared(state).filter((other) => other !== directory),
      );
  }

  private inhabit(panel: vscode.WebviewPanel, directory: string, compared: readonly string[] = []): void {
    this.panels.set(directory, panel);
    const folder = vscode.Uri.joinPath(this.extension, 'dist', 'webview');
    panel.webview.options = { enableScripts: true, localResourceRoots: [folder] };
    panel.iconPath = vscode.Uri.joinPath(this.extension, 'media', 'icon.png');
    const view = this.observing.get().openRun(directory);
    const session = new DashboardSession({
      directory,
      view,
      strings: pageStrings(),
      post: (message) => void panel.webview.postMessage(message),
      open: (other) => this.observing.get().openRun(other),
      form: new RunConfigForm(directory, this.tools.checks, this.tools.forks),
      act: (action) => void this.act(directory, action),
      save: (file) => void saveFile(file),
      explain: failureWords,
      abilities: () => ({ trusted: vscode.workspace.isTrusted, tasks: taskFacts() }),
      jobs: this.tools.asking,
      failed: (error) => this.log.error(`No snapshot of ${directory}: ${failureWords(error)}`),
      strange: (message) => this.log.warn(`The dashboard sent what is no message of ours: ${JSON.stringify(message)?.slice(0, 200)}`),
    });
    this.sessions.set(directory, session);
    if (compared.length > 0) session.compared.add(compared);
    panel.webview.onDidReceiveMessage((message: unknown) => session.receive(message));
    panel.onDidChangeViewState(() => {
      session.setVisible(panel.visible);
      this.changedShown.fire();
    });
    panel.onDidDispose(() => {
      session.dispose();
      if (this.sessions.get(directory) === session) this.sessions.delete(directory);
      this.panels.delete(directory);
      this.changedShown.fire();
    });
    this.changedShown.fire();
    const name = (run: string) => t('Fathom: {run}', { run });
    panel.title = name(path.basename(directory));
    void readRun(directory).then(
      (record) => {
        if (!session.isOver) panel.title = name(record.name);
      },
      () => undefined,
    );
    const uri = (file: string) => panel.webview.asWebviewUri(vscode.Uri.joinPath(folder, file)).toString();
    panel.webview.html = pageHtml({
      cspSource: panel.webview.cspSource,
      nonce: randomBytes(24).toString('base64url'),
      scriptUri: uri('main.js'),
      styleUri: uri('main.css'),
      title: panel.title,
      language: vscode.env.language,
    });
  }

  private endSessions(): void {
    for (const session of this.sessions.values()) session.dispose();
    this.sessions.clear();
  }

  private async act(directory: string, action: RunAction): Promise<void> {
    const node = new RunNode(directory);
    switch (action) {
      case 'resume':
        // One button for a person: a paused trainer goes on, an ended run goes on from its checkpoint.
        await vscode.commands.executeCommand((await isPaused(directory)) ? COMMANDS.resume : COMMANDS.resumeFromCheckpoint, node);
        return;
      case 'pause':
      case 'stop':
      case 'checkpoint':
        await vscode.commands.executeCommand(COMMANDS[action], node);
        return;
      case 'compare':
        await vscode.commands.executeCommand(COMMANDS.compare, node);
        return;
      case 'show-log':
        await vscode.commands.executeCommand(COMMANDS.showLog, node);
        return;
      case 'open-folder':
        await vscode.commands.executeCommand(COMMANDS.openRunFolder, node);
        return;
      case 'open-configuration': {
        const record = await readRun(directory).catch(() => undefined);
        const source = record && originOf(record);
        const file = source !== undefined && existsSync(source) ? source : configFile(directory);
        await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file));
        return;
      }
      default:
        action satisfies never;
    }
  }
}

async function isPaused(directory: string): Promise<boolean> {
  const record = await readRun(directory).catch(() => undefined);
  return record !== undefined && deriveState(record) === 'paused';
}

/** The page saves which run it shows; what comes back after a restart is checked like anything from a page. */
function savedDirectory(state: unknown): string | undefined {
  if (typeof state !== 'object' || state === null || !('directory' in state)) return undefined;
  const { directory } = state;
  return typeof directory === 'string' && path.isAbsolute(directory) ? directory : undefined;
}

/** The runs that were laid beside it. */
function savedCompared(state: unknown): readonly string[] {
  if (typeof state !== 'object' || state === null || !('compared' in state) || !Array.isArray(state.compared)) return [];
  return state.compared.filter((other): other is string => typeof other === 'string' && path.isAbsolute(other)).slice(0, MOST_COMPARED);
}

function taskFacts(): readonly TaskFacts[] {
  return TASKS.map(({ name, title, documentation, files, headline, chance, pairs }) => ({
    name,
    title,
    documentation,
    files: Object.values(files),
    headline,
    ...(chance !== undefined && { chance }),
    pairs: pairs === true,
  }));
}

function pageStrings(): Readonly<Record<string, string>> {
  return Object.fromEntries([...Object.entries(MESSAGES), ...Object.entries(PAGE_STRINGS)].map(([key, words]) => [key, t(words)]));
}
