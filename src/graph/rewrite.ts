// Rebuilding values bottom-up: the one walk that simplification and splitting share.

import { apply } from './primitive';
import { primitiveNamed } from './primitives';
import { reachable, type Value } from './value';

/**
 * Rebuilds everything that `outputs` need.
 * @param change gets each value with its inputs already rebuilt; returns what stands in its place.
 */
export function rewrite(outputs: Readonly<Record<string, Value>>, change: (value: Value, original: Value) => Value): Record<string, Value> {
  const done = new Map<number, Value>();
  const rebuilt = (value: Value): Value => {
    const found = done.get(value.id);
    if (!found) throw new Error('a value was used before it was rebuilt');
    return found;
  };
  for (const value of reachable(Object.values(outputs))) {
    const inputs = value.inputs.map(rebuilt);
    const same = inputs.every((source, i) => source === value.inputs[i]);
    const current = same ? value : apply(primitiveNamed(value.primitive), inputs, value.attributes);
    done.set(value.id, change(current, value));
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, rebuilt(value)]));
}

/** The outputs with some values replaced by others; what only the replaced ones needed falls away. */
export function replaceValues(outputs: Readonly<Record<string, Value>>, replacements: ReadonlyMap<Value, Value>): Record<string, Value> {
  return rewrite(outputs, (value, original) => replacements.get(original) ?? value);
}
