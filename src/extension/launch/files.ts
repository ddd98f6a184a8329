// Where a run's files are, for a person: its log in an editor, its folder in explorer, system and terminal.
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { logFile, runFile } from '../../experiment/runDirectory';
import { COMMANDS } from '../contributions';
import { registerCommand } from '../failures';
import { Lifetime } from '../lifetime';
import { tell } from '../messages';
import type { RunChoice } from '../runs/choice';
import { trusted } from '../trust';
import { t } from '../words';

export class RunFileCommands extends Lifetime {
  constructor(choice: RunChoice, log: vscode.LogOutputChannel) {
    super();
    const any = { fits: () => true, none: t('There are no runs yet.') };
    const register = (id: string, title: string, run: (directory: string) => Promise<void>) =>
      this.own(
        registerCommand(id, log, async (argument) => {
          const directory = await choice.choose(argument, { ...any, title });
          if (directory !== undefined) await run(directory);
        }),
      );
    register(COMMANDS.showLog, t('Show Log'), showLog);
    register(COMMANDS.openRunFolder, t('Open Run Folder'), openRunFolder);
    register(COMMANDS.revealRun, t('Reveal in Explorer View'), revealRun);
    register(COMMANDS.openRunInTerminal, t('Open in Integrated Terminal'), async (directory) => {
      if (trusted()) vscode.window.createTerminal({ cwd: directory }).show();
    });
    this.own(
      registerCommand(COMMANDS.copyRunPath, log, async (argument, selected) => {
        const directories = await choice.several(argument, selected, { ...any, title: t('Copy Path') });
        if (directories.length > 0) await vscode.env.clipboard.writeText(directories.join('\n'));
      }),
    );
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
  await revealRun(directory);
}

/** In the explorer's tree, where the workspace holds it; else in a window of its own. */
async function revealRun(directory: string): Promise<void> {
  const inWorkspace = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(directory)) !== undefined;
  if (inWorkspace) await vscode.commands.executeCommand('revealInExplorer', vscode.Uri.file(runFile(directory)));
  else await vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(directory), { forceNewWindow: true });
}
