// Adafactor: Adam's second moment of a matrix from the means of its rows and columns alone.

import type { LayoutEntry } from '../layout';
import { entriesIn, type Floats, type Optimiser, type Piece, regionOf, type Step, type StepScalars, type UpdateSums } from './optimiser';

/** ε₁: keeps the second moment of what never had a gradient above 0. */
const EPSILON = 1e-30;
/** d: largest root mean square of an update before the learning rate. */
const LARGEST = 1;
/** β̂₂ₜ = 1 − t^−0.8. */
const FORGETTING = -0.8;

/**
 * arXiv 1804.04235 algorithm 4 with the learning rate given (no relative step size) and no first moment:
 * R ← β̂₂R + (1 − β̂₂)·row means of (g² + ε₁), C likewise of columns, v̂ = R·C / mean(R),
 * u = g/√v̂, θ ← θ − lr·u/max(1, RMS(u)/d) − lr·λ·θ.
 */
function matrixStep(rows: number, columns: number): Step {
  return (weight, gradient, [rowMeans, columnMeans], scalars) => {
    const [ofRows, ofColumns] = [rowMeans as Floats, columnMeans as Floats];
    const rest = scalars.step ** FORGETTING;
    const scale = scalars.gradientScale;
    for (let c = 0; c < columns; c++) ofColumns[c] = (1 - rest) * (ofColumns[c] as number);
    // Columns are added up in float64: a long sum of small squares would lose its end in float32.
    const columnSums = new Float64Array(columns);
    let meanOfRows = 0;
    for (let r = 0; r < rows; r++) {
      let sum = 0;
      for (let c = 0; c < columns; c++) {
        const g = (gradient[r * columns + c] as number) * scale;
        const square = g * g + EPSILON;
        sum += square;
        columnSums[c] = (columnSums[c] as number) + square;
      }
      ofRows[r] = (1 - rest) * (ofRows[r] as number) + (rest * sum) / columns;
      meanOfRows += (ofRows[r] as number) / rows;
    }
    const inverseColumns = new Float64Array(columns);
    for (let c = 0; c < columns; c++) {
      ofColumns[c] = (ofColumns[c] as number) + (rest * (columnSums[c] as number)) / rows;
      inverseColumns[c] = 1 / Math.sqrt(ofColumns[c] as number);
    }
    const direction = new Float64Array(weight.length);
    for (let r = 0; r < rows; r++) {
      const inverseRow = scale * Math.sqrt(meanOfRows / (ofRows[r] as number));
      for (let i = r * columns, c = 0; c < columns; i++, c++)
        direction[i] = (gradient[i] as number) * inverseRow * (inverseColumns[c] as number);
    }
    return move(weight, direction, scalars);
  };
}

/** Of a vector the second moment is kept whole. */
const vectorStep: Step = (weight, gradient, [second], scalars) => {
  const v = second as Floats;
  const rest = scalars.step ** FORGETTING;
  const direction = new Float64Array(weight.length);
  for (let i = 0; i < weight.length; i++) {
    const g = (gradient[i] as number) * scalars.gradientScale;
    v[i] = (1 - rest) * (v[i] as number) + rest * (g * g + EPSILON);
    direction[i] = g / Math.sqrt(v[i] as number);
  }
  return move(weight, direction, scalars);
};

function move(weight: Floats, direction: Float64Array, { learningRate, weightDecay }: StepScalars): UpdateSums {
  let squares = 0;
  for (let i = 0; i < direction.length; i++) squares += (direction[i] as number) ** 2;
  const clipped = learningRate / Math.max(1, Math.sqrt(squares / direction.length) / LARGEST);
  const keep = 1 - learningRate * weightDecay;
  let weightSquares = 0;
  let updateSquares = 0;
  for (let i = 0; i < weight.length; i++) {
    const before = weight[i] as number;
    weight[i] = keep * before - clipped * (direction[i] as number);
    const after = weight[i] as number;
    const update = after - before;
    weightSquares += after * after;
    updateSquares += update * update;
  }
  return { weightSquares, updateSquares };
}

function factorised({ name, shape }: LayoutEntry): Pick<Piece, 'state' | 'step'> {
  const [rows = 1, columns] = shape;
  if (columns === undefined) return { state: [{ family: 'second', tensors: [{ name, shape }] }], step: vectorStep };
  const family = (kind: string, length: number) => ({ family: kind, tensors: [{ name, shape: [length] }] });
  return { state: [family('row', rows), family('column', columns)], step: matrixStep(rows, columns) };
}

export const ADAFACTOR: Optimiser = {
  descriptor: {
    name: 'adafactor',
    title: 'Adafactor',
    documentation:
      'Adam’s second moment from the means of a matrix’s rows and columns, no first moment, and updates clipped to a root mean square of 1. Keeps next to nothing.',
    formula: 'v̂ = R·C / mean(R) from row and column means of g² with β₂ = 1 − t^−0.8; u = g/√v̂; θ ← θ − lr·u/max(1, RMS(u)) − lr·λ·θ',
    source: 'arXiv 1804.04235, with the learning rate given (relative step off)',
    reads: { learningRate: 1e-3, weightDecay: 0.1 },
  },
  pieces: (layout) =>
    layout.regions.flatMap((region) => entriesIn(layout, region).map((entry) => ({ ...regionOf(region, entry), ...factorised(entry) }))),
};
