// How alike vectors of the stream are: tokens of a sequence among themselves, and a token before and after
// a layer. Without a matrix of pairs, and without the rounding that 1 − cosine would leave.

import { constant } from '../graph/constant';
import { matmul } from '../graph/contract';
import { add, divide, multiply, scale, sqrt, square, subtract } from '../graph/elementwise';
import { sum, total } from '../graph/reduce';
import { reshape } from '../graph/shape';
import type { Value } from '../graph/value';
import type { BatchShape } from './block';

/** Keeps 0/0 at 0; below anything else that float32 holds normally. */
const TINY = 1e-37;

const lengthSquares = (x: Value): Value => sum(square(x), [1], true);

/**
 * Sum over sequences of Σ over ordered pairs of different tokens s ≠ t of cos(x_s, x_t), in O(T·C): with unit
 * vectors u, ‖Σ u_t‖² − Σ ‖u_t‖². A zero vector counts as orthogonal to every other. @param x [B·T, C]
 */
export function pairCosines(x: Value, { batch: B, context: T }: BatchShape): Value {
  const C = x.type.shape[1] ?? 1;
  const squares = lengthSquares(x);
  const safe = add(squares, constant(TINY));
  const inverse = divide(constant(1), sqrt(safe));
  const sums = matmul(reshape(inverse, [B, 1, T]), reshape(x, [B, T, C]));
  return subtract(total(square(sums)), total(divide(squares, safe)));
}

/**
 * Sum over tokens of 1 − cos(a_t, b_t), as (‖b − a‖² − (‖b‖ − ‖a‖)²) / (2‖a‖‖b‖), which keeps its digits
 * where a and b hardly differ. @param a [B·T, C] @param b [B·T, C]
 */
export function turned(a: Value, b: Value): Value {
  const [before, after] = [sqrt(lengthSquares(a)), sqrt(lengthSquares(b))];
  const sideways = subtract(lengthSquares(subtract(b, a)), square(subtract(after, before)));
  return total(divide(sideways, add(scale(multiply(before, after), 2), constant(TINY))));
}
