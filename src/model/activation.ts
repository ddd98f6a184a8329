// Activation functions of the feed-forward sublayer that a configuration may name.

import type { NamedDescriptor } from '../experiment/catalogue';
import { gelu, geluTanh, multiply, relu, silu, square } from '../graph/elementwise';
import { slice } from '../graph/shape';
import type { Value } from '../graph/value';

interface Activation {
  readonly descriptor: NamedDescriptor;
  /** Columns that it reads for each inner channel: a gated one reads the gate beside the value. */
  readonly reads: 1 | 2;
  /** [N, reads·F] → [N, F]. */
  apply(x: Value): Value;
}

export const ACTIVATIONS: readonly Activation[] = [
  {
    descriptor: {
      name: 'gelu',
      title: 'GELU',
      documentation: 'Gaussian error linear unit, exact form.',
      formula: 'x·Φ(x)',
      source: 'arXiv 1606.08415',
    },
    reads: 1,
    apply: gelu,
  },
  {
    descriptor: {
      name: 'gelu-tanh',
      title: 'GELU (tanh)',
      documentation: 'GELU approximated by tanh, as GPT-2 was trained with.',
      formula: '½x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))',
      source: 'arXiv 1606.08415',
    },
    reads: 1,
    apply: geluTanh,
  },
  {
    descriptor: { name: 'relu', title: 'ReLU', documentation: 'Rectified linear unit.', formula: 'max(x, 0)', source: 'arXiv 1706.03762' },
    reads: 1,
    apply: relu,
  },
  {
    descriptor: {
      name: 'squared-relu',
      title: 'Squared ReLU',
      documentation: 'Rectified linear unit, squared.',
      formula: 'max(x, 0)²',
      source: 'arXiv 2109.08668',
    },
    reads: 1,
    apply: (x) => square(relu(x)),
  },
  {
    descriptor: {
      name: 'swiglu',
      title: 'SwiGLU',
      documentation:
        'One half of a projection twice as wide gates the other. A feed-forward width of 8/3·hidden has as many parameters as 4·hidden without a gate.',
      formula: 'x·σ(x)⊙y',
      source: 'arXiv 2002.05202',
    },
    reads: 2,
    apply(x) {
      const F = (x.type.shape[1] ?? 0) / 2;
      return multiply(silu(slice(x, 1, 0, F)), slice(x, 1, F, 2 * F));
    },
  },
];

export function activationNamed(name: string): Activation {
  const found = ACTIVATIONS.find((candidate) => candidate.descriptor.name === name);
  if (!found) throw new Error(`no activation is called '${name}'`);
  return found;
}
