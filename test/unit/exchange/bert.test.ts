// Encoders to Hugging Face's bert and back: an independent reader, transformers where there is one, and our import.

import { execFileSync } from 'node:child_process';
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
import { SafetensorsReader, writeSafetensors } from '../../../src/experiment/safetensors';
import { testContext } from '../cli/harness';
import { scratch } from '../experiment/scratch';
import { bertLogits } from './foreignBert';
import { readTensors } from './foreignModel';
import { difference, ourLogits, type SavedRun, savedRun, someTokens } from './saved';
import { hasTransformers, python } from './transformers';

const ENCODER = { architecture: 'bert', objective: 'masked-tokens', finalNorm: false, layerNormEpsilon: 1e-12, vocabulary: 260 } as const;

const EXPRESSIBLE: readonly (readonly [name: string, model: Partial<ModelConfig>])[] = [
  ['Post-LN', { scheme: 'post-ln', layerNormEpsilon: 1e-2 }],
  [
    'Post-LN with a branch gain, untied, tanh GELU',
    { scheme: 'post-ln', schemeOptions: { branchGain: 0.5 }, tiedEmbeddings: false, activation: 'gelu-tanh' },
  ],
  ['ULN', { scheme: 'upscale' }],
  ['FLN, ReLU, narrow feed-forward', { scheme: 'foundation', activation: 'relu', feedForward: 24 }],
  ['DeepNorm', { scheme: 'deepnorm' }],
  ['pairs, ULN', { scheme: 'upscale', objective: 'pair-class' }],
];

const INEXPRESSIBLE: readonly (readonly [code: string, model: Partial<ModelConfig>])[] = [
  ['export-one-epsilon', { scheme: 'upscale', layerNormEpsilon: 1e-5 }],
  ['export-scheme', { scheme: 'pre-ln', finalNorm: true }],
  ['export-final-norm', { scheme: 'post-ln', finalNorm: true }],
  ['export-activation', { scheme: 'post-ln', activation: 'swiglu' }],
  ['export-positions', { scheme: 'post-ln', positions: 'rotary' }],
];

async function exported(run: SavedRun) {
  const folder = scratch();
  const saved = await run.open();
  try {
    return { folder, ...(await exportHuggingFace(saved, folder)) };
  } finally {
    await saved.weights.close();
  }
}

const someTypes = (tokens: readonly number[]): number[] => tokens.map((_, t) => (t > tokens.length / 2 ? 1 : 0));

async function ours(run: Pick<SavedRun, 'config' | 'weights'>, tokens: readonly number[]): Promise<Float64Array> {
  return await ourLogits(run, tokens, someTypes(tokens));
}

describe('an encoder for Hugging Face', () => {
  it.each(EXPRESSIBLE)('gives the same logits to an independent reader: %s', async (_, model) => {
    const run = await savedRun({ ...ENCODER, ...model });
    const { folder, ...found } = await exported(run);
    expect(found).toEqual({ type: 'bert' });
    const tokens = someTokens(run.config);
    const expected = await ours(run, tokens);
    expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.1);
    expect(difference(bertLogits(folder, tokens, someTypes(tokens)), expected)).toBeLessThan(1e-4);
  });

  it('has the names, shapes and orientation of bert', async () => {
    const run = await savedRun({ ...ENCODER, scheme: 'post-ln', layers: 2, feedForward: 24 });
    const { folder } = await exported(run);
    const tensors = readTensors(path.join(folder, 'model.safetensors'));
    expect(tensors.size).toBe(5 + 2 * 16 + 5);
    expect(tensors.get('bert.encoder.layer.1.intermediate.dense.weight')?.shape).toEqual([24, 16]);
    const { data: key } = tensors.get('bert.encoder.layer.0.attention.self.key.weight') ?? {};
    // Out × in: our column 16 + 3 of 48, row 5.
    expect(key?.[3 * 16 + 5]).toBe(run.weights.get('layers.1.attention.qkv.weight')?.[5 * 48 + 16 + 3]);
    expect(readFileSync(path.join(folder, 'README.md'), 'utf8')).toContain('AutoModelForMaskedLM');
  });

  it('takes the vocabulary of word pieces along, while it is there', async () => {
    const vocabularyFile = path.join(import.meta.dirname, '../../fixtures/wordpiece/vocab.txt');
    const of = (file: string) =>
      savedRun({ ...ENCODER, scheme: 'post-ln', vocabulary: 500 }, false, {
        tokeniser: 'wordpiece',
        vocabularyFile: file,
        lowerCase: false,
      });
    const { folder } = await exported(await of(vocabularyFile));
    const read = (name: string, from = folder) => readFileSync(path.join(from, name), 'utf8');
    expect(read('vocab.txt')).toBe(readFileSync(vocabularyFile, 'utf8'));
    expect(JSON.parse(read('tokenizer_config.json'))).toMatchObject({ do_lower_case: false, model_max_length: 8 });
    const { folder: without } = await exported(await of('/nowhere/vocab.txt'));
    expect(read('README.md', without)).toContain('could not be read');
  });

  it.each(INEXPRESSIBLE)('keeps our names and says why: %s', async (code, model) => {
    const { type, reason } = await exported(await savedRun({ ...ENCODER, ...model }));
    expect([type, reason?.code]).toEqual(['fathom', code]);
  });
});

async function imported(folder: string) {
  const cwd = scratch();
  writeFileSync(path.join(cwd, 'pairs.tsv'), 'question1\tquestion2\tis_duplicate\na\tb\t0\n');
  const settings = {
    data: { source: 'pairs.tsv' },
    model: { layers: 2, heads: 4, hidden: 8 },
    training: { steps: 20, batch: 2 },
    schedule: { warmup: 2 },
  };
  writeFileSync(path.join(cwd, 'a.fathom.json'), JSON.stringify(settings));
  const context = testContext('no-trainer.mjs', cwd);
  expect(await importModel.run(parseCommand(importModel.spec, [folder, 'a.fathom.json', '--runs', 'runs']), context)).toBe(0);
  const saved = await openSavedModel((await listRuns(path.join(cwd, 'runs')))[0]?.directory ?? '');
  const weights = new Map<string, Float32Array>();
  for (const name of saved.weights.names) weights.set(name, await saved.weights.read(name));
  await saved.weights.close();
  return { config: saved.config, weights };
}

describe('an encoder from Hugging Face', () => {
  it.each(EXPRESSIBLE)('computes what was exported: %s', async (_, model) => {
    const run = await savedRun({ ...ENCODER, ...model });
    const { folder } = await exported(run);
    const tokens = someTokens(run.config);
    const back = await imported(folder);
    expect(back.config.model).toMatchObject({ architecture: 'bert', scheme: 'post-ln', objective: run.config.model.objective });
    expect(difference(await ours(back, tokens), await ours(run, tokens))).toBeLessThan(1e-4);
  });

  it('is also read by the older names of its norms, and word pieces want their vocabulary', async () => {
    const run = await savedRun({ ...ENCODER, scheme: 'post-ln' });
    const { folder } = await exported(run);
    const file = path.join(folder, 'model.safetensors');
    const reader = await SafetensorsReader.open(file);
    const renamed = await Promise.all(
      reader.names.map(async (name) => {
        const old = name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta');
        return { name: old, shape: reader.info(name).shape, data: await reader.read(name) };
      }),
    );
    await reader.close();
    await writeSafetensors(file, renamed);
    const tokens = someTokens(run.config);
    expect(difference(await ours(await imported(folder), tokens), await ours(run, tokens))).toBeLessThan(1e-4);
    const config = path.join(folder, 'config.json');
    writeFileSync(config, readFileSync(config, 'utf8').replace('"vocab_size": 260', '"vocab_size": 30522'));
    expect((await readForeignModel(folder)).fields).toMatchObject({ 'data.tokeniser': 'wordpiece', 'model.vocabulary': 30522 });
  });

  it('says what no model here has', async () => {
    const { folder } = await exported(await savedRun({ ...ENCODER, scheme: 'post-ln' }));
    const config = path.join(folder, 'config.json');
    writeFileSync(config, readFileSync(config, 'utf8').replace('"type_vocab_size": 2', '"type_vocab_size": 4'));
    await expect(readForeignModel(folder)).rejects.toMatchObject({ code: 'import-field', args: { field: 'type_vocab_size', value: '4' } });
  });
});

/** Logits by `transformers` itself, as JSON. */
const SCRIPT = `
import sys, json, torch, transformers
architecture = json.load(open(sys.argv[1] + "/config.json"))["architectures"][0]
model, info = getattr(transformers, architecture).from_pretrained(sys.argv[1], output_loading_info=True)
assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"], info
tokens, types = (torch.tensor([json.loads(given)]) for given in sys.argv[2:4])
with torch.no_grad():
    print(json.dumps(model.eval()(tokens, token_type_ids=types).logits.flatten().tolist()))
`;

describe.skipIf(!hasTransformers)('read by transformers (needs python3 with torch and transformers; FATHOM_PYTHON names another)', () => {
  it.each(EXPRESSIBLE)('%s', { timeout: 120_000 }, async (_, model) => {
    const run = await savedRun({ ...ENCODER, ...model });
    const { folder } = await exported(run);
    const tokens = someTokens(run.config);
    const given = [folder, JSON.stringify(tokens), JSON.stringify(someTypes(tokens))];
    const output = execFileSync(python, ['-c', SCRIPT, ...given], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    expect(difference(JSON.parse(output) as number[], await ours(run, tokens))).toBeLessThan(1e-4);
  });
});
