// A second start while something trains: it runs beside or waits, as the person chooses. What waits is on disk,
// state `queued`, and this workspace remembers that it is to be started from here: a reload forgets nothing.
import path from 'node:path';
import * as vscode from 'vscode';
import { deriveState } from '../../experiment/processes';
import { enqueue, leaveQueue, takeFromQueue, ticketOf } from '../../experiment/queue';
import { readRun } from '../../experiment/runDirectory';
import { COMMANDS, SETTINGS } from '../contributions';
import { failureWords, registerCommand } from '../failures';
import { Lifetime } from '../lifetime';
import { tell } from '../messages';
import type { RunChoice } from '../runs/choice';
import { runLabel } from '../runs/presentation';
import type { RunsWatch } from '../runs/watch';
import { trusted } from '../trust';
import { t } from '../words';
import type { NodeRuntimes } from './nodeRuntime';
import { QueueKeeper, trainsHere } from './queueKeeper';

const REMEMBERED = 'fathom.queue';

type SecondStart = 'ask' | 'wait' | 'beside';

export interface QueueParts {
  readonly runs: RunsWatch;
  readonly choice: RunChoice;
  readonly nodes: NodeRuntimes;
  readonly memory: vscode.Memento;
  readonly log: vscode.LogOutputChannel;
  /** Starts the trainer of a directory in state `starting`. */
  launch(directory: string, node: string): Promise<void>;
}

export class RunQueue extends Lifetime {
  private readonly keeper: QueueKeeper;
  /** Runs that were last known to train. */
  private readonly begun = new Set<string>();

  constructor(private readonly parts: QueueParts) {
    super();
    const { runs, log } = parts;
    this.keeper = new QueueKeeper({
      waiting: () => this.waiting,
      status: (directory) => runs.status(directory),
      since: async (directory) => (await ticketOf(directory))?.since,
      start: (directory) => this.start(directory),
    });
    this.own(runs.onDidChange(() => this.look()));
    this.own(vscode.workspace.onDidGrantWorkspaceTrust(() => this.look()));
    const queued = { fits: (run: { state: string }) => run.state === 'queued', none: t('No run is waiting.') };
    this.own(
      registerCommand(COMMANDS.startQueued, log, async (argument) => {
        if (!trusted()) return;
        const directory = await parts.choice.choose(argument, { ...queued, title: t('Start Queued Run Now') });
        if (directory !== undefined) await this.start(directory);
      }),
    );
    this.own(
      registerCommand(COMMANDS.cancelQueued, log, async (argument, selected) => {
        if (!trusted()) return;
        const directories = await parts.choice.several(argument, selected, { ...queued, title: t('Remove from Queue') });
        for (const directory of directories) if (await leaveQueue(directory)) await this.forget(directory);
      }),
    );
  }

  /** Whether a start is to happen at once or to wait; undefined where the person wants neither. */
  async when(name: string): Promise<'now' | 'wait' | undefined> {
    await this.parts.runs.listed();
    const training = await this.training();
    const [first] = training;
    if (first === undefined) return 'now';
    const setting = vscode.workspace.getConfiguration().get<SecondStart>(SETTINGS.secondStart, 'ask');
    if (setting === 'wait') return 'wait';
    if (setting === 'beside') return 'now';
    const title =
      training.length === 1
        ? t('{other} is training. What about {name}?', { other: this.nameOf(first), name })
        : t('{count} runs are training. What about {name}?', { count: training.length, name });
    const picked = await vscode.window.showQuickPick(
      [
        { label: t('Wait'), detail: t('Starts when nothing else trains here'), when: 'wait' as const },
        { label: t('Run Beside'), detail: t('Starts now; both are slower, and memory is shared'), when: 'now' as const },
      ],
      { title, placeHolder: t('The setting fathom.secondStart answers this for good') },
    );
    return picked?.when;
  }

  /** A trainer has been started here, which the list may not show yet. */
  began(directory: string): void {
    this.begun.add(directory);
  }

  /** @param kind as for `enqueue` */
  async add(directory: string, kind: 'new' | 'ended'): Promise<void> {
    await enqueue(directory, kind, Date.now());
    this.keeper.added(directory);
    await this.parts.memory.update(REMEMBERED, [...this.waiting.filter((other) => other !== directory), directory]);
    vscode.window.setStatusBarMessage(`$(clock) ${t('{name} waits in the queue.', { name: path.basename(directory) })}`, 5000);
    this.look();
  }

  /** What trains on this machine now: the list may be a moment old. */
  private async training(): Promise<readonly string[]> {
    const { runs } = this.parts;
    const seen = new Set([...runs.all.filter(trainsHere).map(({ directory }) => directory), ...this.begun]);
    const fresh = await Promise.all(
      [...seen].map(async (directory) => ({ directory, record: await readRun(directory).catch(() => undefined) })),
    );
    const training = fresh.filter(
      ({ directory, record }) => record && trainsHere({ directory, state: deriveState(record), record, problems: [] }),
    );
    this.begun.clear();
    for (const { directory } of training) this.begun.add(directory);
    return training.map(({ directory }) => directory);
  }

  private nameOf(directory: string): string {
    const run = this.parts.runs.status(directory);
    return run ? runLabel(run) : path.basename(directory);
  }

  private get waiting(): readonly string[] {
    return this.parts.memory.get<readonly string[]>(REMEMBERED, []);
  }

  private async forget(directory: string): Promise<void> {
    await this.parts.memory.update(
      REMEMBERED,
      this.waiting.filter((other) => other !== directory),
    );
  }

  private look(): void {
    if (!vscode.workspace.isTrusted || this.waiting.length === 0) return;
    void this.keeper.look(this.parts.runs.all).catch((error: unknown) => {
      this.parts.log.error(`The next run of the queue could not be started: ${failureWords(error)}`);
      tell('error', t('The next run of the queue could not be started. {why}', { why: failureWords(error) }), {
        [t('Show Details')]: () => this.parts.log.show(),
      });
    });
  }

  private async start(directory: string): Promise<boolean> {
    const node = await this.parts.nodes.find();
    // Left in the queue: the person has been told what is wrong, and may mend it.
    if (!node) return false;
    const taken = await takeFromQueue(directory);
    await this.forget(directory);
    if (taken) await this.parts.launch(directory, node.executable);
    return taken;
  }
}
