// Values that are only moved (query, key and value taken apart into heads, their gradients put together again) as one
// copy: an engine's operators for it pass over them two or three times. How a transposition, a slice and what else there
// is move elements is not written here again: what they mean is applied to the numbers of the elements, once.

import { type Dense, numberList, numberOf } from '../../graph/primitive';
import { primitiveNamed } from '../../graph/primitives';
import { type Program, reachable, sizeOf, type Value } from '../../graph/value';
import { type Code, get, type LoopFunction, load, loadWhole, loop, plus, set, store, storeWhole, constant as whole } from './assembler';

const MOVING = new Set(['reshape', 'transpose', 'slice', 'concat']);

export const isMove = ({ primitive, type }: Value): boolean => MOVING.has(primitive) && type.dtype === 'float';

/** Whether elements end up in another order than they had. */
export const isReordered = ({ primitive }: Value): boolean => primitive !== 'reshape';

const VECTOR = 4;
/** Elements that are copied without looking at the table again. */
const MOST = 64;

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/** How many neighbours of each value at least stay neighbours on the way from what is not only moved, from a multiple of them on. */
export function grains(values: readonly Value[]): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  const grainOf = (value: Value): number => found.get(value.id) ?? sizeOf(value.type.shape);
  const within = ({ type }: Value, axis: number): number => sizeOf(type.shape.slice(axis));
  for (const value of values) {
    const { primitive, inputs, attributes } = value;
    const [source] = inputs;
    if (!isMove(value) || !source) continue;
    const grain = inputs.map(grainOf).reduce(divisor);
    const axis = primitive === 'slice' || primitive === 'concat' ? numberOf(attributes, 'axis') : 0;
    const inner = within(source, axis + 1);
    if (primitive === 'transpose') found.set(value.id, divisor(grain, within(source, 1 + lastMoved(numberList(attributes, 'order')))));
    else if (primitive === 'slice')
      found.set(value.id, [within(source, axis), numberOf(attributes, 'from') * inner, within(value, axis)].reduce(divisor, grain));
    else if (primitive === 'concat') found.set(value.id, inputs.map((part) => within(part, axis)).reduce(divisor, grain));
    else found.set(value.id, grain);
  }
  return found;
}

/** The last axis that is not where it was; -1 where all are. */
const lastMoved = (order: readonly number[]): number => order.reduce((last, axis, i) => (axis === i ? last : i), -1);

/** Whether the copy of a value with this grain goes by whole vectors. */
export const isOfVectors = (grain: number | undefined): boolean => grain !== undefined && grain % VECTOR === 0;

export interface Moves {
  /** Takes the address of each input, each output and of the table. */
  readonly code: LoopFunction;
  /** Names, in the order of addresses. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** From where and to where, in bytes, piece by piece. */
  readonly table: Int32Array;
}

/** @param program all of whose values are moves: of whole vectors, or of few elements. */
export function movesOf(program: Program): Moves {
  const values = reachable(Object.values(program.outputs));
  const inputs = values.filter(({ primitive }) => primitive === 'input');
  const outputs = Object.values(program.outputs);
  const { starts, numbered } = numberedElements(values, inputs);
  const grain = grains(values);
  const table: number[] = [];
  const body: Code[] = [];
  const [end, at, from, to] = [1, 2, 3, 4].map((i) => inputs.length + outputs.length + i) as [number, number, number, number];
  const tableAddress = get(inputs.length + outputs.length);
  outputs.forEach((output, o) => {
    const { data } = numbered.get(output.id) as Dense;
    const piece = pieceOf(grain.get(output.id) ?? sizeOf(output.type.shape));
    inputs.forEach((input, i) => {
      const [first, behind] = [starts[i] as number, (starts[i] as number) + sizeOf(input.type.shape)];
      const begin = 4 * table.length;
      for (let k = 0; k < data.length; k += piece) {
        const source = data[k] as number;
        if (source >= first && source < behind) table.push(4 * (source - first), 4 * k);
      }
      if (4 * table.length === begin) return;
      const copies =
        piece % VECTOR === 0
          ? Array.from({ length: piece / VECTOR }, (_, v) => store(get(to), load(get(from), 16 * v), 16 * v))
          : [storeWhole(get(to), loadWhole(get(from), 0))];
      body.push(
        set(at, plus(tableAddress, whole(begin))),
        set(end, plus(tableAddress, whole(4 * table.length))),
        loop(
          at,
          get(end),
          set(from, plus(get(i), loadWhole(get(at), 0))),
          set(to, plus(get(inputs.length + o), loadWhole(get(at), 4))),
          ...copies,
          set(at, plus(get(at), whole(8))),
        ),
      );
    });
  });
  return {
    code: {
      name: 'run',
      parameters: new Array(inputs.length + outputs.length + 1).fill('i32'),
      locals: new Array(4).fill('i32'),
      results: [],
      body: body.flat(),
    },
    inputs: inputs.map(({ attributes }) => String(attributes.name)),
    outputs: Object.keys(program.outputs),
    table: Int32Array.from(table),
  };
}

/** All elements of the inputs numbered through, from each one's start on, and where they end up in every value. */
function numberedElements(values: readonly Value[], inputs: readonly Value[]) {
  const starts: number[] = [];
  const numbered = new Map<number, Dense>();
  let next = 0;
  for (const { id, type } of inputs) {
    const start = next;
    starts.push(start);
    numbered.set(id, { shape: type.shape, data: Float64Array.from({ length: sizeOf(type.shape) }, (_, i) => start + i) });
    next += sizeOf(type.shape);
  }
  for (const { id, primitive, inputs: operands, attributes, type } of values) {
    if (numbered.has(id)) continue;
    const data = primitiveNamed(primitive).evaluate(
      operands.map((operand) => numbered.get(operand.id) as Dense),
      attributes,
      type,
    );
    numbered.set(id, { shape: type.shape, data });
  }
  return { starts, numbered };
}

/** The largest part of a grain that is a number of vectors and not too many; a single element where none is. */
function pieceOf(grain: number): number {
  for (let piece = MOST; piece > 0; piece -= VECTOR) if (grain % piece === 0) return piece;
  return 1;
}
