// What `fathom apply` asks and tells; the trainer's side of it is in test/integration/edits.test.ts.

import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../../src/cli/arguments';
import { apply } from '../../../src/cli/commands/apply';
import { takeCommands } from '../../../src/experiment/controlFiles';
import { identify } from '../../../src/experiment/processes';
import type { RunRecord } from '../../../src/experiment/run';
import { createRun, writeRun } from '../../../src/experiment/runDirectory';
import { resolved } from '../extension/helpers';
import { scratch, testContext } from './harness';

const own = identify();

async function running(change: Partial<RunRecord> = {}) {
  const context = testContext('unused', scratch());
  const config = resolved({ layers: 2, hidden: 16 }, { training: { steps: 100 } });
  const made = await createRun({ runs: path.join(context.cwd, 'runs'), name: 'deep', config, kind: 'run' });
  const record: RunRecord = { ...made.record, state: 'running', process: own, step: 10, heartbeat: 1, ...change };
  await writeRun(made.directory, record);
  const call = (...sets: string[]) =>
    apply.run(parseCommand(apply.spec, [made.directory, '--runs', 'runs', ...sets.map((text) => `--set=${text}`)]), context);
  return { ...made, record, context, call };
}

describe('fathom apply', () => {
  it('asks the trainer and tells from which step on it holds', async () => {
    const { directory, record, context, call } = await running();
    const told = call('optimiser.learningRate=1e-4');
    for (let tries = 0; tries < 200; tries++) {
      const [command] = takeCommands(directory, own).obey;
      if (command?.command === 'set') {
        expect(command.values).toEqual({ 'optimiser.learningRate': 1e-4 });
        const changes = [{ field: 'optimiser.learningRate', from: 1e-3, to: 1e-4 }];
        await writeRun(directory, { ...record, edits: [{ id: command.id, step: 12, changes }] });
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(await told).toBe(0);
    expect(context.terminal.out).toContain('from step 12 on: optimiser.learningRate 0.001 → 0.0001.');
  });

  it.each([
    ['training.batch=16', 'apply-needs-fork'],
    ['model.layers=4', 'apply-needs-new-run'],
    ['optimiser.learningRate=-1', 'below-minimum'],
    ['training.steps=10', 'apply-steps'],
  ])('refuses %s before it asks', async (text, code) => {
    const { directory, call } = await running();
    await expect(call(text)).rejects.toMatchObject({ code });
    expect(takeCommands(directory, own).obey).toEqual([]);
  });

  it('asks for nothing that is so already, for nothing at all, and nobody that has ended', async () => {
    const { directory, context, call } = await running();
    expect(await call('optimiser.clip=1')).toBe(0);
    expect(context.terminal.out).toContain('already');
    await expect(call()).rejects.toMatchObject({ code: 'apply-nothing' });
    expect(takeCommands(directory, own).obey).toEqual([]);
    await expect((await running({ state: 'finished' })).call('optimiser.clip=2')).rejects.toMatchObject({ code: 'apply-ended' });
  });
});
