// What a person does with a run's files: read its log, open its folder, delete it.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import * as vscode from 'vscode';
import { deriveState } from '../../experiment/processes';
import { logFile, readRun, runFile } from '../../experiment/runDirectory';
import { COMMANDS } from '../contributions';
import { registerCommand } from '../failures';
import { Lifetime } from '../lifetime';
import { tell } from '../messages';
import type { RunChoice } from '../runs/choice';
import { isAlive } from '../runs/presentation';
import type { RunsWatch } from '../runs/watch';
import { trusted } from '../trust';
import { t } from '../words';

export class RunFileCommands extends Lifetime {
  constructor(
    private readonly choice: RunChoice,
    private readonly runs: RunsWatch,
    log: vscode.LogOutputChannel,
  ) {
    super();
    const any = { fits: () => true, none: t('There are no runs yet.') };
    const register = (id: string, title: string, run: (directory: string) => Promise<void>) =>
      this.own(
        registerCommand(id, log, async (argument) => {
          const directory = await this.choice.choose(argument, { ...any, title });
          if (directory !== undefined) await run(directory);
        }),
      );
    register(COMMANDS.showLog, t('Show Log'), showLog);
    register(COMMANDS.openRunFolder, t('Open Run Folder'), openRunFolder);
    this.own(
      registerCommand(COMMANDS.deleteRun, log, async (argument) => {
        if (!trusted()) return;
        const directory = await this.choice.choose(argument, {
          fits: (run) => !isAlive(run.state),
          none: t('There is no run that could be deleted.'),
          title: t('Delete Run'),
        });
        if (directory !== undefined) await this.delete(directory);
      }),
    );
  }

  private async delete(directory: string): Promise<void> {
    if (await this.lives(directory)) {
      tell('warning', t('This run is training. Stop it before you delete it.'));
      return;
    }
    const remove = t('Delete');
    const question = t('Delete this run with its checkpoints and everything it recorded?');
    const answer = await vscode.window.showWarningMessage(question, { modal: true, detail: directory }, remove);
    if (answer !== remove) return;
    // It may have been continued while the question stood.
    if (await this.lives(directory)) return this.delete(directory);
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }

  /**
   * A fresh look, as the list may be a moment old; but only a watcher that has looked for a while can
   * tell that a silent heartbeat is that of a lost run. A directory without a readable record has no
   * trainer that could be asked to stop.
   */
  private async lives(directory: string): Promise<boolean> {
    const record = await readRun(directory).catch(() => undefined);
    return record !== undefined && isAlive(deriveState(record)) && this.runs.status(directory)?.state !== 'lost';
  }
}

export async function showLog(directory: string): Promise<void> {
  const file = logFile(directory);
  if (!existsSync(file)) {
    tell('information', t('This run has no log yet.'));
    return;
  }
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file));
  const editor = await vscode.window.showTextDocument(document, { preview: true, viewColumn: vscode.ViewColumn.Active });
  const end = document.lineAt(document.lineCount - 1).range.end;
  editor.revealRange(new vscode.Range(end, end));
}

export async function openRunFolder(directory: string): Promise<void> {
  // On a desktop the folder opens in the system's file browser; elsewhere its record is the nearest thing to see.
  if (vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined) {
    await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(directory));
    return;
  }
  const inWorkspace = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(directory)) !== undefined;
  if (inWorkspace) await vscode.commands.executeCommand('revealInExplorer', vscode.Uri.file(runFile(directory)));
  else await vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(directory), { forceNewWindow: true });
}
