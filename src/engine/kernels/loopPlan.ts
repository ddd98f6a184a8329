// How a loop over rows goes about its values (rowLoop.ts writes it): how each lies over the rows, and in which phase
// over a row it is computed, since what needs a sum over the row has to wait for that.

import { constant } from '../../graph/constant';
import { add, divide, multiply, scale, sqrt, square, subtract } from '../../graph/elementwise';
import { numberList, numberOf } from '../../graph/primitive';
import { sum } from '../../graph/reduce';
import { rewrite } from '../../graph/rewrite';
import { reachable, sizeOf, type Value } from '../../graph/value';
import { erfBeside, erfOperand, gaussian, gaussianOperand, type Multiple, pairOf } from '../gaussian';

export type Kind = 'full' | 'column' | 'row' | 'number';

/** How a value lies over rows of a shape [..., C]; undefined where it does not. */
export function kindOf(shape: readonly number[], space: readonly number[]): Kind | undefined {
  const text = shape.join();
  if (text === space.join()) return 'full';
  if (text === [...space.slice(0, -1), 1].join()) return 'column';
  if (sizeOf(shape) === 1) return 'number';
  return sizeOf(shape) === space.at(-1) && shape.at(-1) === space.at(-1) ? 'row' : undefined;
}

const axesOf = (sum: Value): string => numberList(sum.attributes, 'axes').join();
const axes = (count: number): number[] => Array.from({ length: count }, (_, axis) => axis);

/** Over the last axis alone. */
export const isRowSum = (value: Value): boolean =>
  value.primitive === 'sum' && axesOf(value) === `${(value.inputs[0] as Value).type.shape.length - 1}`;

/** The sum over all axes but the last, or over all, that a value is or shows in another shape: there once a loop has ended. */
export function lateSum(value: Value): Value | undefined {
  const [source] = value.inputs;
  if (value.primitive === 'reshape' && source) return lateSum(source);
  if (value.primitive !== 'sum' || !source) return undefined;
  const rank = source.type.shape.length;
  return rank > 1 && (axesOf(value) === axes(rank - 1).join() || isTotal(value)) ? value : undefined;
}

/** Over all axes. */
export const isTotal = (sum: Value): boolean => axesOf(sum) === axes((sum.inputs[0] as Value).type.shape.length).join();

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
  const exponential = (of: Multiple): Value => once(`gaussian ${pairOf(of)}`, () => gaussian(of));
  return rewrite(outputs, (value) => {
    const [x, gain, bias] = value.inputs;
    if (!x) return value;
    switch (value.primitive) {
      case 'erf':
      case 'exp': {
        const [error, normal] = [erfOperand(value), gaussianOperand(value)];
        return error ? erfBeside(error, exponential(error)) : normal ? exponential(normal) : value;
      }
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

export class LoopPlan {
  readonly outputs: Readonly<Record<string, Value>>;
  /** In an order in which each comes after what it needs. */
  readonly values: readonly Value[];
  readonly inputs: readonly Value[];
  /** Of a full value or a column, the phase in which it is computed; columns behind the phase's walk over the row. */
  readonly phases: ReadonlyMap<number, number>;
  /** Full values of a row that a later phase reads and that are no outputs. */
  readonly kept: readonly Value[];

  constructor(
    outputs: Readonly<Record<string, Value>>,
    private readonly space: readonly number[],
  ) {
    this.outputs = expanded(outputs);
    this.values = reachable(Object.values(this.outputs));
    this.inputs = this.values.filter(({ primitive }) => primitive === 'input');
    this.phases = this.phased();
    this.kept = this.values.filter((value) => this.isKept(value));
  }

  /** @throws Error where a value does not lie over the rows. */
  kind(value: Value): Kind {
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
}
