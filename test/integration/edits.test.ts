// A configuration changed while it trains: from the recorded step on the change is in force, exactly as in a
// fork that was made there, and a run that is killed after it goes on as if nothing had happened.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ExperimentConfig } from '../../src/experiment/config';
import type { ControlCommand } from '../../src/experiment/control';
import { sendCommand } from '../../src/experiment/controlFiles';
import { EventDecoder } from '../../src/experiment/eventReader';
import type { RunEvent } from '../../src/experiment/events';
import { createFork, openForkPoint } from '../../src/experiment/fork';
import { createRun, readRun } from '../../src/experiment/runDirectory';
import { withValues } from '../../src/experiment/values';
import { CATALOGUE } from '../../src/model/catalogue';
import { readTrainerState } from '../../src/trainer/checkpoint';
import { Commands, type Obliging } from '../../src/trainer/commands';
import { flatOf } from '../../src/trainer/memory';
import { Recorder } from '../../src/trainer/recorder';
import { Session } from '../../src/trainer/session';
import { smallConfig } from '../unit/trainer/harness';

const SCRIPT = pathToFileURL(path.resolve('dist/trainer.mjs'));
let folder: string;

beforeAll(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  folder = await mkdtemp(path.join(tmpdir(), 'fathom-edits-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Stands for a process that ends without a word. */
class Killed extends Error {}

/** Asks as a person would, by control files, after the steps it is told; and dies after one of them. */
class Script extends Commands {
  session: Session | undefined;
  private readonly asked = new Set<number>();

  constructor(
    private readonly asks: Readonly<Record<number, readonly ControlCommand[]>>,
    private readonly dies?: number,
    /** A weight is spoiled after this step, once. */
    private spoils?: number,
  ) {
    super();
  }

  override async obey(recorder: Recorder, step: number, does: Obliging): Promise<boolean> {
    if (step === this.dies && this.spoils === undefined) throw new Killed();
    if (step === this.spoils && this.session) {
      flatOf(this.session.weights.embedding.weight).fill(Number.NaN, 5, 6);
      this.spoils = undefined;
    }
    const { process } = recorder.current;
    if (!process) throw new Error('nobody to ask');
    for (const command of this.asked.has(step) ? [] : (this.asks[step] ?? [])) await sendCommand(recorder.directory, command, process);
    this.asked.add(step);
    this.looked = Number.NEGATIVE_INFINITY;
    return super.obey(recorder, step, does);
  }
}

async function train(directory: string, script: Script): Promise<void> {
  const recorder = await Recorder.take(directory);
  const session = await Session.open(recorder, script, SCRIPT);
  script.session = session;
  try {
    await session.run();
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  } finally {
    await session.close();
    await recorder.close();
  }
}

function tiny(change: Partial<ExperimentConfig['training']> = {}): ExperimentConfig {
  const config = smallConfig(
    { layers: 3, hidden: 16, feedForward: 32, context: 16, vocabulary: 256, dropout: 0.1 },
    { batch: 2, steps: 16, checkpointEvery: 4, keepCheckpoints: 9, validateEvery: 0, ...change },
  );
  return {
    ...config,
    engine: { name: 'onnxruntime', workers: 1 },
    optimiser: { ...config.optimiser, learningRate: 0.001 },
    schedule: { ...config.schedule, name: 'cosine', warmup: 2, final: 0.1 },
  };
}

async function newRun(config: ExperimentConfig): Promise<string> {
  return (await createRun({ runs: folder, name: config.name, config, kind: 'run' })).directory;
}

const set = (values: Readonly<Record<string, unknown>>): ControlCommand => ({ command: 'set', values });

function events(directory: string): RunEvent[] {
  const files = readdirSync(directory).filter((name) => name.startsWith('events.out.tfevents.'));
  return files.sort().flatMap((name) => new EventDecoder(name).push(readFileSync(path.join(directory, name))));
}

/** Loss and learning rate by step, and every text, as a watcher shows them: what a later file supersedes is gone. */
function seen(directory: string) {
  const scalars = new Map<number, Readonly<Record<string, number>>>();
  let texts: { step: number; tag: string; text: Record<string, unknown> }[] = [];
  for (const event of events(directory)) {
    if (event.kind === 'session-start') {
      for (const step of [...scalars.keys()]) if (step >= event.step) scalars.delete(step);
      texts = texts.filter(({ step }) => step < event.step);
    }
    if (event.kind === 'text') texts.push({ step: event.step, tag: event.tag, text: JSON.parse(event.text) });
    if (event.kind === 'scalars' && event.values['loss/train'] !== undefined) scalars.set(event.step, event.values);
  }
  const of = (tag: string) => [...scalars].map(([step, values]) => [step, values[tag]]);
  return { losses: of('loss/train'), rates: of('lr'), texts };
}

describe('histograms asked for while a run trains', () => {
  it('are counted by every worker from the next step of their pace on, and no more once they are turned off', async () => {
    const run = await newRun({ ...tiny(), engine: { name: 'onnxruntime', workers: 2 } });
    await train(run, new Script({ 3: [set({ 'training.histogramEvery': 2 })], 8: [set({ 'training.histogramEvery': 0 })] }));
    const counted = events(run).flatMap((event) => (event.kind === 'histogram' && event.name === 'activations' ? [event] : []));
    expect(counted.map(({ step }) => step)).toEqual([4, 6, 8]);
    for (const { rows, bins, values } of counted) {
      expect(rows).toBe(4);
      // Each worker counted its sequence's values: B·T·C of every stream.
      for (let row = 0; row < rows; row++)
        expect(values.subarray(row * bins, (row + 1) * bins).reduce((a, b) => a + b, 0)).toBe(2 * 16 * 16);
    }
  });
});

describe('a learning rate applied while a run trains', () => {
  const edit = { 'optimiser.learningRate': 0.01, 'training.steps': 20 };
  const asks = { 6: [set(edit)] };
  const changes = [
    { field: 'optimiser.learningRate', from: 0.001, to: 0.01 },
    { field: 'training.steps', from: 16, to: 20 },
  ];

  it('is in force from the recorded step on, and not before; run.json and the next checkpoint keep it', async () => {
    const config = tiny();
    const [plain, edited] = [await newRun(config), await newRun(config)];
    await train(plain, new Script({}));
    await train(edited, new Script(asks));
    const [before, after] = [seen(plain), seen(edited)];
    const record = await readRun(edited);
    expect(record).toMatchObject({ state: 'finished', step: 20, steps: 20, edits: [{ step: 7, changes }] });
    expect(after.texts).toContainEqual({ step: 7, tag: 'edit', text: { id: record.edits?.[0]?.id, changes } });
    expect(after.texts).toContainEqual({ step: 6, tag: 'command', text: { id: record.edits?.[0]?.id, command: 'set', outcome: 'obeyed' } });
    // The rate of step 7 acts on the weights after it: its own loss is that of the undisturbed run.
    expect(after.losses.slice(0, 7)).toEqual(before.losses.slice(0, 7));
    expect(after.losses[7]).not.toEqual(before.losses[7]);
    expect(after.rates.slice(0, 6)).toEqual(before.rates.slice(0, 6));
    // Half a cosine from step 2 to 20 down to a tenth, in single precision as event files keep it.
    for (const [step = 0, rate] of after.rates.slice(6)) {
      const share = 0.1 + (0.9 * (1 + Math.cos((Math.PI * (step - 2)) / 18))) / 2;
      expect(rate).toBeCloseTo(0.01 * share, 8);
    }
    const saved = (step: number) => readTrainerState(path.join(edited, 'checkpoints', `step-${String(step).padStart(8, '0')}`));
    expect(await saved(4)).toMatchObject({ edits: 0, config: { optimiser: { learningRate: 0.001 } } });
    expect(await saved(8)).toMatchObject({ edits: 1, config: { optimiser: { learningRate: 0.01 }, training: { steps: 20 } } });
  });

  it('does what a fork with the same change does', async () => {
    const config = tiny({ checkpointEvery: 6 });
    const edited = await newRun(config);
    await train(edited, new Script({ 6: [set(edit)] }));
    const from = await openForkPoint(edited, 6, CATALOGUE);
    const forked = await createFork({ from, config: withValues(from.config, Object.entries(edit) as never), runs: folder });
    await train(forked.directory, new Script({}));
    expect(seen(forked.directory).losses).toEqual(seen(edited).losses.slice(6));
    expect(seen(forked.directory).losses).toHaveLength(14);
    expect((await readRun(forked.directory)).edits).toBeUndefined();
  });

  it('comes again at its step where a run is killed after it, bit for bit', async () => {
    const config = tiny();
    const two = { 6: [set(edit)], 13: [set({ 'optimiser.clip': 0.01 })] };
    const whole = await newRun(config);
    await train(whole, new Script(two));
    const broken = await newRun(config);
    // After the edit and before any checkpoint that holds it; then before the second edit's; then to the end.
    await train(broken, new Script({ 6: two[6] }, 7));
    await train(broken, new Script({ 13: two[13] }, 15));
    await train(broken, new Script({}));
    expect(seen(broken).losses).toEqual(seen(whole).losses);
    expect(seen(broken).rates).toEqual(seen(whole).rates);
    const edits = (directory: string) =>
      seen(directory).texts.flatMap(({ step, tag, text }) => (tag === 'edit' ? [{ step, changes: text.changes }] : []));
    expect(edits(broken)).toEqual(edits(whole));
    expect(edits(broken).map(({ step }) => step)).toEqual([7, 14]);
  });

  it('outlives a process that is killed', async () => {
    const config = tiny({ steps: 400, checkpointEvery: 100 });
    const broken = await newRun(config);
    const start = () => spawn(process.execPath, [fileURLToPath(SCRIPT), broken], { stdio: 'ignore' });
    const until = async (holds: () => Promise<boolean>): Promise<void> => {
      while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const newest = (): number => Math.max(0, ...seen(broken).losses.map(([step = 0]) => step));
    const child = start();
    const killed = once(child, 'exit');
    await until(async () => newest() > 3);
    const { process: identity } = await readRun(broken);
    if (!identity) throw new Error('nobody to ask');
    await sendCommand(broken, set({ 'optimiser.learningRate': 0.01 }), identity);
    const taken = async () => (await readRun(broken)).edits?.[0]?.step;
    await until(async () => newest() > ((await taken()) ?? Number.POSITIVE_INFINITY) + 2);
    child.kill('SIGKILL');
    await killed;
    const { step, edits } = await readRun(broken);
    expect([step < 400, edits?.length]).toEqual([true, 1]);
    expect(await once(start(), 'exit')).toEqual([0, null]);
    const whole = await newRun(config);
    await train(whole, new Script({ [((await taken()) ?? 1) - 1]: [set({ 'optimiser.learningRate': 0.01 })] }));
    expect(seen(broken).losses).toEqual(seen(whole).losses);
    expect(seen(broken).losses).toHaveLength(400);
  });

  it('stays where the watchdog goes back before it, also in a run that is killed then', async () => {
    const plain = tiny();
    const config = { ...plain, watchdog: { ...plain.watchdog, rollback: 1 } };
    const asks = { 5: [set({ 'optimiser.learningRate': 0.002 })], 6: [set({ 'optimiser.learningRate': 0.01 })] };
    const [whole, broken] = [await newRun(config), await newRun(config)];
    // Back from step 8 to 4, where the next checkpoint that holds the edits is far.
    await train(whole, new Script(asks, undefined, 7));
    await train(broken, new Script(asks, 6, 7));
    await train(broken, new Script({}));
    expect(seen(broken).losses).toEqual(seen(whole).losses);
    for (const directory of [whole, broken]) {
      expect((await readRun(directory)).edits?.map(({ step, changes }) => [step, changes[0]?.to])).toEqual([
        [5, 0.002],
        [5, 0.01],
      ]);
      expect(seen(directory).texts.flatMap(({ step, tag }) => (tag === 'edit' ? [step] : []))).toEqual([5, 5]);
      // Half of the newest rate, by going back; on its way from step 2 to 16 down to a tenth.
      const share = 0.1 + (0.9 * (1 + Math.cos((Math.PI * 3) / 14))) / 2;
      expect(seen(directory).rates.find(([step]) => step === 5)?.[1]).toBeCloseTo(0.005 * share, 8);
    }
  });

  it('of a resumed run is the last word, also over what it has not come to again', async () => {
    const config = tiny();
    const directory = await newRun(config);
    await train(directory, new Script({ 6: [set(edit)] }, 7));
    await train(directory, new Script({ 5: [set({ 'optimiser.learningRate': 0.002 })] }));
    const { edits } = await readRun(directory);
    expect(edits?.map(({ step, changes }) => [step, changes.map(({ field, to }) => `${field} ${to}`).join()])).toEqual([
      [6, 'optimiser.learningRate 0.01,training.steps 20'],
      [6, 'optimiser.learningRate 0.002'],
    ]);
    expect(seen(directory).rates.at(-1)).toEqual([20, expect.closeTo(0.0002, 8)]);
  });

  it('is refused with its reason where it makes no sense, and the run goes on', async () => {
    const directory = await newRun(tiny());
    await train(directory, new Script({ 3: [set({ 'model.layers': 9 }), set({ 'training.steps': 2 }), set({ 'optimiser.clip': -1 })] }));
    const outcomes = seen(directory).texts.map(({ text }) => [text.outcome, text.why]);
    expect(outcomes).toEqual([
      ['refused', 'apply-needs-new-run'],
      ['refused', 'apply-steps'],
      ['refused', 'below-minimum'],
    ]);
    expect(await readRun(directory)).toMatchObject({ state: 'finished', step: 16 });
  });
});
