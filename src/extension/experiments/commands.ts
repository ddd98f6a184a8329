// What the Experiments view offers beside training and probing: a study, which the terminal tool runs, and the
// file in the explorer.
import path from 'node:path';
import * as vscode from 'vscode';
import { COMMANDS, STUDY_SUFFIX } from '../contributions';
import { registerCommand } from '../failures';
import { configurationOf } from '../launch/configurationChoice';
import type { NodeRuntimes } from '../launch/nodeRuntime';
import { Lifetime } from '../lifetime';
import { tell } from '../messages';
import { trusted } from '../trust';
import { t } from '../words';

export interface ExperimentParts {
  readonly nodes: NodeRuntimes;
  readonly log: vscode.LogOutputChannel;
  /** The terminal tool's script. */
  readonly tool: string;
}

export class ExperimentCommands extends Lifetime {
  constructor(private readonly parts: ExperimentParts) {
    super();
    this.own(registerCommand(COMMANDS.runStudy, parts.log, (argument) => this.runStudy(argument)));
    this.own(
      registerCommand(COMMANDS.revealExperiment, parts.log, async (argument) => {
        const uri = configurationOf(argument);
        if (uri) await vscode.commands.executeCommand('revealInExplorer', uri);
      }),
    );
  }

  /** As a task, whose terminal stays when it is done; without a shell between, so that a file's name is never read as a command. */
  private async runStudy(argument: unknown): Promise<void> {
    if (!trusted()) return;
    const uri = configurationOf(argument) ?? (await chooseStudy());
    if (!uri) return;
    const node = await this.parts.nodes.find();
    if (!node) return;
    const execution = new vscode.ProcessExecution(node.executable, [this.parts.tool, 'study', uri.fsPath], {
      cwd: path.dirname(uri.fsPath),
      env: node.origin === 'editor' ? { ELECTRON_RUN_AS_NODE: '1' } : {},
    });
    const name = t('Study {name}', { name: path.basename(uri.fsPath, STUDY_SUFFIX) });
    const task = new vscode.Task({ type: 'process' }, vscode.TaskScope.Workspace, name, 'Fathom', execution, []);
    task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, panel: vscode.TaskPanelKind.Dedicated };
    await vscode.tasks.executeTask(task);
  }
}

/** The study in the editor, the only one of the workspace, or the one a person picks. */
async function chooseStudy(): Promise<vscode.Uri | undefined> {
  const active = vscode.window.activeTextEditor?.document.uri;
  if (active?.scheme === 'file' && active.path.endsWith(STUDY_SUFFIX)) return active;
  const found = await vscode.workspace.findFiles(`**/*${STUDY_SUFFIX}`, '**/{node_modules,.fathom}/**');
  const [only, ...others] = found;
  if (!only) tell('information', t('This workspace has no study yet: a file that ends in {suffix}.', { suffix: STUDY_SUFFIX }));
  if (others.length === 0) return only;
  const items = found.map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri }));
  return (await vscode.window.showQuickPick(items, { title: t('Which study?') }))?.uri;
}
