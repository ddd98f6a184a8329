// Muon: momentum of a matrix, orthogonalised, so that no direction of its input is favoured; AdamW for
// everything that is not a matrix inside a layer.

import type { LayoutEntry, Region } from '../layout';
import { ADAMW_STATE, adamwStep } from './adamw';
import { elementwisePiece, entriesIn, type Floats, type Optimiser, type Piece, regionOf, type Step } from './optimiser';
import { orthogonalise, workspace } from './orthogonalise';

/** Makes an update's root mean square about AdamW's, whose learning rate and decay then fit (arXiv 2502.16982). */
const SCALE = 0.2;

/**
 * M ← μM + g; O = orthogonalised (g + μM), each projection for itself; θ ← θ − lr·0.2·√max(rows, columns)·O − lr·λ·θ.
 * @param projections that lie side by side in the columns.
 */
function muonStep(rows: number, columns: number, projections: number): Step {
  const width = columns / projections;
  // Products are of the shorter side with itself: a tall matrix is orthogonalised lying on its side.
  const [short, long] = [Math.min(rows, width), Math.max(rows, width)];
  const [strideOfRow, strideOfColumn] = rows <= width ? [width, 1] : [1, rows];
  return (weight, gradient, [momentum], { learningRate, gradientScale, weightDecay, momentum: mu }) => {
    const sum = momentum as Floats;
    const keep = 1 - learningRate * weightDecay;
    const stepSize = learningRate * SCALE * Math.sqrt(long);
    let weightSquares = 0;
    let updateSquares = 0;
    for (let projection = 0; projection < projections; projection++) {
      const room = workspace(short, long);
      for (let r = 0; r < rows; r++) {
        for (let c = 0, i = r * columns + projection * width; c < width; c++, i++) {
          const g = (gradient[i] as number) * gradientScale;
          sum[i] = mu * (sum[i] as number) + g;
          room.x[r * strideOfRow + c * strideOfColumn] = g + mu * (sum[i] as number);
        }
      }
      const direction = orthogonalise(room);
      for (let r = 0; r < rows; r++) {
        for (let c = 0, i = r * columns + projection * width; c < width; c++, i++) {
          const before = weight[i] as number;
          weight[i] = keep * before - stepSize * (direction[r * strideOfRow + c * strideOfColumn] as number);
          const after = weight[i] as number;
          const update = after - before;
          weightSquares += after * after;
          updateSquares += update * update;
        }
      }
    }
    return { weightSquares, updateSquares };
  };
}

function matrixPiece(region: Region, entry: LayoutEntry): Piece {
  const [rows = 1, columns = 1] = entry.shape;
  const state = [{ family: 'momentum', tensors: [{ name: entry.name, shape: entry.shape }] }];
  return { ...regionOf(region, entry), state, step: muonStep(rows, columns, entry.projections ?? 1) };
}

export const MUON: Optimiser = {
  descriptor: {
    name: 'muon',
    title: 'Muon',
    documentation:
      'Momentum of each matrix inside the layers, orthogonalised, so that all directions move alike; AdamW (β₁, β₂, ε) for embedding, head and vectors. AdamW’s learning rate and decay fit. Keeps one number for every element of those matrices. Orthogonalising takes longer than the rest of a step where layers are wide or batches small.',
    formula: 'M ← μM + g; θ ← θ − lr·0.2·√max(rows, columns)·NewtonSchulz₅(g + μM) − lr·λ·θ',
    source: 'kellerjordan.github.io/posts/muon; scale of arXiv 2502.16982',
    reads: { learningRate: 1e-3, momentum: 0.95, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1 },
  },
  pieces: (layout, inLayer) =>
    layout.regions.flatMap((region) =>
      inLayer && region.decay
        ? entriesIn(layout, region).map((entry) => matrixPiece(region, entry))
        : [elementwisePiece(layout, region, ADAMW_STATE, adamwStep)],
    ),
};
