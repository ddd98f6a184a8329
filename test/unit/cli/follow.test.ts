import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { RunFollower } from '../../../src/cli/follow';
import { EventWriter } from '../../../src/experiment/eventWriter';

const folder = mkdtempSync(path.join(tmpdir(), 'fathom-follow-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('keeps a validation with the step it was made at, whatever has been read since', async () => {
  const events = EventWriter.open(folder);
  for (let step = 1; step <= 4; step++) {
    events.scalars(step, { 'loss/train': 3 });
    if (step === 2) events.scalars(step, { 'loss/validation': 2.5 });
  }
  events.close();
  const progress = await new RunFollower(folder).look();
  expect(progress.step).toBe(4);
  expect(progress.validation).toEqual({ step: 2, loss: 2.5 });
});

it('tells alerts in words, and forgets the speed of steps that the run went back on', async () => {
  const directory = mkdtempSync(path.join(folder, 'back-'));
  const before = EventWriter.open(directory);
  for (let step = 1; step <= 9; step++) before.scalars(step, { 'loss/train': 3 });
  before.close();
  const after = EventWriter.open(directory, { sessionStart: 5 });
  const rollback = { code: 'rollback', step: 4, from: 10, reason: 'the loss diverges', rollbacks: 1, most: 2, rate: 0.5 };
  after.text(4, 'alert', JSON.stringify(rollback));
  after.text(4, 'alert', 'not ours');
  after.scalars(5, { 'loss/train': 3 });
  after.close();
  const { step, alerts } = await new RunFollower(directory).look();
  expect(step).toBe(5);
  expect(alerts.map(({ words }) => words)).toEqual([
    'Step 10: the loss diverges. The run went back to step 4 with 0.5 of its learning rate (rollback 1 of 2).',
    'not ours',
  ]);
});
