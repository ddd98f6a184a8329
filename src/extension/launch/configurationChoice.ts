// Which configuration a command means: the one in the editor, the only one of the workspace, or the
// one a person picks.
import path from 'node:path';
import * as vscode from 'vscode';
import { COMMANDS, CONFIGURATION_SUFFIX } from '../contributions';
import { ExperimentNode } from '../experiments/node';
import { tell } from '../messages';
import { t } from '../words';
import { offerFolder } from './newExperiment';

const MOST_OFFERED = 500;

/** The file that a code lens, the explorer or the Experiments view hands to a command. */
export function configurationOf(argument: unknown): vscode.Uri | undefined {
  if (argument instanceof vscode.Uri) return argument;
  return argument instanceof ExperimentNode ? argument.uri : undefined;
}

export async function chooseConfiguration(): Promise<vscode.Uri | undefined> {
  const active = activeConfiguration();
  if (active) return active;
  if (!vscode.workspace.workspaceFolders?.length) {
    offerFolder();
    return undefined;
  }
  const found = await vscode.workspace.findFiles(`**/*${CONFIGURATION_SUFFIX}`, '**/node_modules/**', MOST_OFFERED);
  const [only, ...others] = found;
  if (!only) {
    offerExperiment();
    return undefined;
  }
  if (others.length === 0) return only;
  const items = found.map((uri) => ({
    label: path.basename(uri.path, CONFIGURATION_SUFFIX),
    description: path.dirname(vscode.workspace.asRelativePath(uri)),
    uri,
  }));
  items.sort((a, b) => a.label.localeCompare(b.label, undefined, { numeric: true }));
  const title = t('Which experiment?');
  return (await vscode.window.showQuickPick(items, { title, matchOnDescription: true }))?.uri;
}

/** The configuration that a person looks at: in the editor, or as the active tab of one without a text editor. */
function activeConfiguration(): vscode.Uri | undefined {
  const uri = vscode.window.activeTextEditor?.document.uri;
  return uri?.scheme === 'file' && uri.path.endsWith(CONFIGURATION_SUFFIX) ? uri : undefined;
}

function offerExperiment(): void {
  tell('information', t('This workspace has no experiment yet.'), {
    [t('New Experiment')]: () => vscode.commands.executeCommand(COMMANDS.newExperiment),
  });
}
