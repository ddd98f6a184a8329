// Transpositions that need no copy once they are done piece by piece. A block with one attention head
// stacks query, key and value, transposes the stack and takes it apart again; each piece alone only moves
// axes of extent 1, which is a reshape.

import { numberList, numberOf } from '../graph/primitive';
import { rewrite } from '../graph/rewrite';
import { concat, reshape, slice } from '../graph/shape';
import type { Program, Value } from '../graph/value';

export function splitTranspositions(program: Program): Program {
  return { ...program, outputs: rewrite(program.outputs, (value) => sliceFirst(value) ?? concatLast(value) ?? value) };
}

/** Whether putting the axes of a shape in this order leaves its elements where they are. */
export function keepsOrder(shape: readonly number[], order: readonly number[]): boolean {
  const moving = order.filter((axis) => shape[axis] !== 1);
  return moving.every((axis, i) => i === 0 || axis > (moving[i - 1] as number));
}

/** A slice of a transposed value, as a slice that is then only reshaped. */
function sliceFirst(value: Value): Value | undefined {
  const [source] = value.inputs;
  const x = source?.inputs[0];
  if (value.primitive !== 'slice' || source?.primitive !== 'transpose' || !x) return undefined;
  const order = numberList(source.attributes, 'order');
  const axis = order[numberOf(value.attributes, 'axis')] as number;
  const piece = slice(x, axis, numberOf(value.attributes, 'from'), numberOf(value.attributes, 'to'));
  return keepsOrder(piece.type.shape, order) ? reshape(piece, value.type.shape) : undefined;
}

/** A transposed concatenation, as the concatenation of pieces that are only reshaped. */
function concatLast(value: Value): Value | undefined {
  const [source] = value.inputs;
  if (value.primitive !== 'transpose' || source?.primitive !== 'concat') return undefined;
  const order = numberList(value.attributes, 'order');
  if (!source.inputs.every((part) => keepsOrder(part.type.shape, order))) return undefined;
  const parts = source.inputs.map((part) =>
    reshape(
      part,
      order.map((axis) => part.type.shape[axis] as number),
    ),
  );
  return concat(parts, order.indexOf(numberOf(source.attributes, 'axis')));
}
