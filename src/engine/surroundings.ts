// Who uses what in a program: what a fusion must know before it swallows a value.

import { reachable, type Value } from '../graph/value';

export interface Surroundings {
  /** Values that take this one as an input, each once. */
  users(value: Value): readonly Value[];
  /** Whether nothing but one user needs the value, so that the user may swallow it. */
  isPrivate(value: Value): boolean;
}

export function surroundingsOf(outputs: readonly Value[]): Surroundings {
  const users = new Map<number, Value[]>();
  for (const value of reachable(outputs)) {
    for (const source of new Set(value.inputs)) {
      const list = users.get(source.id);
      if (list) list.push(value);
      else users.set(source.id, [value]);
    }
  }
  const handedOut = new Set(outputs.map((value) => value.id));
  const usersOf = (value: Value): readonly Value[] => users.get(value.id) ?? [];
  return { users: usersOf, isPrivate: (value) => usersOf(value).length === 1 && !handedOut.has(value.id) };
}
