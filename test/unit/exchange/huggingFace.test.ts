import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportHuggingFace } from '../../../src/exchange/huggingFace';
import type { ModelConfig } from '../../../src/experiment/config';
import { scratch } from '../experiment/scratch';
import { foreignLogits, readForeignConfig, readTensors } from './foreignModel';
import { difference, ourLogits, type SavedRun, savedRun, someTokens } from './saved';
import { hasTransformers, python } from './transformers';

const POST_LN = { finalNorm: false, activation: 'gelu-tanh' } as const;

/** Models that another tool can compute, by the layout that they take. */
const EXPRESSIBLE: readonly (readonly [name: string, type: string, model: Partial<ModelConfig>])[] = [
  ['Pre-LN', 'gpt2', { scheme: 'pre-ln' }],
  [
    'Pre-LN, untied, tanh GELU, narrow feed-forward',
    'gpt2',
    { scheme: 'pre-ln', tiedEmbeddings: false, activation: 'gelu-tanh', feedForward: 24 },
  ],
  ['Pre-LN, squared ReLU', 'gpt2', { scheme: 'pre-ln', activation: 'squared-relu' }],
  ['FLN', 'openai-gpt', { ...POST_LN, scheme: 'foundation', layerNormEpsilon: 1e-2 }],
  ['FLN, untied, ReLU', 'openai-gpt', { ...POST_LN, scheme: 'foundation', tiedEmbeddings: false, activation: 'relu' }],
  ['Post-LN with a branch gain', 'openai-gpt', { ...POST_LN, scheme: 'post-ln', schemeOptions: { branchGain: 0.5 } }],
  ['ULN', 'openai-gpt', { ...POST_LN, scheme: 'upscale', layerNormEpsilon: 1e-2 }],
  ['DeepNorm', 'openai-gpt', { ...POST_LN, scheme: 'deepnorm', layerNormEpsilon: 1e-2 }],
];

const INEXPRESSIBLE: readonly (readonly [code: string, model: Partial<ModelConfig>])[] = [
  ['export-final-norm', { ...POST_LN, scheme: 'foundation', finalNorm: true }],
  ['export-final-norm-missing', { scheme: 'pre-ln', finalNorm: false }],
  ['export-exact-gelu', { ...POST_LN, scheme: 'foundation', activation: 'gelu' }],
  ['export-activation', { scheme: 'pre-ln', activation: 'swiglu' }],
  ['export-positions', { scheme: 'pre-ln', positions: 'none' }],
  ['export-norm', { scheme: 'pre-ln', norm: 'rms-norm' }],
  ['export-query-key-norm', { scheme: 'pre-ln', queryKeyNorm: true }],
  ['export-feed-forward', { ...POST_LN, scheme: 'post-ln', feedForward: 24 }],
  ['export-no-stream', { ...POST_LN, scheme: 'foundation', schemeOptions: { coefficient: 0 } }],
  ['export-scheme', { scheme: 'rezero' }],
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

describe('an export for Hugging Face', () => {
  it.each(EXPRESSIBLE)('gives the same logits to an independent reader: %s', async (_, type, model) => {
    const run = await savedRun(model);
    const { folder, ...found } = await exported(run);
    expect(found).toEqual({ type });
    const tokens = someTokens(run.config);
    const ours = await ourLogits(run, tokens);
    expect(Math.max(...ours.map(Math.abs))).toBeGreaterThan(1);
    expect(difference(foreignLogits(folder, tokens), ours)).toBeLessThan(1e-4);
  });

  it('has the names, shapes and orientation of gpt2', async () => {
    const run = await savedRun({ scheme: 'pre-ln', layers: 2 });
    const { folder } = await exported(run);
    const tensors = readTensors(path.join(folder, 'model.safetensors'));
    expect(tensors.size).toBe(2 + 2 * 12 + 2);
    expect(tensors.get('transformer.wte.weight')?.shape).toEqual([32, 16]);
    expect(tensors.get('transformer.h.1.attn.c_attn.weight')?.shape).toEqual([16, 48]);
    expect(tensors.get('transformer.h.1.mlp.c_proj.weight')?.shape).toEqual([64, 16]);
    expect(tensors.get('transformer.h.0.attn.c_attn.weight')?.data).toEqual(run.weights.get('layers.1.attention.qkv.weight'));
    expect(tensors.get('transformer.ln_f.bias')?.data).toEqual(run.weights.get('head.norm.bias'));
    expect(readForeignConfig(folder)).toMatchObject({
      model_type: 'gpt2',
      n_layer: 2,
      n_inner: 64,
      activation_function: 'gelu',
      n_positions: 8,
    });
    expect(readFileSync(path.join(folder, 'README.md'), 'utf8')).toContain('bytes of UTF-8');
  });

  it.each(INEXPRESSIBLE)('keeps our names and says why: %s', async (code, model) => {
    const run = await savedRun(model);
    const { folder, type, reason } = await exported(run);
    expect(type).toBe('fathom');
    expect(reason?.code).toBe(code);
    const tensors = readTensors(path.join(folder, 'model.safetensors'));
    expect([...tensors.keys()].sort()).toEqual([...run.weights.keys()].sort());
    for (const [name, { data }] of tensors) expect(data).toEqual(run.weights.get(name));
    expect(readForeignConfig(folder)).toMatchObject({ model_type: 'fathom', scheme: run.config.model.scheme });
  });

  it('is refused where the tanh form would pass for the exact one', async () => {
    const run = await savedRun({ ...POST_LN, scheme: 'foundation' });
    const { folder } = await exported(run);
    const exact = { ...run, config: { ...run.config, model: { ...run.config.model, activation: 'gelu' } } };
    const tokens = someTokens(run.config);
    expect(difference(foreignLogits(folder, tokens), await ourLogits(exact, tokens))).toBeGreaterThan(1e-4);
  });

  it('names a checkpoint that is not there, or is of another model', async () => {
    const run = await savedRun({ scheme: 'pre-ln' });
    await expect(run.open(8)).rejects.toMatchObject({ code: 'export-no-such-step', args: { value: 8, known: '7' } });
    const other = await savedRun({ scheme: 'pre-ln', hidden: 32 });
    const file = path.join('checkpoints', 'step-00000007', 'model.safetensors');
    copyFileSync(path.join(other.directory, file), path.join(run.directory, file));
    await expect(run.open()).rejects.toMatchObject({ code: 'checkpoint-other-model', args: { field: 'embedding.tokens.weight' } });
  });
});

/** Logits by `transformers` itself, as JSON. */
const SCRIPT = `
import sys, json, torch
from transformers import AutoModelForCausalLM
model, info = AutoModelForCausalLM.from_pretrained(sys.argv[1], output_loading_info=True)
assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"], info
with torch.no_grad():
    print(json.dumps(model.eval()(torch.tensor([json.loads(sys.argv[2])])).logits.flatten().tolist()))
`;

describe.skipIf(!hasTransformers)('read by transformers (needs python3 with torch and transformers; FATHOM_PYTHON names another)', () => {
  it.each(EXPRESSIBLE)('%s', { timeout: 120_000 }, async (_, _type, model) => {
    const run = await savedRun(model);
    const { folder } = await exported(run);
    const tokens = someTokens(run.config);
    const output = execFileSync(python, ['-c', SCRIPT, folder, JSON.stringify(tokens)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(difference(JSON.parse(output) as number[], await ourLogits(run, tokens))).toBeLessThan(1e-4);
  });
});
