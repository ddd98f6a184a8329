// Hugging Face's bert, written down once more as plain float64 loops from its definition (modeling_bert.py). It knows
// nothing of ours: it reads config.json and model.safetensors by the format's own description.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type ForeignTensor, readTensors } from './foreignModel';

interface BertConfig {
  readonly architectures: readonly string[];
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly intermediate_size: number;
  readonly hidden_act: string;
  readonly vocab_size: number;
  readonly layer_norm_eps: number;
  readonly tie_word_embeddings: boolean;
}

const tanhGelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
/** By the integral of the normal density, summed where it has long converged. */
const exactGelu = (x: number): number => {
  let term = x / Math.SQRT2;
  let sum = term;
  for (let n = 1; n < 400 && Math.abs(term) > 1e-19; n++) {
    term *= -(x * x) / 2 / n;
    sum += term / (2 * n + 1);
  }
  return Math.abs(x) > 7 ? Math.max(x, 0) : 0.5 * x * (1 + (2 / Math.sqrt(Math.PI)) * sum);
};
const ACTIVATIONS: Readonly<Record<string, (x: number) => number>> = {
  gelu: exactGelu,
  gelu_new: tanhGelu,
  relu: (x) => Math.max(x, 0),
};

type Rows = number[][];

/** Logits of one sequence from the files in `folder` alone: [T, V] of masked tokens, or [classes]. */
export function bertLogits(folder: string, tokens: readonly number[], types: readonly number[]): number[] {
  const config = JSON.parse(readFileSync(path.join(folder, 'config.json'), 'utf8')) as BertConfig;
  const tensors = readTensors(path.join(folder, 'model.safetensors'));
  const { hidden_size: C, num_attention_heads: H, intermediate_size: F, vocab_size: V, layer_norm_eps: epsilon } = config;
  const D = C / H;
  const activation = ACTIVATIONS[config.hidden_act];
  if (!activation) throw new Error('an activation that the model does not have');
  const tensor = (name: string): ForeignTensor => {
    const found = tensors.get(name);
    if (!found) throw new Error(`no tensor ${name}`);
    return found;
  };
  const row = (name: string, i: number): number[] => {
    const { shape, data } = tensor(name);
    const width = shape[1] ?? 0;
    return [...data.subarray(i * width, (i + 1) * width)];
  };
  /** torch's Linear: W·x + b, W [out, in]. */
  const linear = (x: Rows, name: string, outputs: number): Rows => {
    expectShape(tensor(`${name}.weight`), [outputs, x[0]?.length ?? 0]);
    const bias = tensor(`${name}.bias`).data;
    const weights = Array.from({ length: outputs }, (_, o) => row(`${name}.weight`, o));
    return x.map((values) =>
      weights.map((weight, o) => weight.reduce((sum, w, i) => sum + w * (values[i] ?? Number.NaN), bias[o] ?? Number.NaN)),
    );
  };
  const norm = (x: Rows, name: string): Rows =>
    x.map((values) => {
      const mean = values.reduce((a, b) => a + b, 0) / C;
      const variance = values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / C;
      const [gain, bias] = [tensor(`${name}.weight`).data, tensor(`${name}.bias`).data];
      return values.map((each, i) => ((each - mean) / Math.sqrt(variance + epsilon)) * (gain[i] ?? 0) + (bias[i] ?? 0));
    });
  const sum = (...parts: Rows[]): Rows =>
    (parts[0] ?? []).map((values, t) => values.map((_, i) => parts.reduce((s, part) => s + (part[t]?.[i] ?? 0), 0)));

  const embeddings = 'bert.embeddings';
  let x = norm(
    sum(
      tokens.map((token) => row(`${embeddings}.word_embeddings.weight`, token)),
      tokens.map((_, t) => row(`${embeddings}.position_embeddings.weight`, t)),
      types.map((type) => row(`${embeddings}.token_type_embeddings.weight`, type)),
    ),
    `${embeddings}.LayerNorm`,
  );
  for (let l = 0; l < config.num_hidden_layers; l++) {
    const layer = `bert.encoder.layer.${l}`;
    const [query, key, value] = ['query', 'key', 'value'].map((which) => linear(x, `${layer}.attention.self.${which}`, C)) as [
      Rows,
      Rows,
      Rows,
    ];
    const mixed = x.map((_, t) =>
      Array.from({ length: C }, (_, c) => {
        const h = Math.floor(c / D);
        const scores = x.map((_, s) => {
          let dot = 0;
          for (let d = h * D; d < (h + 1) * D; d++) dot += (query[t]?.[d] ?? 0) * (key[s]?.[d] ?? 0);
          return Math.exp(dot / Math.sqrt(D));
        });
        const total = scores.reduce((a, b) => a + b, 0);
        return scores.reduce((acc, score, s) => acc + (score / total) * (value[s]?.[c] ?? 0), 0);
      }),
    );
    const attended = norm(sum(linear(mixed, `${layer}.attention.output.dense`, C), x), `${layer}.attention.output.LayerNorm`);
    const inner = linear(attended, `${layer}.intermediate.dense`, F).map((values) => values.map(activation));
    x = norm(sum(linear(inner, `${layer}.output.dense`, C), attended), `${layer}.output.LayerNorm`);
  }
  if (config.architectures[0] === 'BertForSequenceClassification') {
    const pooled = linear(x.slice(0, 1), 'bert.pooler.dense', C).map((values) => values.map(Math.tanh));
    return linear(pooled, 'classifier', 2)[0] ?? [];
  }
  const transform = 'cls.predictions.transform';
  const transformed = norm(
    linear(x, `${transform}.dense`, C).map((values) => values.map(activation)),
    `${transform}.LayerNorm`,
  );
  const table = config.tie_word_embeddings ? `${embeddings}.word_embeddings.weight` : 'cls.predictions.decoder.weight';
  const bias = tensor('cls.predictions.bias').data;
  const decoder = Array.from({ length: V }, (_, v) => row(table, v));
  return transformed.flatMap((values) => decoder.map((word, v) => word.reduce((s, w, c) => s + w * (values[c] ?? 0), bias[v] ?? 0)));
}

function expectShape({ shape }: ForeignTensor, expected: readonly number[]): void {
  if (shape.join() !== expected.join()) throw new Error(`a shape of ${shape.join('×')}, not ${expected.join('×')}`);
}
