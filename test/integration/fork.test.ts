// Forks as a person makes them, with the real trainer: without edits they are the parent's own future.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseCommand } from '../../src/cli/arguments';
import type { Command } from '../../src/cli/command';
import { fork } from '../../src/cli/commands/fork';
import { train } from '../../src/cli/commands/train';
import { listRuns } from '../../src/experiment/runDirectory';
import { readRunFacts } from '../../src/report/runFacts';
import { scratch, type TestContext, testContext } from '../unit/cli/harness';

const EXPERIMENT = {
  name: 'parent',
  model: { layers: 4, hidden: 16, heads: 2, context: 16, dropout: 0.1 },
  schedule: { warmup: 2 },
  training: { steps: 12, batch: 2, checkpointEvery: 4, keepCheckpoints: 9, validateEvery: 6, validationBatches: 1 },
};

async function call(command: Command, context: TestContext, ...argv: string[]): Promise<string> {
  const code = await command.run(parseCommand(command.spec, [...argv, '--runs', 'runs']), context);
  if (code !== 0) throw new Error(`exit code ${code}\n${context.terminal.out}\n${context.terminal.error}`);
  const [newest] = [...(await listRuns(path.join(context.cwd, 'runs')))].sort((a, b) => time(b) - time(a));
  return newest?.directory ?? '';
}

const time = (entry: object): number => ('record' in entry ? Date.parse((entry.record as { created: string }).created) : 0);

async function trained(): Promise<{ context: TestContext; parent: string }> {
  const context = testContext(path.resolve('dist/trainer.mjs'), scratch());
  writeFileSync(path.join(context.cwd, 'a.fathom.json'), JSON.stringify(EXPERIMENT));
  return { context, parent: await call(train, context, 'a.fathom.json') };
}

describe('fathom fork', () => {
  test('without edits has exactly the losses that its parent went on to, and so has its own fork', async () => {
    const { context, parent } = await trained();
    const whole = await readRunFacts(parent);
    expect(whole.training).toHaveLength(12);
    const first = await call(fork, context, path.basename(parent), '--step', '4');
    const { training, validation, record } = await readRunFacts(first);
    expect(training).toEqual(whole.training.slice(4));
    expect(validation).toEqual(whole.validation);
    expect(record).toMatchObject({ name: 'parent-fork', step: 12, lineage: { run: path.basename(parent), step: 4 } });
    const second = await readRunFacts(await call(fork, context, first, '--step', '8', '--name', 'again'));
    expect(second.training).toEqual(whole.training.slice(8));
    expect(second.record.lineage).toEqual({ run: path.basename(first), step: 8, lineage: { run: path.basename(parent), step: 4 } });
  });

  test('with edits goes another way from the first step that they reach', async () => {
    const { context, parent } = await trained();
    const whole = (await readRunFacts(parent)).training;
    const edits = ['--set', 'optimiser.learningRate=0.01', '--set', 'training.batch=4', '--steps', '14'];
    const { training, config } = await readRunFacts(await call(fork, context, parent, '--step', '8', ...edits));
    expect(training.map(([step]) => step)).toEqual([9, 10, 11, 12, 13, 14]);
    expect(training[0]).not.toEqual(whole[8]);
    expect(config).toMatchObject({ optimiser: { learningRate: 0.01 }, training: { steps: 14, batch: 4 } });
  });

  test('refuses another architecture by name, and a parent that has no step left', async () => {
    const { context, parent } = await trained();
    const forking = (...argv: string[]) => call(fork, context, parent, ...argv);
    await expect(forking('--step', '4', '--set', 'model.layers=5')).rejects.toMatchObject({
      code: 'fork-model',
      args: { field: 'model.layers' },
    });
    await expect(forking('--step', '4', '--set', 'model.scheme=pre-ln')).rejects.toMatchObject({
      code: 'fork-model',
      args: { field: 'model.scheme', value: 'pre-ln', expected: 'foundation' },
    });
    await expect(forking()).rejects.toMatchObject({ code: 'fork-steps' });
    await expect(forking('--step', '5')).rejects.toMatchObject({ code: 'export-no-such-step' });
    expect(await listRuns(path.join(context.cwd, 'runs'))).toHaveLength(1);
  });
});
