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
