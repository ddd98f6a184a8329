// What a lowering rule is. A rule sees a value with its surroundings before anything is written, so
// it can swallow values that only it needs into one fused node; whatever no plan needs is never written.

import type { Value } from '../../graph/value';
import type { Surroundings } from '../surroundings';
import type { ModelBuilder } from './model';

/** How one value becomes nodes. */
export interface Plan {
  /** Values whose names `write` gets, in this order. Each must exist before the planned value. */
  readonly needs: readonly Value[];
  /** Writes the nodes and returns the name of the result. */
  write(model: ModelBuilder, names: readonly string[]): string;
}

export type Rule = (value: Value, around: Surroundings) => Plan;

/** The plan of a single node with the value's own inputs. */
export function plain(value: Value, operator: string): Plan {
  return { needs: value.inputs, write: (model, names) => model.node(operator, names) };
}

export function inputOf(value: Value, index: number): Value {
  const found = value.inputs[index];
  if (!found) throw new Error(`${value.primitive} has no input ${index}`);
  return found;
}
