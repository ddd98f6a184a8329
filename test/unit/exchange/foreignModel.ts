// Hugging Face's gpt2 and openai-gpt, written down once more as plain float64 loops from their definitions.
// It knows nothing of ours: it reads config.json and model.safetensors by the formats' own descriptions.

import { readFileSync } from 'node:fs';
import path from 'node:path';

export interface ForeignTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface ForeignConfig {
  readonly model_type: string;
  readonly n_embd: number;
  readonly n_layer: number;
  readonly n_head: number;
  readonly n_inner?: number;
  readonly vocab_size: number;
  readonly layer_norm_epsilon: number;
  readonly tie_word_embeddings: boolean;
  readonly activation_function?: string;
  readonly afn?: string;
}

export function readTensors(file: string): Map<string, ForeignTensor> {
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<string, { shape: number[]; data_offsets: [number, number] }>;
  const tensors = new Map<string, ForeignTensor>();
  for (const [name, { shape, data_offsets: offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const part = bytes.subarray(8 + length + offsets[0], 8 + length + offsets[1]);
    tensors.set(name, { shape, data: new Float32Array(Uint8Array.from(part).buffer) });
  }
  return tensors;
}

export const readForeignConfig = (folder: string): ForeignConfig =>
  JSON.parse(readFileSync(path.join(folder, 'config.json'), 'utf8')) as ForeignConfig;

const erf = (x: number): number => {
  // Maclaurin series: exact to float64 for the arguments that occur here.
  let term = x;
  let sum = x;
  for (let n = 1; n < 200 && Math.abs(term) > 1e-18; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return Math.abs(x) > 5 ? Math.sign(x) : (2 / Math.sqrt(Math.PI)) * sum;
};
const tanhGelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
const exactGelu = (x: number): number => 0.5 * x * (1 + erf(x / Math.SQRT2));

const ACTIVATIONS: Readonly<Record<string, Readonly<Record<string, (x: number) => number>>>> = {
  gpt2: { gelu: exactGelu, gelu_new: tanhGelu, relu: (x) => Math.max(x, 0), relu2: (x) => Math.max(x, 0) ** 2 },
  'openai-gpt': { gelu: tanhGelu, relu: (x) => Math.max(x, 0) },
};

type Rows = number[][];

/** Logits of one sequence, [T, V], from the files in `folder` alone. */
export function foreignLogits(folder: string, tokens: readonly number[]): number[] {
  const config = readForeignConfig(folder);
  const tensors = readTensors(path.join(folder, 'model.safetensors'));
  const isGpt2 = config.model_type === 'gpt2';
  const activation = ACTIVATIONS[config.model_type]?.[(isGpt2 ? config.activation_function : config.afn) ?? ''];
  if (!activation) throw new Error('an activation that the model does not have');
  const { n_embd: C, n_head: H, vocab_size: V, layer_norm_epsilon: epsilon } = config;
  const D = C / H;
  const F = isGpt2 ? (config.n_inner ?? 4 * C) : 4 * C;
  const tensor = (name: string): Float32Array => {
    const found = tensors.get(name);
    if (!found) throw new Error(`no tensor ${name}`);
    return found.data;
  };
  const at = (data: Float32Array, i: number): number => data[i] ?? Number.NaN;
  /** Conv1D: x·W + b, W [in, out]. */
  const linear = (x: Rows, name: string, outputs: number): Rows => {
    const [weight, bias] = [tensor(`${name}.weight`), tensor(`${name}.bias`)];
    return x.map((row) =>
      Array.from({ length: outputs }, (_, o) => row.reduce((sum, each, i) => sum + each * at(weight, i * outputs + o), at(bias, o))),
    );
  };
  const norm = (x: Rows, name: string): Rows =>
    x.map((row) => {
      const mean = row.reduce((a, b) => a + b, 0) / C;
      const variance = row.reduce((sum, each) => sum + (each - mean) ** 2, 0) / C;
      const [gain, bias] = [tensor(`${name}.weight`), tensor(`${name}.bias`)];
      return row.map((each, i) => ((each - mean) / Math.sqrt(variance + epsilon)) * at(gain, i) + at(bias, i));
    });
  const sum = (a: Rows, b: Rows): Rows => a.map((row, t) => row.map((each, i) => each + (b[t]?.[i] ?? Number.NaN)));
  const attend = (x: Rows, name: string): Rows => {
    const qkv = linear(x, `${name}.c_attn`, 3 * C);
    const part = (which: number, t: number, h: number): number[] => (qkv[t] ?? []).slice(which * C + h * D, which * C + (h + 1) * D);
    const dot = (a: number[], b: number[]): number => a.reduce((total, each, i) => total + each * (b[i] ?? Number.NaN), 0);
    const mixed = x.map((_, t) =>
      Array.from({ length: H }, (_, h) => {
        const scores = Array.from({ length: t + 1 }, (_, s) => dot(part(0, t, h), part(1, s, h)) / Math.sqrt(D));
        const most = Math.max(...scores);
        const powers = scores.map((score) => Math.exp(score - most));
        const total = powers.reduce((a, b) => a + b, 0);
        return Array.from({ length: D }, (_, d) => powers.reduce((acc, p, s) => acc + (p / total) * (part(2, s, h)[d] ?? Number.NaN), 0));
      }).flat(),
    );
    return linear(mixed, `${name}.c_proj`, C);
  };
  const mlp = (x: Rows, name: string): Rows =>
    linear(
      linear(x, `${name}.c_fc`, F).map((row) => row.map(activation)),
      `${name}.c_proj`,
      C,
    );

  const table = tensor(isGpt2 ? 'transformer.wte.weight' : 'transformer.tokens_embed.weight');
  const positions = tensor(isGpt2 ? 'transformer.wpe.weight' : 'transformer.positions_embed.weight');
  let x: Rows = tokens.map((token, t) => Array.from({ length: C }, (_, c) => at(table, token * C + c) + at(positions, t * C + c)));
  for (let i = 0; i < config.n_layer; i++) {
    const h = `transformer.h.${i}`;
    if (isGpt2) {
      x = sum(x, attend(norm(x, `${h}.ln_1`), `${h}.attn`));
      x = sum(x, mlp(norm(x, `${h}.ln_2`), `${h}.mlp`));
    } else {
      const n = norm(sum(x, attend(x, `${h}.attn`)), `${h}.ln_1`);
      x = norm(sum(n, mlp(n, `${h}.mlp`)), `${h}.ln_2`);
    }
  }
  if (isGpt2) x = norm(x, 'transformer.ln_f');
  const head = config.tie_word_embeddings ? table : tensor('lm_head.weight');
  return x.flatMap((row) => Array.from({ length: V }, (_, v) => row.reduce((total, each, c) => total + each * at(head, v * C + c), 0)));
}
