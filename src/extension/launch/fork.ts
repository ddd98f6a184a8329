// `Fathom: Fork Run…`: a run and one of its checkpoints become a configuration to edit; training that
// file starts the fork.
import * as vscode from 'vscode';
import { listCheckpoints } from '../../experiment/checkpoints';
import { COMMANDS } from '../contributions';
import { registerCommand } from '../failures';
import { Lifetime } from '../lifetime';
import { tell } from '../messages';
import type { RunChoice } from '../runs/choice';
import { mayHaveCheckpoint } from '../runs/presentation';
import { trusted } from '../trust';
import { t } from '../words';
import { writeForkDraft } from './forkDraft';
import type { ForkDrafts } from './forkDrafts';

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
    const file = await writeForkDraft({ directory, step }, [], this.drafts);
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
