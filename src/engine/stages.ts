// Divides a program between an engine that runs one operator at a time and loops of our own (kernels/rowLoop.ts). What
// lies between two products (a norm's gradient, an activation's) is a dozen operators to the one, each of which reads
// and writes memory, and a single pass to the other. A divided program is a series of stages: parts for the engine,
// which want to be few, and loops between them.

import { constantNumber } from '../graph/constant';
import { replaceValues } from '../graph/rewrite';
import { input, OBSERVED, type Program, reachable, type Value } from '../graph/value';
import { Division, grouped, MOVES } from './division';

/** Inputs and outputs of stages are named so that each name is one tensor: of the program, or between stages. */
export type Stage =
  | { readonly by: 'engine'; readonly program: Program }
  | { readonly by: 'moves'; readonly program: Program }
  | {
      readonly by: 'loop';
      readonly program: Program;
      readonly space: readonly number[];
      readonly constants: Readonly<Record<string, Value>>;
    };

export const inputSlot = (name: string): string => `input ${name}`;
export const outputSlot = (name: string): string => `output ${name}`;
/** Whether whoever runs the program says what lies there. */
export const isOutside = (slot: string): boolean => slot.startsWith('input ') || slot.startsWith('output ');

/**
 * Elements that operators need not pass over for each loop, from which it is worth a part more for the engine: some
 * eight microseconds.
 */
export const WORTH = 35_000;

/**
 * The program in stages, in the order in which they run: a single one where the engine does best alone.
 * @param worth what a loop must spare at least.
 */
export function stagesOf(program: Program, worth = WORTH): readonly Stage[] {
  const { [OBSERVED]: observed, ...others } = program.outputs;
  const main = new Division(others);
  main.drop(worth);
  const division = observed ? new Division(program.outputs, main) : main;
  if (observed) {
    division.drop(worth);
    division.pack(observed);
  }
  return division.spaces.size === 0 ? [whole(program)] : new Cutter(program, division).stages();
}

function whole({ name, inputs, outputs }: Program): Stage {
  const renamed = (values: Readonly<Record<string, Value>>, slot: (name: string) => string): Record<string, Value> =>
    Object.fromEntries(Object.entries(values).map(([each, value]) => [slot(each), value]));
  return { by: 'engine', program: { name, inputs: renamed(inputs, inputSlot), outputs: renamed(outputs, outputSlot) } };
}

/** Writes the stages: each computes what belongs to its time, from the program's inputs and what earlier stages made. */
class Cutter {
  private readonly slots = new Map<number, string>();
  private readonly stands = new Map<number, Value>();

  constructor(
    private readonly program: Program,
    private readonly division: Division,
  ) {
    for (const [name, value] of Object.entries(program.inputs)) this.slots.set(value.id, inputSlot(name));
    for (const value of division.values) this.slots.set(value.id, `value ${value.id}`);
    // What is a result of the whole is written where that is wanted.
    for (const [name, value] of Object.entries(program.outputs))
      if (this.timeOf(value) !== undefined) this.slots.set(value.id, outputSlot(name));
  }

  stages(): Stage[] {
    const groups = grouped(this.division.values, (value) => `${this.timeOf(value)} ${this.division.spaces.get(value.id) ?? ''}`);
    const inOrder = [...groups.values()].sort(([a], [b]) => (this.timeOf(a as Value) as number) - (this.timeOf(b as Value) as number));
    const copies = Object.entries(this.program.outputs).filter(([name, value]) => this.slots.get(value.id) !== outputSlot(name));
    const stages = inOrder.map((members) => this.stage(members));
    if (copies.length === 0) return stages;
    // A result that is an input or another result too.
    const outputs = Object.fromEntries(
      copies.map(([name, value]) => [outputSlot(name), value.primitive === 'constant' ? value : this.stand(value)]),
    );
    return [...stages, { by: 'engine', program: this.named(outputs) }];
  }

  private timeOf({ id }: Value): number | undefined {
    return this.division.times.get(id);
  }

  /** What stands for a value that an earlier stage makes, or whoever runs the program. */
  private stand(value: Value): Value {
    const stand = this.stands.get(value.id) ?? input(this.slots.get(value.id) as string, value.type.shape, value.type.dtype);
    this.stands.set(value.id, stand);
    return stand;
  }

  private stage(members: readonly Value[]): Stage {
    const own = new Set(members.map(({ id }) => id));
    const results = new Set(Object.values(this.program.outputs).map(({ id }) => id));
    const wanted = members.filter((value) => results.has(value.id) || this.division.around.users(value).some(({ id }) => !own.has(id)));
    const space = this.division.spaces.get(members[0]?.id ?? -1);
    const stands = new Map<Value, Value>();
    const constants: Record<string, Value> = {};
    for (const used of members.flatMap(({ inputs }) => inputs)) {
      if (own.has(used.id) || stands.has(used)) continue;
      if (used.primitive !== 'constant') stands.set(used, this.stand(used));
      else if (space && constantNumber(used) === undefined) {
        const name = `constant ${used.id}`;
        constants[name] = used;
        stands.set(used, input(name, used.type.shape));
      }
    }
    const outputs = replaceValues(Object.fromEntries(wanted.map((value) => [this.slots.get(value.id) as string, value])), stands);
    const program = this.named(outputs);
    if (space === MOVES) return { by: 'moves', program };
    return space ? { by: 'loop', program, space, constants } : { by: 'engine', program };
  }

  private named(outputs: Readonly<Record<string, Value>>): Program {
    const inputs = reachable(Object.values(outputs)).filter(({ primitive }) => primitive === 'input');
    const byName = Object.fromEntries(inputs.map((value) => [String(value.attributes.name), value]));
    return { name: this.program.name, inputs: byName, outputs };
  }
}
