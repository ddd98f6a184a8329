// Half as many bits for what goes from one program to the next (arXiv 1710.03740, mixed precision): the streams, what layers
// keep for their backward pass, and the streams' cotangents. Programs compute in floats, weights and their gradients
// stay floats; only what waits in memory is rounded. A cotangent is small where a loss is a mean over many tokens, and
// halves end at 6e-8: it waits multiplied by a power of 2, the loss scale, and divided by it again wherever something is
// computed from it.

import { divide, multiply } from '../graph/elementwise';
import { narrow, widen } from '../graph/halves';
import { replaceValues } from '../graph/rewrite';
import { input, type Program, type Value } from '../graph/value';
import type { ObservedDerivative } from './programs';

/** Name of the scalar input by which cotangents that wait are multiplied. */
export const LOSS_SCALE = 'lossScale';

const COTANGENT = /^(seed|d)\.carry\./;
const WAITING = /^((seed|d)\.)?carry\.|^saved\./;

/** The same program, whose waiting floats are halves. */
export function inHalves(program: Program): Program {
  const lossScale = input(LOSS_SCALE, []);
  const waits = (name: string, value: Value): boolean => WAITING.test(name) && value.type.dtype === 'float';
  const inputs: Record<string, Value> = {};
  const widened = new Map<Value, Value>();
  for (const [name, value] of Object.entries(program.inputs)) {
    if (!waits(name, value)) {
      inputs[name] = value;
      continue;
    }
    const half = input(name, value.type.shape, 'half');
    inputs[name] = half;
    widened.set(value, COTANGENT.test(name) ? divide(widen(half), lossScale) : widen(half));
  }
  const outputs = Object.entries(replaceValues(program.outputs, widened)).map(([name, value]) => {
    if (!waits(name, value)) return [name, value];
    return [name, narrow(COTANGENT.test(name) ? multiply(value, lossScale) : value)];
  });
  const isScaled = Object.keys({ ...program.inputs, ...program.outputs }).some((name) => COTANGENT.test(name));
  return {
    name: program.name,
    inputs: isScaled ? { ...inputs, [LOSS_SCALE]: lossScale } : inputs,
    outputs: Object.fromEntries(outputs),
  };
}

export const derivativeInHalves = ({ forward, backward, ...rest }: ObservedDerivative): ObservedDerivative => ({
  ...rest,
  forward: inHalves(forward),
  backward: inHalves(backward),
});
