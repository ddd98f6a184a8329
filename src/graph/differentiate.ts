// Reverse-mode differentiation: the vector–Jacobian product of any program, and its split into a
// forward and a backward program by what is kept in between. The split is a policy, not a property of
// a model: keeping nothing recomputes the block inside backward, keeping everything recomputes nothing.

import { add } from './elementwise';
import { prefixed } from './prefixed';
import { numberOf } from './primitive';
import { primitiveNamed } from './primitives';
import { replaceValues } from './rewrite';
import { concat } from './shape';
import { simplify } from './simplify';
import { input, type Program, reachable, type Value } from './value';

/**
 * Cotangents flowing back from `outputs`.
 * @param cotangents one per output, of its type.
 * @returns a look-up: the cotangent of any float value, or undefined where none of the outputs depends on it.
 */
export function cotangentsOf(outputs: readonly Value[], cotangents: readonly Value[]): (value: Value) => Value | undefined {
  const parts = new Map<number, Value[]>();
  const give = (value: Value, cotangent: Value): void => {
    const list = parts.get(value.id);
    if (list) list.push(cotangent);
    else parts.set(value.id, [cotangent]);
  };
  outputs.forEach((value, i) => {
    const cotangent = cotangents[i];
    if (!cotangent || cotangent.type.shape.join() !== value.type.shape.join())
      throw new TypeError(`the cotangent of output ${i} must have shape [${value.type.shape.join(', ')}]`);
    give(value, cotangent);
  });
  const done = new Map<number, Value>();
  for (const value of reachable(outputs).reverse()) {
    const list = parts.get(value.id);
    if (!list) continue;
    const cotangent = gathered(list);
    done.set(value.id, cotangent);
    if (value.primitive === 'input') continue;
    primitiveNamed(value.primitive)
      .gradient(value, cotangent)
      .forEach((part, i) => {
        const source = value.inputs[i];
        if (part && source && source.primitive !== 'constant') give(source, part);
      });
  }
  return (value) => done.get(value.id);
}

/** The sum of cotangents; pieces placed side by side along one axis are concatenated rather than added. */
function gathered(parts: readonly Value[]): Value {
  const [first] = parts;
  if (first?.primitive === 'place' && parts.every((part) => part.primitive === 'place' && part.attributes.axis === first.attributes.axis)) {
    const axis = numberOf(first.attributes, 'axis');
    const sorted = [...parts].sort((a, b) => numberOf(a.attributes, 'at') - numberOf(b.attributes, 'at'));
    const pieces = sorted.map((part) => part.inputs[0] as Value);
    let end = 0;
    const adjacent = sorted.every((part, i) => {
      const fits = numberOf(part.attributes, 'at') === end;
      end += pieces[i]?.type.shape[axis] ?? 0;
      return fits;
    });
    if (adjacent && end === first.type.shape[axis]) return pieces.length === 1 ? (pieces[0] as Value) : concat(pieces, axis);
  }
  return parts.reduce(add);
}

/**
 * Gradients of Σ output·cotangent.
 * @returns one value per `wrt`, of its shape; undefined where no output depends on it.
 */
export function vjp(outputs: readonly Value[], cotangents: readonly Value[], wrt: readonly Value[]): (Value | undefined)[] {
  return wrt.map(cotangentsOf(outputs, cotangents));
}

/** What backward gets from forward: nothing (recompute all), everything it asks for, or the program's values chosen. */
export type SavedPolicy = 'nothing' | 'everything' | readonly Value[];

export interface DerivativeOptions {
  /** Inputs to differentiate by. */
  readonly wrt: readonly string[];
  /** Outputs that receive a cotangent, as backward input `seed.<output>`. */
  readonly seeds: readonly string[];
  readonly saved: SavedPolicy;
  /** Further backward outputs, built from cotangents of values of the program. */
  readonly observe?: (cotangentOf: (value: Value) => Value | undefined) => Readonly<Record<string, Value>>;
}

export interface Derivative {
  /** The program, with `saved.<n>` outputs beside its own. */
  readonly forward: Program;
  /** From the program's inputs (or what was saved) and `seed.<output>` to `d.<input>` and what is observed. */
  readonly backward: Program;
  /** Names of the saved tensors, outputs of one and inputs of the other. */
  readonly saved: readonly string[];
}

/** Cheap to make again from what it is made of: not worth memory. */
const FREE = new Set(['reshape', 'broadcast', 'negate']);

/** Forward and backward programs of one description, split by a saved policy. Both are simplified. */
export function differentiate(program: Program, options: DerivativeOptions): Derivative {
  const output = (name: string): Value => {
    const value = program.outputs[name];
    if (!value) throw new Error(`program ${program.name} has no output '${name}'`);
    return value;
  };
  const seeds = options.seeds.map((name) => input(`seed.${name}`, output(name).type.shape));
  const cotangentOf = cotangentsOf(options.seeds.map(output), seeds);
  const results: Record<string, Value> = {};
  for (const name of options.wrt) {
    const source = program.inputs[name];
    const gradient = source && cotangentOf(source);
    if (!gradient) throw new Error(`program ${program.name}: nothing that is seeded depends on input '${name}'`);
    results[`d.${name}`] = gradient;
  }
  Object.assign(results, options.observe?.(cotangentOf));

  const seedInputs = Object.fromEntries(options.seeds.map((name, i) => [`seed.${name}`, seeds[i] as Value]));
  const joint = simplify({
    name: `${program.name}.joint`,
    inputs: { ...program.inputs, ...seedInputs },
    outputs: { ...prefixed('forward:', program.outputs), ...prefixed('backward:', results), ...chosen(options.saved) },
  });
  const forward = stripped('forward:', joint.outputs);
  const backward = stripped('backward:', joint.outputs);
  const saved =
    options.saved === 'everything' ? frontier(forward, backward) : useful(Object.values(stripped('chosen:', joint.outputs)), backward);
  const names = saved.map((_, i) => `saved.${i}`);
  const stand = new Map(saved.map((value, i) => [value, input(`saved.${i}`, value.type.shape, value.type.dtype)]));
  const replaced = replaceValues(backward, stand);
  return {
    forward: prune({
      name: program.name,
      inputs: joint.inputs,
      outputs: { ...forward, ...Object.fromEntries(saved.map((value, i) => [`saved.${i}`, value])) },
    }),
    backward: prune({
      name: `${program.name}.backward`,
      inputs: { ...joint.inputs, ...Object.fromEntries([...stand.values()].map((value, i) => [`saved.${i}`, value])) },
      outputs: replaced,
    }),
    saved: names,
  };
}

/** Chosen values go through simplification under a name, which tells what became of them. */
function chosen(policy: SavedPolicy): Record<string, Value> {
  return typeof policy === 'string' ? {} : Object.fromEntries(policy.map((value, i) => [`chosen:${i}`, value]));
}

const isLeaf = (value: Value): boolean => value.primitive === 'input' || value.primitive === 'constant';

/** Of the values, each once, those that backward asks for even when all of them are given to it. */
function useful(values: readonly Value[], backward: Readonly<Record<string, Value>>): Value[] {
  const candidates = new Map(values.filter((value) => !isLeaf(value)).map((value) => [value.id, value]));
  const asked = new Set<number>();
  const seen = new Set<number>();
  const stack = Object.values(backward);
  for (let value = stack.pop(); value; value = stack.pop()) {
    if (seen.has(value.id)) continue;
    seen.add(value.id);
    if (candidates.has(value.id)) asked.add(value.id);
    else stack.push(...value.inputs);
  }
  return [...candidates.values()].filter((value) => asked.has(value.id)).sort((a, b) => a.id - b.id);
}

/** The values that backward takes from the forward computation, or what those are made of where that is free. */
function frontier(forward: Readonly<Record<string, Value>>, backward: Readonly<Record<string, Value>>): Value[] {
  const computed = new Set(reachable(Object.values(forward)).map((value) => value.id));
  const found = new Map<number, Value>();
  const keep = (value: Value): void => {
    if (isLeaf(value)) return;
    if (FREE.has(value.primitive)) value.inputs.forEach(keep);
    else found.set(value.id, value);
  };
  for (const value of reachable(Object.values(backward))) {
    if (!computed.has(value.id)) for (const source of value.inputs) if (computed.has(source.id)) keep(source);
  }
  return [...found.values()].sort((a, b) => a.id - b.id);
}

/** The program with only the inputs that its outputs need. */
export function prune(program: Program): Program {
  const needed = new Set(reachable(Object.values(program.outputs)).map((value) => value.id));
  return { ...program, inputs: Object.fromEntries(Object.entries(program.inputs).filter(([, value]) => needed.has(value.id))) };
}

function stripped(prefix: string, values: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}
