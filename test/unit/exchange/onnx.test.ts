import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import { savedParameters } from '../../../src/exchange/checkpoint';
import { exportOnnx } from '../../../src/exchange/onnx';
import type { ModelConfig } from '../../../src/experiment/config';
import { describeModel } from '../../../src/model/model';
import { allBlocks, prefixOf } from '../../../src/trainer/weights';
import { scratch } from '../experiment/scratch';
import { ENCODERS, smallConfig, trainer, VARIANTS } from '../trainer/harness';
import { difference, ourLogits, type SavedRun, savedRun, someTokens } from './saved';

async function exported(run: SavedRun, insideLimit?: number) {
  const folder = scratch();
  const saved = await run.open();
  try {
    return { folder, files: await exportOnnx(saved, folder, insideLimit) };
  } finally {
    await saved.weights.close();
  }
}

async function onnxLogits(
  folder: string,
  tokens: readonly number[],
  more: Readonly<Record<string, readonly number[]>> = {},
): Promise<Tensor> {
  const session = await InferenceSession.create(path.join(folder, 'model.onnx'), { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const given = Object.entries({ tokens, ...more }).map(
    ([name, values]) => [name, new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length])] as const,
  );
  const { logits } = await session.run(Object.fromEntries(given));
  await session.release();
  if (!logits) throw new Error('no logits');
  return logits;
}

const MODELS: readonly (readonly [name: string, model: Partial<ModelConfig>])[] = [
  ['Pre-LN', { scheme: 'pre-ln' }],
  ['FLN with a final norm, untied', { scheme: 'foundation', tiedEmbeddings: false }],
  ['numbers of each layer', { scheme: 'layernorm-scaling' }],
  ['layers of two kinds', { scheme: 'mix-ln', layers: 8 }],
  ['two streams', { scheme: 'residual' }],
  ...VARIANTS,
];

describe('an export to ONNX', () => {
  it.each(MODELS)('gives the same logits in onnxruntime: %s', async (_, model) => {
    const run = await savedRun(model);
    const { folder, files } = await exported(run);
    expect(files).toEqual(['model.onnx']);
    const tokens = someTokens(run.config);
    const logits = await onnxLogits(folder, tokens);
    expect(logits.dims).toEqual([1, run.config.model.context, run.config.model.vocabulary]);
    const ours = await ourLogits(run, tokens);
    expect(Math.max(...ours.map(Math.abs))).toBeGreaterThan(1);
    expect(difference(logits.data as Float32Array, ours)).toBeLessThan(1e-4);
  });

  it.each(ENCODERS)('takes token types, and the lengths of pairs: %s', async (_, model) => {
    const run = await savedRun(model);
    const { folder } = await exported(run);
    const tokens = someTokens(run.config);
    const types = tokens.map((token) => token % 2);
    const ours = await ourLogits(run, tokens, types);
    const isClassifier = model.objective === 'pair-class';
    const { dims, data } = await onnxLogits(folder, tokens, { types, ...(isClassifier && { attention_mask: tokens.map(() => 1) }) });
    expect(dims).toEqual(isClassifier ? [1, 2] : [1, run.config.model.context, run.config.model.vocabulary]);
    expect(difference(data as Float32Array, ours)).toBeLessThan(1e-4);
    if (!isClassifier) return;
    const padded = async (last: number) =>
      (
        await onnxLogits(folder, [...tokens.slice(0, -1), last], {
          types,
          attention_mask: tokens.map((_, t) => (t < tokens.length - 1 ? 1 : 0)),
        })
      ).data as Float32Array;
    expect(difference(await padded(0), await padded(1))).toBe(0);
    expect(difference(await padded(0), ours)).toBeGreaterThan(1e-3);
  });

  it('keeps weights in a file beside it where they are too large to be inside', async () => {
    const run = await savedRun({ scheme: 'pre-ln' });
    const { folder, files } = await exported(run, 1000);
    expect(files).toEqual(['model.onnx', 'model.onnx.data']);
    expect(readdirSync(folder).sort()).toEqual(['model.onnx', 'model.onnx.data']);
    const count = savedParameters(describeModel(run.config.model)).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    expect(statSync(path.join(folder, 'model.onnx.data')).size).toBe(4 * count);
    const tokens = someTokens(run.config);
    expect(difference((await onnxLogits(folder, tokens)).data as Float32Array, await ourLogits(run, tokens))).toBeLessThan(1e-4);
  });

  it('has the loss that the trainer evaluates', async () => {
    const run = await savedRun({ scheme: 'foundation' });
    const own = await trainer(createReferenceEngine(), smallConfig(run.config.model, { batch: 1 }));
    for (const { place, layout, weight } of allBlocks(own.weights)) {
      for (const { name, offset } of layout.entries) weight.flat?.set(run.weights.get(prefixOf(place) + name) ?? [], offset);
    }
    const { vocabulary } = run.config.model;
    const tokens = someTokens(run.config);
    const targets = tokens.map((token) => (token * 5 + 1) % vocabulary);
    const { folder } = await exported(run);
    const logits = (await onnxLogits(folder, tokens)).data as Float32Array;
    const losses = targets.map((target, t) => {
      const row = Array.from(logits.subarray(t * vocabulary, (t + 1) * vocabulary));
      return Math.log(row.reduce((sum, each) => sum + Math.exp(each), 0)) - (row[target] ?? Number.NaN);
    });
    const mean = losses.reduce((a, b) => a + b, 0) / losses.length;
    expect(mean).toBeCloseTo(await own.pass.evaluate({ tokens: Int32Array.from(tokens), targets: Int32Array.from(targets) }), 4);
  });
});
