// `Fathom: Fork Run…`: a run and one of its checkpoints become a configuration to edit; training that
// file starts the fork.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { listCheckpoints } from '../../experiment/checkpoints';
import type { ForkPoint } from '../../experiment/fork';
import { COMMANDS, CONFIGURATION_SUFFIX } from '../contributions';
import { registerCommand } from '../failures';
import { Lifetime } from '../lifetime';
import { tell } from '../messages';
import type { RunChoice } from '../runs/choice';
import { mayHaveCheckpoint } from '../runs/presentation';
import { trusted } from '../trust';
import { t } from '../words';
import type { ForkDrafts } from './forkDrafts';
import { freeStem } from './templates';

export class ForkCommands extends Lifetime {
  constructor(
    private readonly choice: RunChoice,
    private readonly drafts: ForkDrafts,
    log: vscode.LogOutputChannel,
  ) {
    super();
    this.own(registerCommand(COMMANDS.forkRun, log, (argument) => this.fork(argument)));
  }

  private async fork(argument: unknown): Promise<void> {
    if (!trusted()) return;
    const title = t('Fork Run');
    const directory = await this.choice.choose(argument, {
      fits: mayHaveCheckpoint,
      none: t('There is no run that could be forked.'),
      title,
    });
    if (directory === undefined) return;
    const step = await chooseCheckpoint(directory, title);
    if (step === undefined) return;
    const [{ openForkPoint }, { CATALOGUE }] = await Promise.all([import('../../experiment/fork'), import('../../model/catalogue')]);
    const from = await openForkPoint(directory, step, CATALOGUE);
    const name = `${from.config.name.replace(/-fork$/, '')}-fork`;
    const folder = folderFor(from, directory);
    const pathOf = (stem: string) => path.join(folder, `${stem}${CONFIGURATION_SUFFIX}`);
    const file = vscode.Uri.file(pathOf(freeStem(name, (stem) => existsSync(pathOf(stem)))));
    await writeFile(file.fsPath, draftText(from, name), { flag: 'wx' });
    await this.drafts.remember(file, { directory, step });
    await vscode.window.showTextDocument(file, { preview: false });
  }
}

/** The step of the checkpoint that a person picks; undefined where there is none, or they picked none. */
async function chooseCheckpoint(directory: string, title: string): Promise<number | undefined> {
  const steps = (await listCheckpoints(directory)).map(({ step }) => step).reverse();
  if (steps.length === 0) {
    tell('information', t('This run has no checkpoint yet. Save one, or wait for it to stop.'));
    return undefined;
  }
  const items = steps.map((step, i) => ({ label: t('Step {step}', { step }), ...(i === 0 && { description: t('newest') }), step }));
  return (await vscode.window.showQuickPick(items, { title, placeHolder: t('Which checkpoint to start from') }))?.step;
}

/** Beside the parent's configuration where that is in the workspace, else at its top, else beside the parent's runs. */
function folderFor({ parent }: ForkPoint, directory: string): string {
  const own = parent.configuration === undefined ? undefined : path.dirname(parent.configuration);
  if (own !== undefined && existsSync(own) && vscode.workspace.getWorkspaceFolder(vscode.Uri.file(own))) return own;
  const top = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
  return top?.uri.fsPath ?? path.dirname(path.dirname(path.dirname(directory)));
}

/** Everything is written out: what is in force at the checkpoint may differ from the file that the parent started from. */
function draftText({ parent, checkpoint, config }: ForkPoint, name: string): string {
  const comment = t('A fork of {run} after step {step}. Change what should be different, then train this file.', {
    run: parent.id,
    step: checkpoint.step,
  });
  const fixed = t('Model, tokeniser and optimiser are those of the checkpoint; steps count from the first one of the parent.');
  return `// ${comment}\n// ${fixed}\n${JSON.stringify({ ...config, name }, undefined, 2)}\n`;
}
