// Inputs and outputs of programs are named `<kind>.<name>`: `carry.x`, `d.carry.x`, `constant.alpha`.

/** The same values, each name behind a prefix. */
export function prefixed<T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
}
