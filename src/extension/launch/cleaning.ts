// Freeing disk: which checkpoints take how much, and which of them go. The newest whole one and the best are kept
// unless a person says otherwise.
import path from 'node:path';
import * as vscode from 'vscode';
import { discardSteps } from '../../experiment/checkpoints';
import { type SizedCheckpoint, sizedCheckpoints } from '../../experiment/diskUse';
import { formatBytes } from '../bytes';
import { COMMANDS } from '../contributions';
import { registerCommand } from '../failures';
import { Lifetime } from '../lifetime';
import { tell } from '../messages';
import type { RunChoice } from '../runs/choice';
import { isAlive, mayHaveCheckpoint, runDescription, runLabel } from '../runs/presentation';
import type { RunsWatch } from '../runs/watch';
import { trusted } from '../trust';
import { t } from '../words';
import { lives } from './deletion';

interface Cleanable {
  readonly directory: string;
  readonly all: readonly SizedCheckpoint[];
  /** Neither the newest nor the best. */
  readonly spare: readonly SizedCheckpoint[];
}

export class CleanCommands extends Lifetime {
  constructor(
    private readonly choice: RunChoice,
    private readonly runs: RunsWatch,
    log: vscode.LogOutputChannel,
  ) {
    super();
    this.own(registerCommand(COMMANDS.cleanCheckpoints, log, (argument, selected) => this.clean(argument, selected)));
  }

  private async clean(argument: unknown, selected: unknown): Promise<void> {
    if (!trusted()) return;
    const [first, ...others] = this.choice.called(argument, selected);
    if (first !== undefined && others.length === 0) await this.cleanOne(first);
    else await this.cleanSeveral(first === undefined ? undefined : [first, ...others]);
  }

  /** Every checkpoint of one run, those that could go ticked. */
  private async cleanOne(directory: string): Promise<void> {
    const { all } = await look(directory);
    if (all.length === 0) {
      tell('information', t('This run has no checkpoints.'));
      return;
    }
    const items = all.toReversed().map((checkpoint) => ({
      label: t('Step {step}', { step: checkpoint.step }),
      description: [formatBytes(checkpoint.bytes), ...keepWords(checkpoint)].join(' · '),
      picked: checkpoint.keep === undefined,
      checkpoint,
    }));
    const picked = await vscode.window.showQuickPick(items, {
      title: t('Clean Up Checkpoints ({bytes})', { bytes: formatBytes(bytesOf(all)) }),
      placeHolder: t('Which checkpoints to delete'),
      canPickMany: true,
    });
    const doomed = (picked ?? []).map(({ checkpoint }) => checkpoint);
    if (doomed.length > 0) await this.discard([{ directory, doomed }]);
  }

  /** Runs with checkpoints to spare, the largest first. @param directories all that have ended unless given */
  private async cleanSeveral(directories: readonly string[] | undefined): Promise<void> {
    await this.runs.listed();
    const ended = this.runs.all.filter(
      (run) => mayHaveCheckpoint(run) && !isAlive(run.state) && (directories?.includes(run.directory) ?? true),
    );
    const location = vscode.ProgressLocation.Window;
    const looked = await vscode.window.withProgress({ location, title: t('Looking at checkpoints') }, async () => {
      const found: Cleanable[] = [];
      for (const { directory } of ended) found.push(await look(directory));
      return found;
    });
    const cleanable = looked.filter(({ spare }) => spare.length > 0).sort((a, b) => bytesOf(b.spare) - bytesOf(a.spare));
    if (cleanable.length === 0) {
      tell('information', t('There is nothing to clean up: every run that has ended keeps only its newest and its best checkpoint.'));
      return;
    }
    const items = cleanable.map(({ directory, all, spare }) => {
      const run = this.runs.status(directory);
      return {
        label: run ? runLabel(run) : path.basename(directory),
        description: t('{spare} of {all} could go', { spare: formatBytes(bytesOf(spare)), all: formatBytes(bytesOf(all)) }),
        detail: [path.basename(directory), ...(run ? [runDescription(run, t)] : [])].join(' · '),
        picked: directories !== undefined,
        directory,
        doomed: spare,
      };
    });
    const picked = await vscode.window.showQuickPick(items, {
      title: t('Clean Up Checkpoints ({bytes})', { bytes: formatBytes(bytesOf(cleanable.flatMap(({ all }) => all))) }),
      placeHolder: t('Of which runs to keep only the newest and the best checkpoint'),
      canPickMany: true,
      matchOnDetail: true,
    });
    if (picked && picked.length > 0) await this.discard(picked);
  }

  private async discard(runs: readonly { readonly directory: string; readonly doomed: readonly SizedCheckpoint[] }[]): Promise<void> {
    for (const { directory } of runs) {
      if (!(await lives(directory, this.runs))) continue;
      tell('warning', t('This run is training, and looks after its checkpoints itself (training.keepCheckpoints).'));
      return;
    }
    const doomed = runs.flatMap((run) => run.doomed);
    const last = doomed.some(({ keep }) => keep === 'latest');
    const remove = t('Delete');
    const bytes = formatBytes(bytesOf(doomed));
    const question =
      doomed.length === 1
        ? t('Delete one checkpoint ({bytes})?', { bytes })
        : t('Delete {count} checkpoints ({bytes})?', { count: doomed.length, bytes });
    const detail = last
      ? t('The newest is among them: without it the run goes on from an earlier step, or not at all.')
      : t('This cannot be undone.');
    if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, remove)) !== remove) return;
    for (const run of runs) {
      await discardSteps(
        run.directory,
        run.doomed.map(({ step }) => step),
      );
    }
    tell('information', t('{bytes} are free again.', { bytes }));
  }
}

async function look(directory: string): Promise<Cleanable> {
  const all = await sizedCheckpoints(directory);
  return { directory, all, spare: all.filter(({ keep }) => keep === undefined) };
}

function bytesOf(checkpoints: readonly SizedCheckpoint[]): number {
  return checkpoints.reduce((sum, { bytes }) => sum + bytes, 0);
}

function keepWords({ keep }: SizedCheckpoint): readonly string[] {
  if (keep === 'latest') return [t('newest')];
  return keep === 'best' ? [t('best validation loss')] : [];
}
