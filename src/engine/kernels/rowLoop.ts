// One loop for many values: a program of elementwise arithmetic and of functions over the last axis, written as a
// WebAssembly function that goes over the rows of a matrix and keeps everything between in registers. An engine that
// runs one operator at a time writes each of those values to memory and reads it back.
//
// Every row is gone over in phases: what needs a sum over the row (a mean, a norm) comes in a phase after it. Values are
// full [R, C], columns [R, 1], rows [C], or numbers. Sums over all rows are there once the loop has ended.

import { constant, constantNumber } from '../../graph/constant';
import { add, divide, multiply, scale, sqrt, square, subtract } from '../../graph/elementwise';
import { numberList, numberOf } from '../../graph/primitive';
import { sum } from '../../graph/reduce';
import { rewrite } from '../../graph/rewrite';
import { type Program, reachable, sizeOf, type Value } from '../../graph/value';
import {
  type Code,
  f32x4,
  get,
  type LoopFunction,
  load,
  loadOne,
  loop,
  plus,
  set,
  store,
  storeOne,
  sumOfFour,
  constant as whole,
} from './assembler';

export type Kind = 'full' | 'column' | 'row' | 'number';

/** How a value lies over rows of a shape [..., C]; undefined where it does not. */
export function kindOf(shape: readonly number[], space: readonly number[]): Kind | undefined {
  const text = shape.join();
  if (text === space.join()) return 'full';
  if (text === [...space.slice(0, -1), 1].join()) return 'column';
  if (sizeOf(shape) === 1) return 'number';
  return sizeOf(shape) === space.at(-1) && shape.at(-1) === space.at(-1) ? 'row' : undefined;
}

export interface RowLoop {
  /** Takes the address of each input, each output and of `scratch` bytes. */
  readonly code: LoopFunction;
  /** Names, in the order of addresses. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly scratch: number;
}

/**
 * @param program whose values all lie over rows of `space`, the last extent of which is a multiple of 4.
 * @throws Error where a value is none that a loop knows.
 */
export function rowLoop(program: Program, space: readonly number[]): RowLoop {
  return new Writer(program, space).write();
}

/** Written out in arithmetic and sums, each mean and deviation once. */
function expanded(outputs: Readonly<Record<string, Value>>): Record<string, Value> {
  const known = new Map<string, Value>();
  const once = (key: string, make: () => Value): Value => {
    const found = known.get(key) ?? make();
    known.set(key, found);
    return found;
  };
  const widthOf = (x: Value): number => x.type.shape.at(-1) ?? 1;
  const mean = (x: Value): Value => scale(sum(x, [x.type.shape.length - 1], true), 1 / widthOf(x));
  const centred = (x: Value): Value =>
    once(`centred ${x.id}`, () =>
      subtract(
        x,
        once(`mean ${x.id}`, () => mean(x)),
      ),
    );
  const inverse = (x: Value, epsilon: number): Value =>
    once(`inverse ${x.id} ${epsilon}`, () => divide(constant(1), sqrt(add(mean(square(centred(x))), constant(epsilon)))));
  return rewrite(outputs, (value) => {
    const [x, gain, bias] = value.inputs;
    if (!x) return value;
    switch (value.primitive) {
      case 'layerMean':
        return once(`mean ${x.id}`, () => mean(x));
      case 'layerInverse':
        return inverse(x, numberOf(value.attributes, 'epsilon'));
      case 'layerNorm':
        return add(multiply(multiply(centred(x), inverse(x, numberOf(value.attributes, 'epsilon'))), gain as Value), bias as Value);
      default:
        return value;
    }
  });
}

/** Of a full value or a column, the phase in which it is computed. */
type Phases = ReadonlyMap<number, number>;

class Writer {
  private readonly rows: number;
  private readonly width: number;
  private readonly outputs: Readonly<Record<string, Value>>;
  private readonly values: readonly Value[];
  private readonly inputs: readonly Value[];
  private readonly phases: Phases;
  /** Full values of a row that a later phase reads, in their order in scratch memory. */
  private readonly kept: readonly Value[];
  private readonly locals: number[] = [];
  private readonly parameters: number;
  /** What holds a value: of full ones and rows, in the phase now written. */
  private readonly held = new Map<number, Code>();
  private inPhase = new Map<string, Code>();
  private body: Code[] = [];
  private readonly numbers = new Map<string, { readonly local: number; readonly value: number }>();
  private readonly row: number;
  private readonly rowNumber: number;
  private readonly column: number;
  private readonly place: number;

  constructor(
    program: Program,
    private readonly space: readonly number[],
  ) {
    this.width = space.at(-1) ?? 1;
    this.rows = sizeOf(space) / this.width;
    this.outputs = expanded(program.outputs);
    this.values = reachable(Object.values(this.outputs));
    this.inputs = this.values.filter(({ primitive }) => primitive === 'input');
    this.phases = this.phased();
    this.kept = this.values.filter((value) => this.isKept(value));
    this.parameters = this.inputs.length + Object.keys(this.outputs).length + 1;
    [this.row, this.rowNumber, this.column, this.place] = [0, 1, 2, 3].map((i) => this.parameters + i) as [number, number, number, number];
  }

  write(): RowLoop {
    const before = this.inputs.flatMap((value, i) => (this.kind(value) === 'number' ? this.hold(value, loadOne(get(i))) : []));
    const body: Code[] = this.inputs.flatMap((value, i) =>
      this.kind(value) === 'column' ? [this.hold(value, loadOne(plus(get(i), get(this.rowNumber))))] : [],
    );
    const last = Math.max(0, ...this.phases.values());
    for (let phase = -1; phase <= last; phase++) body.push(this.phase(phase));
    Object.values(this.outputs).forEach((value, i) => {
      if (this.kind(value) === 'column') body.push(storeOne(plus(get(this.inputs.length + i), get(this.rowNumber)), this.heldBy(value)));
    });
    const rowBytes = 4 * this.width;
    const code: Code = [
      ...[...this.numbers.values()].flatMap(({ local, value }) => set(local, f32x4.all(value))),
      ...this.cleared(),
      ...[...before, ...set(this.row, whole(0)), ...set(this.rowNumber, whole(0))],
      ...loop(
        this.rowNumber,
        whole(4 * this.rows),
        ...body,
        set(this.row, plus(get(this.row), whole(rowBytes))),
        set(this.rowNumber, plus(get(this.rowNumber), whole(4))),
      ),
    ];
    return {
      code: {
        name: 'run',
        parameters: new Array(this.parameters).fill('i32'),
        locals: [...new Array(4).fill('i32'), ...new Array(this.locals.length).fill('v128')],
        results: [],
        body: code,
      },
      inputs: this.inputs.map(({ attributes }) => String(attributes.name)),
      outputs: Object.keys(this.outputs),
      scratch: Math.max(16, this.kept.length * rowBytes),
    };
  }

  private kind(value: Value): Kind {
    const found = kindOf(value.type.shape, this.space);
    if (!found)
      throw new Error(`a loop over [${this.space.join(', ')}] has no place for '${value.primitive}' [${value.type.shape.join(', ')}]`);
    return found;
  }

  private isOutput(value: Value): boolean {
    return Object.values(this.outputs).includes(value);
  }

  /** Sums in the phase of what they add up, everything else as soon as what it needs is there; then as late as it is needed. */
  private phased(): Map<number, number> {
    const phases = new Map<number, number>();
    /** From which phase on a value may be used. */
    const ready = (value: Value): number => {
      const phase = phases.get(value.id);
      if (phase === undefined) return 0;
      return isRowSum(value) || this.kind(value) === 'column' ? phase + 1 : phase;
    };
    for (const value of this.values) {
      if (value.primitive === 'input' || value.primitive === 'constant') continue;
      const soonest = Math.max(0, ...value.inputs.map(ready));
      // A column is computed behind its phase's loop.
      phases.set(value.id, this.kind(value) === 'column' && !isRowSum(value) ? soonest - 1 : soonest);
    }
    const latest = new Map<number, number>();
    for (const value of [...this.values].reverse()) {
      const own = phases.get(value.id);
      if (own === undefined) continue;
      if (this.kind(value) === 'full' && !this.isOutput(value)) phases.set(value.id, latest.get(value.id) ?? own);
      const phase = phases.get(value.id) as number;
      for (const used of value.inputs) latest.set(used.id, Math.min(latest.get(used.id) ?? phase, phase));
    }
    return phases;
  }

  /** Whether a later phase reads a full value that is no input and no output. */
  private isKept(value: Value): boolean {
    const own = this.phases.get(value.id);
    if (own === undefined || this.kind(value) !== 'full' || this.isOutput(value)) return false;
    return this.values.some((user) => user.inputs.includes(value) && (this.phases.get(user.id) ?? 0) > own);
  }

  readonly fresh = (): number => {
    this.locals.push(0);
    return this.parameters + 3 + this.locals.length;
  };

  /** Made once, before all rows: a processor's compiler would make it anew wherever it stands. */
  readonly all = (value: number): Code => {
    const key = Object.is(value, -0) ? '-0' : `${Math.fround(value)}`;
    const local = this.numbers.get(key)?.local ?? this.fresh();
    this.numbers.set(key, { local, value });
    return get(local);
  };

  /** Code that puts a value into a local of its own. */
  private hold(value: Value, code: Code): Code {
    const local = this.fresh();
    this.held.set(value.id, get(local));
    return set(local, code);
  }

  private heldBy(value: Value): Code {
    const code = this.held.get(value.id);
    if (!code) throw new Error(`a loop needs '${value.primitive}' before it is there`);
    return code;
  }

  /** One loop over a row, and what follows from its sums. */
  private phase(phase: number): Code {
    const due = this.values.filter((value) => this.phases.get(value.id) === phase);
    const sums = due.filter(isRowSum);
    const accumulators = new Map(sums.map((value) => [value.id, this.fresh()]));
    this.inPhase = new Map();
    this.body = [];
    for (const value of due) {
      if (isRowSum(value)) {
        const total = accumulators.get(value.id) as number;
        const term = this.use(value.inputs[0] as Value, phase);
        this.body.push(set(total, f32x4.add(get(total), term)));
      } else if (columnSum(value) === value) this.addUp(value, phase);
      else if (this.kind(value) === 'full') {
        this.body.push(this.hold(value, this.compute(value, phase)));
        this.inPhase.set(`${value.id}`, this.heldBy(value));
        this.keep(value);
      }
    }
    const quads: Code[] = [];
    if (this.body.length > 0)
      quads.push(
        ...[...accumulators.values()].map((total) => set(total, this.all(0))),
        set(this.column, whole(0)),
        set(this.place, get(this.row)),
        loop(
          this.column,
          whole(4 * this.width),
          ...this.body,
          set(this.column, plus(get(this.column), whole(16))),
          set(this.place, plus(get(this.place), whole(16))),
        ),
      );
    this.inPhase = new Map();
    for (const value of due) {
      this.body = [];
      if (isRowSum(value)) quads.push(this.hold(value, f32x4.splat(sumOfFour(accumulators.get(value.id) as number))));
      else if (this.kind(value) === 'column') {
        const held = this.hold(value, this.compute(value, phase));
        quads.push(...this.body, held);
      }
    }
    return quads.flat();
  }

  /** Adds a row's part to sums over all rows. */
  private addUp(sum: Value, phase: number): void {
    Object.values(this.outputs).forEach((output, i) => {
      if (columnSum(output) !== sum) return;
      const place = plus(get(this.inputs.length + i), get(this.column));
      this.body.push(store(place, f32x4.add(load(place), this.use(sum.inputs[0] as Value, phase))));
    });
  }

  /** Sums over all rows begin at 0. */
  private cleared(): Code {
    const places = Object.values(this.outputs).flatMap((output, i) =>
      columnSum(output) ? [plus(get(this.inputs.length + i), get(this.column))] : [],
    );
    if (places.length === 0) return [];
    return [
      ...set(this.column, whole(0)),
      ...loop(
        this.column,
        whole(4 * this.width),
        ...places.map((place) => store(place, f32x4.all(0))),
        set(this.column, plus(get(this.column), whole(16))),
      ),
    ];
  }

  /** Writes what has just been computed to where it is asked for. */
  private keep(value: Value): void {
    Object.values(this.outputs).forEach((output, i) => {
      if (output === value) this.body.push(store(plus(get(this.inputs.length + i), get(this.place)), this.heldBy(value)));
    });
    const at = this.kept.indexOf(value);
    if (at >= 0) this.body.push(store(plus(get(this.parameters - 1), get(this.column)), this.heldBy(value), 4 * this.width * at));
  }

  /** An operand in a phase. */
  private use(value: Value, phase: number): Code {
    const number = constantNumber(value);
    if (number !== undefined) return this.all(number);
    const kind = this.kind(value);
    if (value.primitive === 'broadcast' && value.inputs[0]) return this.use(value.inputs[0], phase);
    if (kind === 'number' || kind === 'column') return this.heldBy(value);
    return this.memo(`${value.id}`, () => this.loaded(value, kind));
  }

  private loaded(value: Value, kind: Kind): Code {
    const input = this.inputs.indexOf(value);
    if (input >= 0) return load(plus(get(input), get(kind === 'row' ? this.column : this.place)));
    const output = Object.values(this.outputs).indexOf(value);
    if (output >= 0) return load(plus(get(this.inputs.length + output), get(this.place)));
    return load(plus(get(this.parameters - 1), get(this.column)), 4 * this.width * this.kept.indexOf(value));
  }

  /** What several values of a phase share, computed once. */
  private memo(key: string, make: () => Code): Code {
    const found = this.inPhase.get(key);
    if (found) return found;
    const local = this.fresh();
    this.body.push(set(local, make()));
    this.inPhase.set(key, get(local));
    return get(local);
  }

  private compute(value: Value, phase: number): Code {
    const { add, sub, mul, div, neg, sqrt, pmax, greater } = f32x4;
    const { all } = this;
    const operand = (i: number): Code => this.use(value.inputs[i] as Value, phase);
    switch (value.primitive) {
      case 'add':
        return add(operand(0), operand(1));
      case 'subtract':
        return sub(operand(0), operand(1));
      case 'multiply':
        return mul(operand(0), operand(1));
      case 'divide':
        return div(operand(0), operand(1));
      case 'negate':
        return neg(operand(0));
      case 'sqrt':
        return sqrt(operand(0));
      case 'relu':
        return pmax(operand(0), all(0));
      case 'step':
        return f32x4.and(greater(operand(0), all(0)), all(1));
      case 'broadcast':
        return operand(0);
      default:
        throw new Error(`a loop knows no '${value.primitive}'`);
    }
  }
}

/** Over the last axis. */
const isRowSum = (value: Value): boolean =>
  value.primitive === 'sum' && numberList(value.attributes, 'axes').includes((value.inputs[0] as Value).type.shape.length - 1);

/** The sum over all axes but the last that a value is, or shows in another shape. */
export function columnSum(value: Value): Value | undefined {
  const [source] = value.inputs;
  if (value.primitive === 'reshape' && source) return columnSum(source);
  if (value.primitive !== 'sum' || !source) return undefined;
  const rank = source.type.shape.length;
  return numberList(value.attributes, 'axes').join() === Array.from({ length: rank - 1 }, (_, axis) => axis).join() ? value : undefined;
}
