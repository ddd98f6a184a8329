// Which run a command means: the tree's item, the one a dashboard shows, the only one that fits, or
// the one a person picks; and which runs, for commands that take any number.
import path from 'node:path';
import * as vscode from 'vscode';
import type { RunSummary } from '../../observe/runView';
import { SELECTED } from '../contributions';
import { Lifetime } from '../lifetime';
import { tell } from '../messages';
import { t } from '../words';
import { newestFirst } from './groups';
import { runDescription, runIcon, runLabel } from './presentation';
import { RunNode } from './tree';
import type { RunsWatch } from './watch';

export interface Choosing {
  /** Which runs the command can be meant for. */
  fits(run: RunSummary): boolean;
  /** Said where none fits. */
  readonly none: string;
  readonly title: string;
}

export class RunChoice extends Lifetime {
  /**
   * @param shown the run of the dashboard a person looks at.
   * @param marked the runs selected in the Runs view.
   */
  constructor(
    private readonly runs: RunsWatch,
    private readonly shown: () => string | undefined,
    private readonly marked: () => readonly string[],
  ) {
    super();
  }

  /**
   * The runs of the tree that a command was called on: all that are selected, where its own item is among
   * them. None where it was called from elsewhere.
   */
  called(argument: unknown, selected: unknown): readonly string[] {
    if (argument === SELECTED) return this.marked();
    const nodes: readonly unknown[] = Array.isArray(selected) && selected.length > 0 ? selected : [argument];
    return [...new Set(nodes.filter((node) => node instanceof RunNode).map(({ directory }) => directory))];
  }

  /** As `called`, but for those that do not fit; else one run, chosen like any other. */
  async several(argument: unknown, selected: unknown, choosing: Choosing): Promise<readonly string[]> {
    const called = this.called(argument, selected);
    if (called.length === 0) return argument === SELECTED ? [] : [await this.choose(argument, choosing)].filter((one) => one !== undefined);
    const fitting = called.filter((directory) => {
      const run = this.runs.status(directory);
      return run !== undefined && choosing.fits(run);
    });
    if (fitting.length === 0) tell('information', choosing.none);
    return fitting;
  }

  /** The run's directory, or undefined where a person was told that there is none, or picked none. */
  async choose(argument: unknown, { fits, none, title }: Choosing): Promise<string | undefined> {
    if (argument instanceof RunNode) return argument.directory;
    await this.runs.listed();
    const fitting = newestFirst(this.runs.all.filter(fits));
    const shown = this.shown();
    const [only, ...others] = fitting;
    if (!only) {
      tell('information', none);
      return undefined;
    }
    if (others.length === 0) return only.directory;
    if (shown !== undefined && fitting.some((run) => run.directory === shown)) return shown;
    return (await vscode.window.showQuickPick(fitting.map(pickItem), { title, matchOnDescription: true }))?.directory;
  }

  /** The directories of any number of runs that a person picks; none where there is none, or none was picked. */
  async chooseSeveral({ fits, none, title }: Choosing): Promise<readonly string[]> {
    await this.runs.listed();
    const fitting = newestFirst(this.runs.all.filter(fits));
    if (fitting.length === 0) tell('information', none);
    else {
      const options = { title, matchOnDescription: true, canPickMany: true as const };
      const picked = await vscode.window.showQuickPick(fitting.map(pickItem), options);
      return (picked ?? []).map(({ directory }) => directory);
    }
    return [];
  }
}

function pickItem(run: RunSummary) {
  return {
    label: runLabel(run),
    description: runDescription(run, t),
    iconPath: new vscode.ThemeIcon(runIcon(run).id),
    // Runs of one experiment have one name; their folders tell them apart.
    detail: path.basename(run.directory),
    directory: run.directory,
  };
}
