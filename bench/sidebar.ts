// `npm run bench:sidebar`: how the Runs view does with thousands of runs. Makes them in a temporary folder,
// lists them through the observer's own thread as the view does, arranges and filters them. Prints figures and
// judges none: a disk is fast or slow.
//
//   npm run bench:sidebar -- [number of runs]

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { RunRecord, WrittenState } from '../src/experiment/run';
import { arrange, pageOf } from '../src/extension/runs/arrange';
import { parseFilter } from '../src/extension/runs/filter';
import { GROUPINGS } from '../src/extension/runs/groups';
import { Observer } from '../src/observe/client';
import type { RunSummary } from '../src/observe/runView';

const SCHEMES = ['post-ln', 'pre-ln', 'foundation', 'deepnorm', 'sub-ln'];
const STATES: readonly WrittenState[] = ['finished', 'finished', 'stopped', 'failed'];
const TYPED = ['foundation 100 @finished', '@starred -post', 'deepnorm "seed 7"', '@tag:baseline @failed'];
const MINUTE = 60_000;

async function main(count: number): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'fathom-bench-sidebar-'));
  try {
    for (let i = 0; i < count; i++) writeRun(folder, i);
    const observer = new Observer(path.join(import.meta.dirname, '..', 'observer.mjs'));
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const [first, runs] = await timed(() => listed(observer, folder));
    const [again] = await timed(() => listed(observer, folder));
    delay.disable();
    console.log(`${runs.length} runs`);
    tell('listed, the thread started for it', first);
    tell('listed again', again);
    console.log(`longest pause of this thread meanwhile: ${(delay.max / 1e6).toFixed(1)} ms`);
    for (const grouping of GROUPINGS) {
      const [took] = await timed(async () => arrange(runs, grouping, undefined, Date.now()));
      tell(`arranged by ${grouping}`, took);
    }
    const keys = TYPED.flatMap((text) => [...text].map((_, i) => text.slice(0, i + 1)));
    const took: Took[] = [];
    for (const key of keys) {
      const [one] = await timed(async () => {
        const arrangement = arrange(runs, 'day', parseFilter(key), Date.now());
        for (const { id } of arrangement.groups) pageOf(arrangement, { group: id, from: 0 });
      });
      took.push(one);
    }
    took.sort((a, b) => a.wall - b.wall);
    const [median, slowest] = [took[Math.floor(took.length / 2)], took.at(-1)];
    if (median) tell(`filtered, median of ${keys.length} keystrokes`, median);
    if (slowest) tell('filtered, slowest keystroke', slowest);
    observer.dispose();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeRun(folder: string, i: number): void {
  const created = new Date(Date.now() - i * 17 * MINUTE);
  const scheme = SCHEMES[i % SCHEMES.length] ?? '';
  const id = `${created.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15)}-${scheme}-${i}`;
  const record: RunRecord = {
    format: 1,
    id,
    name: `${scheme} ${100 * (1 + (i % 9))} layers seed ${i % 10}`,
    kind: 'run',
    state: STATES[i % STATES.length] ?? 'finished',
    created: created.toISOString(),
    heartbeat: i,
    step: i,
    steps: 4000,
    metrics: { 'loss/train': 2 + (i % 100) / 100, 'loss/validation': 2.5, lr: 1e-3, gradient_norm: 1, tokens_per_second: 4000 },
    configuration: `/home/someone/${scheme}.fathom.json`,
    engine: { name: 'onnxruntime', version: '1.30.0', device: 'CPU, 1 thread', reason: 'the fastest engine on a CPU' },
  };
  const directory = path.join(folder, id);
  mkdirSync(directory);
  writeFileSync(path.join(directory, 'run.json'), JSON.stringify(record, undefined, 2));
  if (i % 5 !== 0) return;
  const notes = { star: i % 25 === 0, tags: i % 10 === 0 ? ['baseline'] : [], text: 'why this one' };
  writeFileSync(path.join(directory, 'notes.json'), JSON.stringify(notes));
}

function listed(observer: Observer, folder: string): Promise<readonly RunSummary[]> {
  return new Promise((resolve) => {
    const watch = observer.watchRuns([folder], (runs) => {
      watch.dispose();
      resolve(runs);
    });
  });
}

interface Took {
  /** Milliseconds on the wall, and of processors (all threads): on a busy machine only the latter tell. */
  readonly wall: number;
  readonly busy: number;
}

async function timed<T>(work: () => Promise<T>): Promise<readonly [Took, T]> {
  const [begun, before] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return [{ wall: performance.now() - begun, busy: (user + system) / 1000 }, result];
}

function tell(what: string, { wall, busy }: Took): void {
  console.log(`${what.padEnd(46)}${wall.toFixed(1).padStart(9)} ms${busy.toFixed(1).padStart(9)} ms of processors`);
}

await main(Number(process.argv[2] ?? 3000));
