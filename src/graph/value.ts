// A tensor program is data: values that name the primitive and the values they come from. Nothing is
// computed here; engines lower the same values to whatever they run.
//
// Letters used for shapes everywhere: B batch, T context, C hidden, H heads, L layers, V vocabulary.

/** `half` is a float kept in 16 bits: nothing computes with it, programs only take and give it. */
export type DType = 'float' | 'half' | 'int' | 'bool';

export interface TensorType {
  /** `float` is an engine's own precision (float32 on devices, float64 on the reference engine). */
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export type AttributeValue = number | boolean | string | readonly number[] | Float64Array;
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** One tensor of a program. Immutable; shared freely; ids grow, so a value's inputs have smaller ids. */
export interface Value {
  readonly id: number;
  /** Name of a primitive, or `input`. */
  readonly primitive: string;
  readonly inputs: readonly Value[];
  readonly attributes: Attributes;
  readonly type: TensorType;
}

/** Named tensors in, named tensors out. What no output needs is not part of it. */
export interface Program {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Value>>;
  readonly outputs: Readonly<Record<string, Value>>;
}

/** Name of an output that is only looked at: whether it is asked for must not change how the others are computed. */
export const OBSERVED = 'statistics';

let nextId = 0;

/** Only primitives and `input` call this; everyone else calls them. */
export function makeValue(primitive: string, inputs: readonly Value[], attributes: Attributes, type: TensorType): Value {
  return { id: nextId++, primitive, inputs, attributes, type };
}

/** A tensor that whoever runs the program supplies under `name`. */
export function input(name: string, shape: readonly number[], dtype: DType = 'float'): Value {
  return makeValue('input', [], { name }, { dtype, shape });
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

export function formatType(type: TensorType): string {
  return `${type.dtype}[${type.shape.join(', ')}]`;
}

/**
 * Every value that `outputs` need, inputs before users.
 * @returns values in increasing id, each once.
 */
export function reachable(outputs: readonly Value[]): Value[] {
  const seen = new Map<number, Value>();
  const stack = [...outputs];
  for (let value = stack.pop(); value; value = stack.pop()) {
    if (seen.has(value.id)) continue;
    seen.set(value.id, value);
    stack.push(...value.inputs);
  }
  return [...seen.values()].sort((a, b) => a.id - b.id);
}
