// `npm run soak -- [--steps N] [--minutes N] [--recorded N]`: what days of use do, in an hour. A trainer works while
// the observer looks on, a stream of 200 events a second is followed, and a very long history is opened; memory, open
// files and the time from an event to whoever watches are printed, early and late.

import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { EventWriter } from '../src/experiment/eventWriter';
import { createRun, writeRun } from '../src/experiment/runDirectory';
import { Observer } from '../src/observe/client';
import type { RunView } from '../src/observe/runView';
import { smallConfig } from './unit/trainer/harness';

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    steps: { type: 'string', default: '20000' },
    minutes: { type: 'string', default: '10' },
    recorded: { type: 'string', default: '1000000' },
  },
});
const [steps, minutes, recorded] = [Number(values.steps), Number(values.minutes), Number(values.recorded)];

interface Sample {
  /** Bytes of memory and open files of the watcher, and of the trainer where there is one. */
  readonly memory: number;
  readonly files: number;
  readonly trainerMemory: number;
  readonly trainerFiles: number;
  /** Milliseconds from an event's time to its being known here. */
  readonly latency: number;
}

const folder = mkdtempSync(path.join(tmpdir(), 'fathom-soak-'));
const observer = new Observer(path.resolve('dist/observer.mjs'), ({ code }) => console.log(`the observer: ${code}`));
try {
  if (steps > 0) await training();
  if (minutes > 0) await streaming();
  if (recorded > 0) await longHistory();
} finally {
  observer.dispose();
  rmSync(folder, { recursive: true, force: true });
}

async function training(): Promise<void> {
  const config = smallConfig(
    { layers: 8, hidden: 16, feedForward: 32, context: 16, vocabulary: 256 },
    { batch: 2, steps, checkpointEvery: 1000, keepCheckpoints: 2, validateEvery: 1000, activations: 'save' },
  );
  const { directory } = await createRun({
    ...{ runs: folder, name: 'soak', kind: 'run' },
    config: { ...config, engine: { name: 'onnxruntime', workers: 1 }, optimiser: { ...config.optimiser, learningRate: 1e-3 } },
  });
  const child = spawn(process.execPath, ['dist/trainer.mjs', directory], { stdio: 'ignore' });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const samples = await watching(observer.openRun(directory), ended, child.pid);
  tell(`${steps} steps of a small model, watched (the trainer ended with ${await ended})`, samples);
}

async function streaming(): Promise<void> {
  const config = smallConfig({ layers: 100 });
  const { directory, record } = await createRun({ runs: folder, name: 'stream', config, kind: 'run' });
  await writeRun(directory, { ...record, state: 'running' });
  const writer = EventWriter.open(directory);
  const layout = {
    rows: Array.from({ length: 102 }, (_, row) => `row ${row}`),
    columns: ['activation_rms', 'gradient_rms', 'update_ratio'],
  };
  const numbers = new Float32Array(102 * 3).fill(0.5);
  let step = 0;
  const begun = performance.now();
  // A hundred steps of two events each, in ten portions.
  const writing = setInterval(() => {
    for (const due = Math.floor((performance.now() - begun) / 10); step < due; ) {
      writer.scalars(++step, { 'loss/train': 1 / step, lr: 1e-3 });
      writer.depth(step, layout, numbers);
    }
  }, 20);
  const ended = new Promise<void>((resolve) => setTimeout(resolve, 60_000 * minutes));
  const samples = await watching(observer.openRun(directory), ended);
  clearInterval(writing);
  writer.close();
  tell(`200 events a second for ${minutes} min (${step} steps of 102 rows)`, samples);
}

async function longHistory(): Promise<void> {
  const { directory } = await createRun({ runs: folder, name: 'long', config: smallConfig(), kind: 'run' });
  const writer = EventWriter.open(directory);
  const layout = { rows: Array.from({ length: 8 }, (_, row) => `row ${row}`), columns: ['a', 'b'] };
  const numbers = new Float32Array(16);
  for (let step = 1; step <= recorded; step++) writer.depth(step, layout, numbers.fill(Math.sin(step)));
  writer.close();
  console.log(`\n${recorded} recorded steps in ${mebibytes(statSync(writer.file).size)}`);
  for (const what of ['opened first', 'opened again']) {
    const before = process.memoryUsage.rss();
    const begun = performance.now();
    const view = observer.openRun(directory);
    const firstPicture = performance.now() - begun;
    while ((await view.snapshot()).extent.columns < recorded) await sleep(50);
    const whole = performance.now() - begun;
    const asked = performance.now();
    await view.tile({ statistic: 'a', rows: { from: 0, to: 8 }, columns: { from: 0, to: recorded }, width: 1200, height: 8 });
    const picture = performance.now() - asked;
    const memory = process.memoryUsage.rss() - before;
    console.log(
      `  ${what}: all of it after ${(whole / 1000).toFixed(1)} s, a picture of all in ${picture.toFixed(0)} ms, ${mebibytes(memory)} more memory`,
    );
    view.close();
    await sleep(1000 + firstPicture);
  }
}

/** Looks on as a dashboard does, four times a second, until the end. */
async function watching(view: RunView, ended: Promise<unknown>, trainer?: number): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  let over = false;
  void ended.then(() => {
    over = true;
  });
  const extents = view.onExtent(() => undefined);
  await view.snapshot();
  for (let turn = 0; !over; turn++) {
    await sleep(250);
    const { extent } = await view.snapshot();
    const [statistic] = extent.layout?.columns ?? [];
    if (statistic === undefined) continue;
    const columns = { from: 0, to: extent.columns };
    await view.tile({ statistic, rows: { from: 0, to: extent.layout?.rows.length ?? 0 }, columns, width: 800, height: 100 });
    const last = extent.lastScalarStep;
    const { times } = await view.series({ source: { scalar: 'loss/train' }, steps: { from: last, to: last + 1 }, points: 1 });
    const latency = Date.now() - 1000 * (times?.at(-1) ?? Number.NaN);
    if (turn % 4 === 0 && !over) samples.push({ ...own(), ...(await of(trainer)), latency });
  }
  extents.dispose();
  view.close();
  return samples;
}

function own(): Pick<Sample, 'memory' | 'files'> {
  return { memory: process.memoryUsage.rss(), files: filesOf('self') };
}

async function of(pid: number | undefined): Promise<Pick<Sample, 'trainerMemory' | 'trainerFiles'>> {
  if (pid === undefined || process.platform !== 'linux') return { trainerMemory: Number.NaN, trainerFiles: Number.NaN };
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return { trainerMemory: 1024 * Number(kilobytes), trainerFiles: filesOf(String(pid)) };
}

function filesOf(pid: string): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return Number.NaN;
  }
}

function tell(what: string, samples: readonly Sample[]): void {
  // The first fifth is warm-up.
  const part = (from: number, to: number): readonly Sample[] =>
    samples.slice(Math.floor(from * samples.length), Math.ceil(to * samples.length));
  const [early, late] = [part(0.2, 0.4), part(0.8, 1)];
  console.log(`\n${what}, ${samples.length} looks`);
  for (const [name, of, shown] of [
    ['memory of the watcher', (sample: Sample) => sample.memory, mebibytes],
    ['memory of the trainer', (sample: Sample) => sample.trainerMemory, mebibytes],
    ['open files of the watcher', (sample: Sample) => sample.files, String],
    ['open files of the trainer', (sample: Sample) => sample.trainerFiles, String],
    ['event to watcher, median', (sample: Sample) => sample.latency, milliseconds],
  ] as const) {
    const [before, after] = [median(early.map(of)), median(late.map(of))];
    if (Number.isNaN(before)) continue;
    const growth = name.startsWith('memory') ? ` (${(100 * (after / before - 1)).toFixed(1)} %)` : '';
    console.log(`  ${name.padEnd(26)} ${shown(before)} early, ${shown(after)} late${growth}`);
  }
  const slowest = Math.max(...part(0.2, 1).map(({ latency }) => latency));
  console.log(`  event to watcher, slowest  ${milliseconds(slowest)}`);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function milliseconds(time: number): string {
  return `${time.toFixed(0)} ms`;
}

function sleep(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}
