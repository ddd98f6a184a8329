// What changed in a field, as plain data that files, messages and pages carry.

/** A field and what it was and is; plain JSON, absent where there is no value. */
export interface Change {
  /** Dotted path. */
  readonly field: string;
  readonly from?: unknown;
  readonly to?: unknown;
}

/** Whether two plain JSON values say the same; the order of an object's names says nothing. */
export function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return Object.is(one, other);
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [a, b] = [Object.entries(one), new Map<string, unknown>(Object.entries(other))];
  return a.length === b.size && a.every(([name, value]) => b.has(name) && isSame(value, b.get(name)));
}
