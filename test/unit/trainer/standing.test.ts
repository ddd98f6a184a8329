// What lasts while a run goes on is told by `run.json`, until it is over or the run is started anew.
import { expect, it } from 'vitest';
import { createRun, readRun } from '../../../src/experiment/runDirectory';
import { Recorder } from '../../../src/trainer/recorder';
import { config } from '../experiment/config';
import { scratch } from '../experiment/scratch';

it('a divergence stands in run.json while it lasts, and not after another start', async () => {
  const { directory } = await createRun({ runs: scratch(), name: 'deep', config, kind: 'run' });
  const alert = { code: 'divergence', args: { step: 9, since: 2 } };
  const first = await Recorder.take(directory);
  first.standing(alert);
  await first.enter('running');
  expect((await readRun(directory)).alert).toEqual(alert);
  first.standing(undefined);
  await first.enter('paused');
  expect(await readRun(directory)).not.toHaveProperty('alert');
  first.standing(alert);
  await first.enter('running');
  await first.close();
  const second = await Recorder.take(directory);
  expect(await readRun(directory)).not.toHaveProperty('alert');
  await second.close();
});
