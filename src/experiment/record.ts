// What came from a file or a message is a stranger's until looked at; most looks begin like this.

export type Raw = Readonly<Record<string, unknown>>;

/** Whether it is an object with named fields: neither null nor a list. */
export function isRecord(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
