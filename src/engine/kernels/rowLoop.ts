// One loop for many values: a program of elementwise arithmetic and of functions over the last axis, written as a
// WebAssembly function that goes over the rows of a matrix and keeps everything between in registers. An engine that
// runs one operator at a time writes each of those values to memory and reads it back.
//
// Every row is gone over in phases: what needs a sum over the row (a mean, a norm) comes in a phase after it. Values are
// full [R, C], columns [R, 1], rows [C], or numbers. Sums over all rows are there once the loop has ended.

import { constantNumber } from '../../graph/constant';
import { numberOf } from '../../graph/primitive';
import { type Program, sizeOf, type Value } from '../../graph/value';
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
import { erfCode, gaussianCode, type Scratch } from './gaussianCode';
import { isRowSum, isTotal, type Kind, LoopPlan, lateSum } from './loopPlan';

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

const VECTOR_BYTES = 16;

class Writer implements Scratch {
  private readonly rows: number;
  private readonly width: number;
  private readonly plan: LoopPlan;
  private vectors = 0;
  private readonly parameters: number;
  /** What holds a value: of full ones and rows, in the phase now written. */
  private readonly held = new Map<number, Code>();
  private inPhase = new Map<number, Code>();
  private body: Code[] = [];
  /** Vectors that an iteration goes over: their chains run side by side. */
  private readonly abreast: number;
  /** Of the vector now written, in bytes behind the first. */
  private offset = 0;
  private readonly numbers = new Map<string, { readonly local: number; readonly value: number }>();
  /** Locals by sums over everything. */
  private readonly totals = new Map<number, number>();
  private readonly row: number;
  private readonly rowNumber: number;
  private readonly column: number;
  private readonly place: number;

  constructor(program: Program, space: readonly number[]) {
    this.width = space.at(-1) ?? 1;
    this.rows = sizeOf(space) / this.width;
    this.abreast = this.width % 8 === 0 ? 2 : 1;
    this.plan = new LoopPlan(program.outputs, space);
    this.parameters = this.plan.inputs.length + Object.keys(this.plan.outputs).length + 1;
    [this.row, this.rowNumber, this.column, this.place] = [0, 1, 2, 3].map((i) => this.parameters + i) as [number, number, number, number];
  }

  write(): RowLoop {
    const before = this.plan.inputs.flatMap((value, i) => (this.plan.kind(value) === 'number' ? this.hold(value, loadOne(get(i))) : []));
    const body: Code[] = this.plan.inputs.flatMap((value, i) =>
      this.plan.kind(value) === 'column' ? [this.hold(value, loadOne(plus(get(i), get(this.rowNumber))))] : [],
    );
    const last = Math.max(0, ...this.plan.phases.values());
    for (let phase = -1; phase <= last; phase++) body.push(this.phase(phase));
    Object.values(this.plan.outputs).forEach((value, i) => {
      if (this.plan.kind(value) === 'column')
        body.push(storeOne(plus(get(this.plan.inputs.length + i), get(this.rowNumber)), this.heldBy(value)));
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
      ...Object.values(this.plan.outputs).flatMap((value, i) => {
        const total = this.totals.get(lateSum(value)?.id ?? -1);
        return total === undefined ? [] : storeOne(get(this.plan.inputs.length + i), f32x4.splat(sumOfFour(total)));
      }),
    ];
    return {
      code: {
        name: 'run',
        parameters: new Array(this.parameters).fill('i32'),
        locals: [...new Array(4).fill('i32'), ...new Array(this.vectors).fill('v128')],
        results: [],
        body: code,
      },
      inputs: this.plan.inputs.map(({ attributes }) => String(attributes.name)),
      outputs: Object.keys(this.plan.outputs),
      scratch: Math.max(16, this.plan.kept.length * rowBytes),
    };
  }

  /** A local for a vector. */
  private fresh(): number {
    return this.parameters + 4 + this.vectors++;
  }

  aside(code: Code): Code {
    const local = this.fresh();
    this.body.push(set(local, code));
    return get(local);
  }

  /** A number four times: made once, before all rows, since V8 makes a constant anew wherever it stands. */
  all(value: number): Code {
    const key = Object.is(value, -0) ? '-0' : `${Math.fround(value)}`;
    const local = this.numbers.get(key)?.local ?? this.fresh();
    this.numbers.set(key, { local, value });
    return get(local);
  }

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
    const due = this.plan.values.filter((value) => this.plan.phases.get(value.id) === phase);
    const isInRow = (value: Value): boolean => isRowSum(value) || (lateSum(value) === value && isTotal(value));
    const sums = due.filter(isInRow);
    const abreast = Array.from({ length: this.abreast }, (_, i) => {
      const accumulators = new Map(sums.map((value) => [value.id, this.fresh()]));
      this.offset = VECTOR_BYTES * i;
      return { accumulators, body: this.bodyOf(due, accumulators, phase) };
    });
    const quads: Code[] = [];
    const [first, ...others] = abreast as [(typeof abreast)[number], ...typeof abreast];
    if (first.body.length > 0)
      quads.push(
        ...abreast.flatMap(({ accumulators }) => [...accumulators.values()].map((total) => set(total, this.all(0)))),
        set(this.column, whole(0)),
        set(this.place, get(this.row)),
        loop(
          this.column,
          whole(4 * this.width),
          ...first.body.flatMap((statement, i) => [statement, ...others.map(({ body }) => body[i] as Code)]),
          set(this.column, plus(get(this.column), whole(VECTOR_BYTES * this.abreast))),
          set(this.place, plus(get(this.place), whole(VECTOR_BYTES * this.abreast))),
        ),
      );
    for (const value of due) {
      const sumOfParts = (): Code =>
        abreast.map(({ accumulators }) => get(accumulators.get(value.id) as number)).reduce((a, b) => f32x4.add(a, b));
      if (isRowSum(value)) {
        const local = this.fresh();
        quads.push(set(local, sumOfParts()), this.hold(value, f32x4.splat(sumOfFour(local))));
      } else if (isInRow(value)) {
        const total = this.totalOf(value);
        quads.push(set(total, f32x4.add(get(total), sumOfParts())));
      } else if (this.plan.kind(value) === 'column') quads.push(this.hold(value, this.compute(value, phase)));
    }
    return quads.flat();
  }

  /** What is done to four neighbours of a row. */
  private bodyOf(due: readonly Value[], accumulators: ReadonlyMap<number, number>, phase: number): Code[] {
    this.inPhase = new Map();
    this.body = [];
    for (const value of due) {
      const total = accumulators.get(value.id);
      if (total !== undefined) {
        const term = this.use(value.inputs[0] as Value, phase);
        this.body.push(set(total, f32x4.add(get(total), term)));
      } else if (lateSum(value) === value) this.addUp(value, phase);
      else if (this.plan.kind(value) === 'full') {
        this.body.push(this.hold(value, this.compute(value, phase)));
        this.inPhase.set(value.id, this.heldBy(value));
        this.keep(value);
      }
    }
    return this.body;
  }

  /** Adds a row's part to sums over all rows. */
  private addUp(sum: Value, phase: number): void {
    Object.values(this.plan.outputs).forEach((output, i) => {
      if (lateSum(output) !== sum) return;
      const place = plus(get(this.plan.inputs.length + i), get(this.column));
      this.body.push(store(place, f32x4.add(load(place, this.offset), this.use(sum.inputs[0] as Value, phase)), this.offset));
    });
  }

  /** What a total has come to: row by row, so that a small number is not always added to a large one. */
  private totalOf({ id }: Value): number {
    const total = this.totals.get(id) ?? this.fresh();
    this.totals.set(id, total);
    return total;
  }

  /** Sums over all rows begin at 0, where they are written. */
  private cleared(): Code {
    const places = Object.values(this.plan.outputs).flatMap((output, i) =>
      this.plan.kind(output) === 'row' ? [plus(get(this.plan.inputs.length + i), get(this.column))] : [],
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
    Object.values(this.plan.outputs).forEach((output, i) => {
      if (output === value) this.body.push(store(plus(get(this.plan.inputs.length + i), get(this.place)), this.heldBy(value), this.offset));
    });
    const at = this.plan.kept.indexOf(value);
    if (at >= 0)
      this.body.push(store(plus(get(this.parameters - 1), get(this.column)), this.heldBy(value), 4 * this.width * at + this.offset));
  }

  /** An operand in a phase. */
  private use(value: Value, phase: number): Code {
    const number = constantNumber(value);
    if (number !== undefined) return this.all(number);
    const kind = this.plan.kind(value);
    if (value.primitive === 'broadcast' && value.inputs[0]) return this.use(value.inputs[0], phase);
    if (kind === 'number' || kind === 'column') return this.heldBy(value);
    const found = this.inPhase.get(value.id);
    if (found) return found;
    const local = this.fresh();
    this.body.push(set(local, this.loaded(value, kind)));
    this.inPhase.set(value.id, get(local));
    return get(local);
  }

  private loaded(value: Value, kind: Kind): Code {
    const input = this.plan.inputs.indexOf(value);
    if (input >= 0) return load(plus(get(input), get(kind === 'row' ? this.column : this.place)), this.offset);
    const output = Object.values(this.plan.outputs).indexOf(value);
    if (output >= 0) return load(plus(get(this.plan.inputs.length + output), get(this.place)), this.offset);
    return load(plus(get(this.parameters - 1), get(this.column)), 4 * this.width * this.plan.kept.indexOf(value) + this.offset);
  }

  private compute(value: Value, phase: number): Code {
    const { add, sub, mul, div, neg, sqrt, pmax, greater } = f32x4;
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
        return pmax(operand(0), this.all(0));
      case 'step':
        return f32x4.and(greater(operand(0), this.all(0)), this.all(1));
      case 'gaussian':
        return gaussianCode(this, operand(0), numberOf(value.attributes, 'factor'));
      case 'erfBeside':
        return erfCode(this, operand(0), operand(1), numberOf(value.attributes, 'factor'));
      case 'broadcast':
        return operand(0);
      default:
        throw new Error(`a loop knows no '${value.primitive}'`);
    }
  }
}
