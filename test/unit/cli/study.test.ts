// The command that trains a grid, with a trainer that only pretends: what is run, what is not run again,
// and that an interruption costs nothing.

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parseCommand } from '../../../src/cli/arguments';
import { study } from '../../../src/cli/commands/study';
import { planOf } from '../../../src/cli/study/cells';
import { readRun } from '../../../src/experiment/runDirectory';
import { readStudy } from '../../../src/experiment/study';
import { CATALOGUE } from '../../../src/model/catalogue';
import { buildFakeTrainer, scratch, type TestContext, testContext } from './harness';

let trainer: string;

beforeAll(async () => {
  const folder = path.join(import.meta.dirname, '../../../test-results/fake-study');
  trainer = await buildFakeTrainer(folder);
  return () => rmSync(folder, { recursive: true, force: true });
});

const TWO_SEEDS = {
  base: { model: { layers: 3, hidden: 8 }, training: { steps: 5 }, schedule: { warmup: 0 } },
  axes: { seed: [1, 2], 'model.heads': [1, 3] },
};

function contextWith(content: unknown, cwd = scratch()): TestContext {
  writeFileSync(path.join(cwd, 'deep.study.json'), JSON.stringify(content));
  return testContext(trainer, cwd);
}

function call(context: TestContext, ...argv: string[]): Promise<number> {
  return study.run(parseCommand(study.spec, ['deep.study.json', '--runs', 'runs', ...argv]), context);
}

const runsIn = ({ cwd }: TestContext) => (existsSync(path.join(cwd, 'runs')) ? readdirSync(path.join(cwd, 'runs')).sort() : []);
const pageOf = ({ cwd }: TestContext, folder = 'deep-page') => readFileSync(path.join(cwd, folder, 'README.md'), 'utf8');

describe('fathom study', () => {
  test('trains every cell that can be, says how it ended, and writes a page; a second call trains nothing', async () => {
    const context = contextWith(TWO_SEEDS);
    expect(await call(context)).toBe(0);
    expect(runsIn(context).map((id) => id.slice(16))).toEqual(['deep-1-1', 'deep-2-1']);
    expect(context.terminal.out).toContain('cell 1 of 4: seed 1 × heads 1  2.250 learns');
    expect(context.terminal.out).toContain('cell 2 of 4: seed 1 × heads 3  invalid');
    expect(pageOf(context)).toContain('| **seed 1** | 2.250 **learns** | invalid |');
    const again = contextWith(TWO_SEEDS, context.cwd);
    expect(await call(again)).toBe(0);
    expect(runsIn(again)).toEqual(runsIn(context));
    expect(again.terminal.out).not.toContain('run directory');
  });

  test('--page makes only the page, of what is there, with the notes that lie beside it', async () => {
    const context = contextWith(TWO_SEEDS);
    writeFileSync(path.join(context.cwd, 'notes.md'), 'Our **notes**.');
    expect(await call(context, '--page', '.')).toBe(0);
    expect(runsIn(context)).toEqual([]);
    expect(pageOf(context, '.')).toContain('| **seed 2** | not run | invalid |');
    expect(pageOf(context, '.')).toContain('Our **notes**.');
  });

  test('Ctrl-C stops the run at work; the same command goes on with that very run', async () => {
    const long = { ...TWO_SEEDS, base: { ...TWO_SEEDS.base, training: { steps: 60 } }, axes: { seed: [1] } };
    const context = contextWith(long);
    const calling = call(context);
    const press = setInterval(() => {
      const [id] = runsIn(context);
      if (id && existsSync(path.join(context.cwd, 'runs', id, 'trainer.log')) && readText(context, id).includes('"running"'))
        context.interrupts.take('SIGINT');
    }, 20);
    onTestFinished(() => clearInterval(press));
    expect(await calling).toBe(130);
    clearInterval(press);
    const [id = ''] = runsIn(context);
    const { state } = await readRun(path.join(context.cwd, 'runs', id));
    expect(['stopped', 'running']).toContain(state);
    expect(pageOf(context)).toContain('unfinished');
    const again = contextWith(long, context.cwd);
    expect(await call(again)).toBe(0);
    expect(runsIn(again)).toEqual([id]);
    expect((await readRun(path.join(context.cwd, 'runs', id))).state).toBe('finished');
  });

  test('a run of an earlier Fathom, whose configuration lacks a field of today, still counts', async () => {
    const context = contextWith({ ...TWO_SEEDS, axes: { seed: [1] } });
    await call(context);
    const file = path.join(context.cwd, 'runs', runsIn(context)[0] ?? '', 'config.json');
    const config = JSON.parse(readFileSync(file, 'utf8'));
    delete config.model.queryKeyNorm;
    writeFileSync(file, JSON.stringify(config));
    await call(context);
    expect(runsIn(context)).toHaveLength(1);
    writeFileSync(file, JSON.stringify({ ...config, seed: 7 }));
    await call(context);
    expect(runsIn(context)).toHaveLength(2);
  });

  test('a cell that becomes NaN is a result, and one that dies is tried again', async () => {
    const named = (name: string) => ({ ...TWO_SEEDS, name, axes: { seed: [1] } });
    const failing = contextWith(named('fails'));
    expect(await call(failing)).toBe(0);
    expect(failing.terminal.out).toContain('diverged');
    expect(await call(failing)).toBe(0);
    expect(failing.terminal.out.split('run directory')).toHaveLength(2);
    const dying = contextWith(named('dies'));
    expect(await call(dying)).toBe(1);
    expect(await call(dying)).toBe(1);
    expect(dying.terminal.out.split('run directory')).toHaveLength(3);
    expect(runsIn(dying)).toHaveLength(1);
  });

  test.each([
    ['depth-study', 20, 200],
    ['schemes', CATALOGUE.schemes.length, 24],
  ])('every cell of the example %s is sound', async (name, cells, layers) => {
    const plan = planOf(await readStudy(path.resolve(import.meta.dirname, `../../../examples/${name}.study.json`)));
    expect(plan).toHaveLength(cells);
    for (const { config, findings } of plan) {
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(config?.model.layers).toBe(layers);
    }
  });

  test('where no cell is valid, nothing is made and the reason is said', async () => {
    const context = contextWith({ ...TWO_SEEDS, axes: { 'model.heads': [3, 5] } });
    expect(await call(context)).toBe(1);
    expect(context.terminal.error).toContain('model.heads is 3, which does not divide model.hidden = 8');
    expect(readdirSync(context.cwd)).toEqual(['deep.study.json']);
  });
});

function readText({ cwd }: TestContext, id: string): string {
  return readFileSync(path.join(cwd, 'runs', id, 'run.json'), 'utf8');
}
