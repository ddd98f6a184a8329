import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../../src/cli/arguments';
import { importModel } from '../../../src/cli/commands/import';
import { openSavedModel } from '../../../src/exchange/checkpoint';
import { readForeignModel } from '../../../src/exchange/foreignModel';
import { exportHuggingFace } from '../../../src/exchange/huggingFace';
import type { ModelConfig } from '../../../src/experiment/config';
import { listRuns } from '../../../src/experiment/runDirectory';
import { testContext } from '../cli/harness';
import { scratch } from '../experiment/scratch';
import { difference, ourLogits, savedRun, someTokens } from './saved';

async function exported(model: Partial<ModelConfig>) {
  const run = await savedRun({ vocabulary: 256, ...model });
  const saved = await run.open();
  const folder = scratch();
  await exportHuggingFace(saved, folder);
  await saved.weights.close();
  return { run, folder };
}

async function imported(folder: string, cwd = scratch()) {
  const context = testContext('no-trainer.mjs', cwd);
  const settings = { model: { layers: 2, heads: 4, hidden: 8 }, training: { steps: 20, batch: 2 }, schedule: { warmup: 2 } };
  writeFileSync(path.join(cwd, 'a.fathom.json'), JSON.stringify(settings));
  const code = await importModel.run(parseCommand(importModel.spec, [folder, 'a.fathom.json', '--runs', 'runs']), context);
  const runs = await listRuns(path.join(cwd, 'runs'));
  return { code, context, runs };
}

function altered(folder: string, change: Record<string, unknown>): void {
  const file = path.join(folder, 'config.json');
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), ...change }));
}

describe('an import from Hugging Face', () => {
  it.each([
    ['gpt2', { scheme: 'pre-ln', tiedEmbeddings: false, feedForward: 24 }],
    ['openai-gpt', { scheme: 'deepnorm', finalNorm: false, activation: 'gelu-tanh', layerNormEpsilon: 1e-2 }],
  ] as const)('computes what was exported: %s', async (_, model) => {
    const { run, folder } = await exported(model);
    const { code, runs } = await imported(folder);
    expect(code).toBe(0);
    const directory = runs[0]?.directory ?? '';
    expect(runs).toMatchObject([{ record: { state: 'stopped', step: 0 } }]);
    const saved = await openSavedModel(directory);
    const weights = new Map<string, Float32Array>();
    for (const name of saved.weights.names) weights.set(name, await saved.weights.read(name));
    await saved.weights.close();
    const tokens = someTokens(run.config);
    expect(difference(await ourLogits({ config: saved.config, weights }, tokens), await ourLogits(run, tokens))).toBeLessThan(1e-4);
  });

  it.each([
    ['import-layout', { model_type: 'bloom' }],
    ['import-field', { n_layer: 0 }],
    ['import-field', { activation_function: 'swish' }],
    ['import-field', { scale_attn_by_inverse_layer_idx: true }],
    ['import-vocabulary', { vocab_size: 1000 }],
  ])('says what it cannot take: %s', async (code, change) => {
    const { folder } = await exported({ scheme: 'pre-ln' });
    altered(folder, change);
    await expect(readForeignModel(folder)).rejects.toMatchObject({ code });
  });

  it('names the tensor that does not fit, and leaves no run', async () => {
    const { folder } = await exported({ scheme: 'pre-ln' });
    altered(folder, { n_inner: 128 });
    const args = { name: 'transformer.h.0.mlp.c_fc.weight', value: '16×64', expected: '16×128' };
    const cwd = scratch();
    await expect(imported(folder, cwd)).rejects.toMatchObject({ code: 'import-tensor', args });
    expect(await listRuns(path.join(cwd, 'runs'))).toEqual([]);
  });

  it('wants a folder with a configuration', async () => {
    await expect(readForeignModel(scratch())).rejects.toMatchObject({ code: 'import-no-config' });
  });
});
