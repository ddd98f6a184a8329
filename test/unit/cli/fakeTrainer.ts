// A trainer for the tests of the terminal: it keeps the contract of the run directory and trains
// nothing. What it does is chosen by the experiment's name.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { takeCommands } from '../../../src/experiment/controlFiles';
import { EventWriter } from '../../../src/experiment/eventWriter';
import { launched } from '../../../src/experiment/launch';
import { identify } from '../../../src/experiment/processes';
import type { RunRecord } from '../../../src/experiment/run';
import { readRun, writeRun } from '../../../src/experiment/runDirectory';
import { EMBEDDING_ROW, HEAD_ROW, layerRow } from '../../../src/experiment/tags';

const STEP_MS = 20;
const LAYERS = 3;
const layout = {
  rows: [EMBEDDING_ROW, ...Array.from({ length: LAYERS }, (_, i) => layerRow(i + 1)), HEAD_ROW],
  columns: ['gradient_rms', 'update_ratio'],
};

const directory = process.argv[2] ?? '';
await launched();
let record: RunRecord = await readRun(directory);
let stopping = false;
process.on('SIGINT', () => {
  stopping = true;
});

async function say(change: Partial<RunRecord>): Promise<void> {
  record = { ...record, ...change, metrics: { ...record.metrics, ...change.metrics }, heartbeat: record.heartbeat + 1 };
  await writeRun(directory, record);
}

const metrics = { 'entropy/unigram': 3, 'entropy/bigram': 2.5, bytes_per_token: 2 };
await say({ state: 'running', process: identify(), metrics });
const first = record.step + 1;
const events = EventWriter.open(directory, first > 1 ? { sessionStart: first } : {});
let paused = false;
let step = record.step;
while (step < record.steps && !stopping) {
  for (const { command } of takeCommands(directory, identify()).obey) {
    if (command === 'stop') stopping = true;
    else if (command !== 'checkpoint') paused = command === 'pause';
  }
  if (paused !== (record.state === 'paused')) await say({ state: paused ? 'paused' : 'running' });
  await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  if (paused) continue;
  step += 1;
  events.scalars(step, { 'loss/train': 3 - step / 100, lr: 1e-3, gradient_norm: 0.5, tokens_per_second: 4810 });
  // The second layer learns least.
  const values = layout.rows.flatMap((_, row) => [10 ** -row, row === 2 ? 2e-4 : 5e-3]);
  events.depth(step, layout, Float32Array.from(values));
  await say({ step, metrics: { 'loss/train': 3 - step / 100 } });
  if (record.name.startsWith('fails') && step === 3) {
    await say({ state: 'failed', error: { code: 'non-finite', args: {}, message: 'The loss is not finite. Lower the learning rate.' } });
    process.exit(1);
  }
  if (record.name.startsWith('dies') && step === 3) {
    console.log('the last words');
    process.kill(process.pid, 'SIGKILL');
  }
}
if (!stopping) events.scalars(step, { 'loss/validation': 2.25 });
writeFileSync(path.join(directory, 'ended'), '');
await say({ state: step >= record.steps ? 'finished' : 'stopped', metrics: { 'loss/validation': 2.25 } });
