// What every engine checks before it runs a program, so that a mistake reads the same everywhere.

import { formatType, type Program, reachable, type TensorType, type Value } from '../graph/value';
import type { Tensor } from './engine';

/** An input that at least one output needs, under the name by which the program's runner supplies it. */
export interface UsedInput {
  readonly name: string;
  readonly value: Value;
}

/**
 * The inputs that outputs need, in the program's order.
 * @throws Error where an output needs an input that the program does not declare.
 */
export function usedInputs(program: Program): UsedInput[] {
  const needed = new Map(
    reachable(Object.values(program.outputs))
      .filter((value) => value.primitive === 'input')
      .map((value) => [value.id, value]),
  );
  const used: UsedInput[] = [];
  for (const [name, value] of Object.entries(program.inputs)) if (needed.delete(value.id)) used.push({ name, value });
  for (const value of needed.values())
    throw new Error(`program '${program.name}' needs input '${String(value.attributes.name)}' but does not declare it`);
  return used;
}

export function sameType(a: TensorType, b: TensorType): boolean {
  return a.dtype === b.dtype && a.shape.length === b.shape.length && a.shape.every((extent, axis) => extent === b.shape[axis]);
}

/** @throws Error that names program and input where one is missing or of another type. */
export function checkInputs(program: Program, used: readonly UsedInput[], inputs: Readonly<Record<string, Tensor>>): void {
  for (const { name, value } of used) {
    const tensor = inputs[name];
    if (!tensor) throw new Error(`program '${program.name}': input '${name}' (${formatType(value.type)}) is missing`);
    if (!sameType(tensor, value.type))
      throw new Error(`program '${program.name}': input '${name}' is ${formatType(tensor)}, not ${formatType(value.type)}`);
  }
}

/** @throws Error that names program and output where `into` has a tensor of no output or of another type. */
export function checkInto(program: Program, into: Readonly<Record<string, Tensor>>): void {
  for (const [name, tensor] of Object.entries(into)) {
    const value = program.outputs[name];
    if (!value) throw new Error(`program '${program.name}' has no output '${name}' to write into a tensor`);
    if (!sameType(tensor, value.type))
      throw new Error(`program '${program.name}': output '${name}' is ${formatType(value.type)}, its tensor ${formatType(tensor)}`);
  }
}
