// Every optimiser against its paper's formulas written out anew in float64, over several steps of matrices
// and vectors; against numbers worked out by hand or published; and on a quadratic.

import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/experiment/random';
import { sizeOf } from '../../../src/graph/value';
import { CATALOGUE, OPTIMISERS, optimiserNamed } from '../../../src/model/catalogue';
import { describeCost } from '../../../src/model/cost';
import { layOut, type ParameterLayout, type ParameterSpec } from '../../../src/model/layout';
import { describeModel } from '../../../src/model/model';
import { type Floats, planState, type StepScalars, stateBytes } from '../../../src/model/optimiser/optimiser';
import { smallConfig } from '../trainer/harness';

const SPECS: readonly ParameterSpec[] = [
  { name: 'qkv', shape: [5, 18], part: 'attention', role: 'query-key-value', projections: 3 },
  { name: 'tall', shape: [9, 4], part: 'feed_forward', role: 'feed-forward-out' },
  { name: 'gain', shape: [7], part: 'feed_forward', role: 'gain' },
  { name: 'bias', shape: [3], part: 'feed_forward', role: 'bias' },
];
const LAYER = layOut(SPECS);

type Scalars = Omit<StepScalars, 'step'>;
const scalarsOf = (name: string, change: Partial<Scalars> = {}): Scalars => ({
  beta1: Number.NaN,
  beta2: Number.NaN,
  momentum: Number.NaN,
  epsilon: Number.NaN,
  weightDecay: Number.NaN,
  gradientScale: 1,
  ...optimiserNamed(name).descriptor.reads,
  ...change,
});

/** What a run does with a layout: one flat weight, one flat state, a step on every piece. */
function open(name: string, layout: ParameterLayout, weight: Floats, inLayer = true) {
  const plan = planState(optimiserNamed(name), layout, inLayer);
  const state = weight instanceof Float32Array ? new Float32Array(plan.length) : new Float64Array(plan.length);
  let step = 0;
  return {
    state,
    plan,
    step(gradient: Floats, scalars: Scalars) {
      step++;
      const sums = { weightSquares: 0, updateSquares: 0 };
      for (const { piece, extents } of plan.pieces) {
        const { from, to, decay } = piece;
        const views = extents.map(([start, end]) => state.subarray(start, end));
        const own = { ...scalars, step, weightDecay: decay ? scalars.weightDecay : 0 };
        const done = piece.step(weight.subarray(from, to), gradient.subarray(from, to), views, own);
        sums.weightSquares += done.weightSquares;
        sums.updateSquares += done.updateSquares;
      }
      return sums;
    },
  };
}

// The formulas, with matrices as rows of numbers.
type Matrix = number[][];
const map = (a: Matrix, f: (x: number, r: number, c: number) => number): Matrix => a.map((row, r) => row.map((x, c) => f(x, r, c)));
const at = (a: Matrix, r: number, c: number): number => a[r]?.[c] ?? Number.NaN;
const transposed = (a: Matrix): Matrix => (a[0] ?? []).map((_, c) => a.map((row) => row[c] ?? Number.NaN));
const product = (a: Matrix, b: Matrix): Matrix => {
  const columns = transposed(b);
  return a.map((row) => columns.map((column) => row.reduce((sum, x, k) => sum + x * (column[k] ?? Number.NaN), 0)));
};
const norm = (a: Matrix): number => Math.sqrt(a.flat().reduce((sum, x) => sum + x * x, 0));
const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
const zeros = (a: Matrix): Matrix => map(a, () => 0);

type Rule = (theta: Matrix, s: Scalars, isVector: boolean) => (g: Matrix, t: number, decay: number) => Matrix;

const ADAM: Rule = (theta, { learningRate: lr, beta1, beta2, epsilon }) => {
  let [m, v] = [zeros(theta), zeros(theta)];
  return (g, t, decay) => {
    m = map(m, (x, r, c) => beta1 * x + (1 - beta1) * at(g, r, c));
    v = map(v, (x, r, c) => beta2 * x + (1 - beta2) * at(g, r, c) ** 2);
    theta = map(
      theta,
      (x, r, c) => x - lr * (at(m, r, c) / (1 - beta1 ** t) / (Math.sqrt(at(v, r, c) / (1 - beta2 ** t)) + epsilon) + decay * x),
    );
    return theta;
  };
};

function newtonSchulz(g: Matrix): Matrix {
  if (g.length > (g[0]?.length ?? 0)) return transposed(newtonSchulz(transposed(g)));
  let x = map(g, (value) => value / (norm(g) + 1e-7));
  for (let i = 0; i < 5; i++) {
    const a = product(x, transposed(x));
    const square = product(a, a);
    const b = map(a, (value, r, c) => -4.775 * value + 2.0315 * at(square, r, c));
    const mixed = product(b, x);
    x = map(x, (value, r, c) => 3.4445 * value + at(mixed, r, c));
  }
  return x;
}

const RULES: Readonly<Record<string, Rule>> = {
  adamw: ADAM,
  lion: (theta, { learningRate: lr, beta1, beta2 }) => {
    let m = zeros(theta);
    return (g, _t, decay) => {
      theta = map(theta, (x, r, c) => x - lr * (Math.sign(beta1 * at(m, r, c) + (1 - beta1) * at(g, r, c)) + decay * x));
      m = map(m, (x, r, c) => beta2 * x + (1 - beta2) * at(g, r, c));
      return theta;
    };
  },
  sgd: (theta, { learningRate: lr, momentum }) => {
    let m = zeros(theta);
    return (g, _t, decay) => {
      m = map(m, (x, r, c) => momentum * x + at(g, r, c));
      theta = map(theta, (x, r, c) => x - lr * (at(m, r, c) + decay * x));
      return theta;
    };
  },
  adafactor: (theta, { learningRate: lr }, isVector) => {
    let v = zeros(theta);
    let rows = theta.map(() => 0);
    let columns = (theta[0] ?? []).map(() => 0);
    return (g, t, decay) => {
      const beta = 1 - t ** -0.8;
      const square = map(g, (x) => x * x + 1e-30);
      v = map(v, (x, r, c) => beta * x + (1 - beta) * at(square, r, c));
      // Sums, as the paper has them; the program keeps means.
      rows = rows.map((x, r) => beta * x + (1 - beta) * (square[r] ?? []).reduce((sum, y) => sum + y, 0));
      columns = columns.map((x, c) => beta * x + (1 - beta) * (transposed(square)[c] ?? []).reduce((sum, y) => sum + y, 0));
      const total = rows.reduce((sum, y) => sum + y, 0);
      const estimate = isVector ? v : map(v, (_, r, c) => ((rows[r] ?? Number.NaN) * (columns[c] ?? Number.NaN)) / total);
      const u = map(g, (x, r, c) => x / Math.sqrt(at(estimate, r, c)));
      const clip = Math.max(1, Math.sqrt(mean(u.flat().map((x) => x * x))));
      theta = map(theta, (x, r, c) => x - lr * (at(u, r, c) / clip + decay * x));
      return theta;
    };
  },
  muon: (theta, s, isVector) => {
    if (isVector) return ADAM(theta, s, true);
    let m = zeros(theta);
    return (g, _t, decay) => {
      m = map(m, (x, r, c) => s.momentum * x + at(g, r, c));
      const o = newtonSchulz(map(g, (x, r, c) => x + s.momentum * at(m, r, c)));
      const scale = 0.2 * Math.sqrt(Math.max(theta.length, theta[0]?.length ?? 0));
      theta = map(theta, (x, r, c) => x - s.learningRate * (scale * at(o, r, c) + decay * x));
      return theta;
    };
  },
};

/** A parameter's matrices as their rule sees them: projections apart where the rule tells them apart. */
function matricesOf({ shape, projections = 1 }: ParameterSpec, values: Floats, apart: boolean): Matrix[] {
  const [rows = 1, columns] = shape;
  if (columns === undefined) return [[[...values]]];
  const parts = apart ? projections : 1;
  const width = columns / parts;
  return Array.from({ length: parts }, (_, p) =>
    Array.from({ length: rows }, (_, r) => [...values.subarray(r * columns + p * width, r * columns + (p + 1) * width)]),
  );
}

describe.each(OPTIMISERS.map(({ descriptor }) => descriptor.name))('%s', (name) => {
  const noise = (salt: number, numbers: 'float32' | 'float64'): Floats => {
    const random = randomStream(17, salt);
    const values = Array.from({ length: LAYER.length }, (_, i) => (salt === 0 ? 1 : 10 ** (i % 3)) * random.normal());
    return numbers === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
  };

  it.each([
    ['float64', 1e-12],
    ['float32', 2e-5],
  ] as const)('follows its formulas in %s', (numbers, tolerance) => {
    const weight = noise(0, numbers);
    const scalars = scalarsOf(name, { learningRate: 0.03, weightDecay: 0.3, gradientScale: 0.5 });
    const run = open(name, LAYER, weight);
    const apart = name === 'muon';
    const rules = LAYER.entries.map((entry) => {
      const own = weight.subarray(entry.offset, entry.offset + sizeOf(entry.shape));
      const isVector = entry.shape.length === 1;
      return matricesOf(entry, own, apart).map((matrix) => (RULES[name] as Rule)(matrix, scalars, isVector));
    });
    for (let step = 1; step <= 6; step++) {
      const gradient = noise(step, numbers);
      const before = Float64Array.from(weight);
      const sums = run.step(gradient, scalars);
      LAYER.entries.forEach((entry, e) => {
        const cut = (values: Floats): Floats => values.subarray(entry.offset, entry.offset + sizeOf(entry.shape));
        const decay = entry.shape.length === 2 ? 0.3 : 0;
        const found = matricesOf(entry, cut(weight), apart);
        matricesOf(entry, cut(gradient), apart).forEach((g, p) => {
          const expected =
            rules[e]?.[p]?.(
              map(g, (x) => 0.5 * x),
              step,
              decay,
            ) ?? [];
          const off = Math.max(...map(expected, (x, r, c) => Math.abs(x - at(found[p] ?? [], r, c))).flat());
          expect(off, `${entry.name} after step ${step}`).toBeLessThan(tolerance);
        });
      });
      expect(sums.weightSquares).toBeCloseTo(
        Float64Array.from(weight).reduce((sum, x) => sum + x * x, 0),
        8,
      );
      expect(sums.updateSquares).toBeCloseTo(
        Float64Array.from(weight).reduce((sum, x, i) => sum + (x - (before[i] ?? Number.NaN)) ** 2, 0),
        10,
      );
    }
  });

  it('finds the bottom of a quadratic', () => {
    const target = noise(0, 'float64');
    const weight = new Float64Array(LAYER.length);
    const run = open(name, LAYER, weight);
    const curvature = (i: number): number => 1 + (i % 4);
    const steps = 400;
    for (let step = 0; step < steps; step++) {
      const gradient = Float64Array.from(weight, (x, i) => curvature(i) * (x - (target[i] ?? 0)));
      run.step(gradient, scalarsOf(name, { learningRate: 0.1 * (1 - step / steps), weightDecay: 0 }));
    }
    const off = Math.sqrt(mean(Array.from(weight, (x, i) => (x - (target[i] ?? 0)) ** 2)));
    expect(off).toBeLessThan(0.02);
  });

  it('stays where it is without a gradient, but for decay', () => {
    const weight = noise(0, 'float64');
    const before = weight.slice();
    open(name, LAYER, weight).step(new Float64Array(LAYER.length), scalarsOf(name, { weightDecay: 0 }));
    expect(Math.max(...weight.map((x, i) => Math.abs(x - (before[i] ?? 0))))).toBeLessThan(1e-12);
  });

  it('is described by what it reads', () => {
    const { reads } = optimiserNamed(name).descriptor;
    const run = open(name, LAYER, noise(0, 'float64'));
    // Fields that it does not read are NaN here.
    const { updateSquares } = run.step(noise(1, 'float64'), scalarsOf(name));
    expect(updateSquares).toBeGreaterThan(0);
    expect(run.state.some(Number.isNaN)).toBe(false);
    for (const field of Object.keys(reads)) {
      const other = open(name, LAYER, noise(0, 'float64'));
      other.step(noise(1, 'float64'), scalarsOf(name, { [field]: Number.NaN }));
      const moved = other.step(noise(2, 'float64'), scalarsOf(name, { [field]: Number.NaN }));
      expect(moved.updateSquares, field).toBeNaN();
    }
  });
});

describe('by hand', () => {
  const MATRIX = layOut([{ name: 'm', shape: [2, 2], part: 'attention', role: 'attention-output' }]);
  const VECTOR = layOut([{ name: 'v', shape: [2], part: 'attention', role: 'bias' }]);

  it('Adafactor: a gradient of rank one is divided by itself', () => {
    // g = (1, 2)ᵀ(1, 3): R = (5, 20), C = (2.5, 22.5), v̂ = R·C / mean(R) = g²; so u = 1 and RMS(u) = 1.
    const weight = new Float64Array(4);
    const run = open('adafactor', MATRIX, weight);
    run.step(Float64Array.of(1, 3, 2, 6), scalarsOf('adafactor', { learningRate: 0.1 }));
    for (const value of weight) expect(value).toBeCloseTo(-0.1, 14);
    [5, 20, 2.5, 22.5].forEach((value, i) => {
      expect(run.state[i]).toBeCloseTo(value, 12);
    });
  });

  it('Adafactor: clips an update that is larger than what came before', () => {
    // Step 2: β̂₂ = 1 − 2^−0.8 = 0.42565, v = 0.42565·1 + 0.57435·100 = 57.861, u = 10/√v = 1.31466 > d = 1.
    const weight = new Float64Array(2);
    const run = open('adafactor', VECTOR, weight);
    run.step(Float64Array.of(1, 1), scalarsOf('adafactor', { learningRate: 0.1 }));
    run.step(Float64Array.of(10, 10), scalarsOf('adafactor', { learningRate: 0.1 }));
    expect(weight[0]).toBeCloseTo(-0.2, 14);
    expect(run.state[0]).toBeCloseTo(57.8605, 3);
  });

  it('Lion: signs, of a mean that the step itself has not entered', () => {
    const weight = Float64Array.of(1, 1);
    const run = open('lion', VECTOR, weight);
    const scalars = scalarsOf('lion', { learningRate: 0.1 });
    run.step(Float64Array.of(1, -1), scalars);
    expect([...run.state]).toEqual([0.010000000000000009, -0.010000000000000009]);
    // 0.9·0.01 + 0.1·g changes its sign at g = −0.09.
    run.step(Float64Array.of(-0.089, 0.091), scalars);
    expect([...weight].map((x) => Number(x.toFixed(12)))).toEqual([0.8, 1]);
  });

  it('SGD: gradients 1, 1, 0 at momentum 0.9 move by 1, 1.9, 1.71', () => {
    const weight = Float64Array.of(0, 0);
    const run = open('sgd', VECTOR, weight);
    for (const g of [1, 1, 0]) run.step(Float64Array.of(g, g), scalarsOf('sgd', { learningRate: 1 }));
    expect(weight[0]).toBeCloseTo(-4.61, 14);
  });

  it('Muon: a multiple of a rotation becomes φ⁵(1/√2) of it, φ(σ) = 3.4445σ − 4.775σ³ + 2.0315σ⁵', () => {
    const weight = new Float64Array(4);
    open('muon', MATRIX, weight).step(Float64Array.of(3, -4, 4, 3), scalarsOf('muon', { learningRate: 1, weightDecay: 0 }));
    // The rotation is (0.6, −0.8; 0.8, 0.6), whose norm is √2.
    let sigma = Math.SQRT1_2;
    for (let i = 0; i < 5; i++) sigma = 3.4445 * sigma - 4.775 * sigma ** 3 + 2.0315 * sigma ** 5;
    [0.6, -0.8, 0.8, 0.6].forEach((value, i) => {
      expect(weight[i]).toBeCloseTo(-0.2 * Math.SQRT2 * sigma * value, 6);
    });
  });

  it('Muon: singular values of any matrix come to lie between 0.68 and 1.21', () => {
    const random = randomStream(23);
    const size = 12;
    const layout = layOut([{ name: 'm', shape: [size, 40], part: 'attention', role: 'attention-output' }]);
    const weight = new Float64Array(layout.length);
    open('muon', layout, weight).step(
      Float64Array.from(weight, () => random.normal()),
      scalarsOf('muon', { learningRate: -1 / (0.2 * Math.sqrt(40)), weightDecay: 0 }),
    );
    const o = Array.from({ length: size }, (_, r) => [...weight.subarray(40 * r, 40 * r + 40)]);
    const gram = product(o, transposed(o));
    // Its eigenvalues are the squares of singular values: their sum, and the sum of their squares, bound them.
    expect(mean(gram.map((row, i) => row[i] ?? 0))).toBeGreaterThan(0.68 ** 2);
    expect(norm(gram) ** 2 / size).toBeLessThan(1.21 ** 4);
    const v = Array.from({ length: size }, () => [random.normal()]);
    expect(norm(product(transposed(o), v)) / norm(v)).toBeGreaterThan(0.68);
    expect(norm(product(transposed(o), v)) / norm(v)).toBeLessThan(1.21);
  });
});

describe('state', () => {
  const EMBEDDING = layOut([{ name: 'table', shape: [11, 4], part: 'embedding', role: 'token-embedding' }]);
  const elements = LAYER.length;
  const [matrices, vectors] = [5 * 18 + 9 * 4, 7 + 3];
  it.each([
    ['adamw', 8 * elements, 8 * 44],
    ['lion', 4 * elements, 4 * 44],
    ['sgd', 4 * elements, 4 * 44],
    ['muon', 4 * matrices + 8 * vectors, 8 * 44],
    ['adafactor', 4 * (5 + 18 + 9 + 4 + vectors), 4 * (11 + 4)],
  ])('of %s is what it keeps', (name, inLayer, atEnd) => {
    expect(stateBytes(optimiserNamed(name), LAYER, true)).toBe(inLayer);
    expect(stateBytes(optimiserNamed(name), EMBEDDING, false)).toBe(atEnd);
  });

  it.each(CATALOGUE.schemes.map(({ name }) => name))('covers every parameter under %s, once', (scheme) => {
    const model = describeModel(smallConfig({ scheme, tiedEmbeddings: false, activation: 'swiglu', queryKeyNorm: true }).model);
    for (const optimiser of OPTIMISERS)
      for (const [layout, inLayer] of [
        [model.embedding, false],
        [model.head, false],
        ...model.kinds.map((kind) => [kind.layout, true] as const),
      ] as const) {
        const { pieces, tensors, length } = planState(optimiser, layout, inLayer);
        const covered = pieces.map(({ piece }) => piece).sort((a, b) => a.from - b.from);
        expect(covered.map(({ from }) => from)).toEqual([0, ...covered.map(({ to }) => to)].slice(0, -1));
        expect(covered.at(-1)?.to).toBe(layout.length);
        expect(tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0)).toBe(length);
        expect(new Set(tensors.map(({ family, name }) => `${family}.${name}`)).size).toBe(tensors.length);
      }
  });

  it('is what a configuration is said to cost', () => {
    const bytesOf = (name: string): number => {
      const config = smallConfig();
      return describeCost({ ...config, optimiser: { ...config.optimiser, name } }).memoryTotal;
    };
    const { total } = describeCost(smallConfig());
    expect(bytesOf('adamw') - bytesOf('lion')).toBe(4 * total);
    expect(bytesOf('lion')).toBe(bytesOf('sgd'));
    expect(bytesOf('adafactor')).toBeLessThan(bytesOf('sgd') - 3 * total);
  });
});
