// How much memory a program needs while it runs, from its values alone: what was computed and is still
// needed, at the worst moment. Engines plan in much the same way, so that one count serves them all.

import { type Program, reachable, sizeOf, type Value } from './value';

const BYTES = 4;
/** They show what another value holds, or are taken account of by whoever reads them. */
const FREE = new Set(['input', 'constant', 'reshape', 'broadcast']);
/** May write over an input that nobody else needs. */
const IN_PLACE = new Set([
  'add',
  'subtract',
  'multiply',
  'divide',
  'negate',
  'exp',
  'log',
  'sqrt',
  'tanh',
  'erf',
  'relu',
  'step',
  'softmax',
  'logSoftmax',
]);

/**
 * Largest sum of sizes of values that are alive at once, in bytes of float32, in the order in which the
 * program was traced. Inputs and outputs are not counted: whoever runs the program holds them.
 */
export function workingBytes(program: Program): number {
  const outputs = Object.values(program.outputs);
  const values = reachable(outputs);
  const held = new Map(values.map((value) => [value.id, holderOf(value)]));
  const lastUse = new Map<number, number>();
  for (const value of values) for (const used of value.inputs) lastUse.set((held.get(used.id) as Value).id, value.id);
  const outside = new Set(outputs.map((value) => (held.get(value.id) as Value).id));
  const counts = (value: Value): boolean => !FREE.has(value.primitive) && !outside.has(value.id);
  let [alive, most] = [0, 0];
  for (const value of values) {
    const dying = [...new Set(value.inputs.map((used) => held.get(used.id) as Value))].filter(
      (holder) => counts(holder) && lastUse.get(holder.id) === value.id,
    );
    const freed = dying.reduce((bytes, holder) => bytes + bytesOf(holder), 0);
    const own = counts(value) ? bytesOf(value) : 0;
    if (IN_PLACE.has(value.primitive)) alive -= freed;
    alive += own;
    most = Math.max(most, alive);
    if (!IN_PLACE.has(value.primitive)) alive -= freed;
    if (own > 0 && !lastUse.has(value.id)) alive -= own;
  }
  return most;
}

/** The value whose memory this one shows. */
function holderOf(value: Value): Value {
  const [source] = value.inputs;
  return (value.primitive === 'reshape' || value.primitive === 'broadcast') && source ? holderOf(source) : value;
}

function bytesOf(value: Value): number {
  return BYTES * sizeOf(value.type.shape);
}
