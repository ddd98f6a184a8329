// Deleting runs: after a question that says how much goes, into the trash where there is one. What trains is
// stopped first, if the person wants that.
import * as vscode from 'vscode';
import { diskUse } from '../../experiment/diskUse';
import { deriveState } from '../../experiment/processes';
import { readRun } from '../../experiment/runDirectory';
import { formatBytes } from '../bytes';
import { COMMANDS } from '../contributions';
import { registerCommand } from '../failures';
import { Lifetime } from '../lifetime';
import { tell } from '../messages';
import type { RunChoice } from '../runs/choice';
import { isAlive, runLabel } from '../runs/presentation';
import { RunNode } from '../runs/tree';
import type { RunsWatch } from '../runs/watch';
import { trusted } from '../trust';
import { t } from '../words';

/** Names that a question lists; of more it says how many. */
const MOST_NAMED = 8;

export class DeleteCommands extends Lifetime {
  constructor(
    private readonly choice: RunChoice,
    private readonly runs: RunsWatch,
    log: vscode.LogOutputChannel,
  ) {
    super();
    this.own(registerCommand(COMMANDS.deleteRun, log, (argument, selected) => this.chosen(argument, selected)));
  }

  private async chosen(argument: unknown, selected: unknown): Promise<void> {
    if (!trusted()) return;
    const called = this.choice.called(argument, selected);
    const directories =
      called.length > 0
        ? called
        : await this.choice.several(argument, selected, {
            fits: (run) => !isAlive(run.state),
            none: t('There is no run that could be deleted.'),
            title: t('Delete Run'),
          });
    if (directories.length > 0) await this.delete(directories);
  }

  private async delete(directories: readonly string[]): Promise<void> {
    if (await this.refused(directories)) return;
    const remove = t('Delete');
    if ((await this.asked(directories, remove)) !== remove) return;
    // One may have been continued while the question stood.
    if (await this.refused(directories)) return;
    for (const directory of directories) await discard(directory);
  }

  /** Whether one of them trains; the person is then told, and may stop it. */
  private async refused(directories: readonly string[]): Promise<boolean> {
    for (const directory of directories) {
      if (!(await lives(directory, this.runs))) continue;
      const run = this.runs.status(directory);
      tell('warning', t('{name} is training. Stop it before you delete it.', { name: run ? runLabel(run) : directory }), {
        [t('Stop Run')]: () => vscode.commands.executeCommand(COMMANDS.stop, new RunNode(directory)),
      });
      return true;
    }
    return false;
  }

  private async asked(directories: readonly string[], remove: string): Promise<string | undefined> {
    const uses = await Promise.all(directories.map(diskUse));
    const bytes = formatBytes(uses.reduce((sum, use) => sum + use.bytes, 0));
    const question =
      directories.length === 1
        ? t('Delete this run with its checkpoints and everything it recorded ({bytes})?', { bytes })
        : t('Delete {count} runs with their checkpoints and everything they recorded ({bytes})?', { count: directories.length, bytes });
    const named = directories.slice(0, MOST_NAMED);
    const more = directories.length - named.length;
    const forks = this.forksOf(directories);
    const detail = [
      ...named,
      ...(more > 0 ? [t('{count} more', { count: more })] : []),
      ...(forks > 0 ? [t('Forks of it stay whole ({count}): each began with a copy of its checkpoint.', { count: forks })] : []),
    ];
    return await vscode.window.showWarningMessage(question, { modal: true, detail: detail.join('\n') }, remove);
  }

  private forksOf(directories: readonly string[]): number {
    const ids = new Set(directories.map((directory) => this.runs.status(directory)?.record?.id));
    return this.runs.all.filter(
      ({ directory, record }) => record?.lineage && ids.has(record.lineage.run) && !directories.includes(directory),
    ).length;
  }
}

/**
 * A fresh look, as the list may be a moment old; but only a watcher that has looked for a while can
 * tell that a silent heartbeat is that of a lost run. A directory without a readable record has no
 * trainer that could be asked to stop.
 */
export async function lives(directory: string, runs: RunsWatch): Promise<boolean> {
  const record = await readRun(directory).catch(() => undefined);
  return record !== undefined && isAlive(deriveState(record)) && runs.status(directory)?.state !== 'lost';
}

async function discard(directory: string): Promise<void> {
  const uri = vscode.Uri.file(directory);
  try {
    await vscode.workspace.fs.delete(uri, { recursive: true, useTrash: true });
  } catch {
    // No trash here, as on most servers; the person has agreed to the run being gone.
    await vscode.workspace.fs.delete(uri, { recursive: true, useTrash: false });
  }
}
