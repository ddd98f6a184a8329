// What earlier runs tell of this machine's speed, and what follows from it for another configuration.

import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import type { ExperimentConfig } from '../../../src/experiment/config';
import { pacesOf } from '../../../src/experiment/pace';
import type { RunRecord } from '../../../src/experiment/run';
import { configFile, createRun, runsFolder, writeRun } from '../../../src/experiment/runDirectory';
import { validate } from '../../../src/experiment/validate';
import { CATALOGUE } from '../../../src/model/catalogue';
import { secondsPerStep } from '../../../src/model/cost';
import { scratch } from './scratch';

function resolved(layers: number, hidden = 64, accumulation = 1): ExperimentConfig {
  const { config } = validate(JSON.stringify({ model: { layers, hidden }, training: { accumulation } }), CATALOGUE);
  if (!config) throw new Error('not sound');
  return config;
}

it('tells of runs that trained on this machine, newest first', async () => {
  const runs = runsFolder(scratch());
  const add = async (name: string, change: Partial<RunRecord>, host = hostname()) => {
    const { directory, record } = await createRun({ runs, name, config: resolved(12), kind: 'run' });
    paces++;
    const process = { pid: 1, started: '', boot: '', namespace: '', host };
    await writeRun(directory, { ...record, process, step: 9, metrics: { tokens_per_second: paces }, ...change });
    return directory;
  };
  let paces = 1;
  await add('first', {});
  await add('second', {});
  await add('probe', { kind: 'probe' });
  await add('young', { step: 1 });
  await add('elsewhere', {}, 'another machine');
  await add('silent', { metrics: {} });
  writeFileSync(configFile(await add('foreign', {})), '{"model": {"scheme": 7}}');
  expect((await pacesOf(runs, CATALOGUE)).map(({ tokensPerSecond }) => tokensPerSecond)).toEqual([3, 2]);
  expect(await pacesOf(`${runs}-none`, CATALOGUE)).toEqual([]);
});

it('is told of a configuration in proportion to its work, from the run most like it', () => {
  const tokens = 8 * 64;
  const paces = [
    { config: resolved(12, 128), tokensPerSecond: 1 },
    { config: resolved(12), tokensPerSecond: tokens / 2 },
  ];
  expect(secondsPerStep(resolved(12), paces)).toBeCloseTo(2, 10);
  expect(secondsPerStep(resolved(12, 64, 3), paces)).toBeCloseTo(6, 10);
  const deep = secondsPerStep(resolved(1200), paces) ?? 0;
  expect(deep / 200).toBeGreaterThan(0.9);
  expect(deep / 200).toBeLessThan(1);
  expect(secondsPerStep(resolved(12, 1024), paces)).toBeUndefined();
  expect(secondsPerStep(resolved(12), [])).toBeUndefined();
});
