// The properties of a JSON object with their places, names taken as they are: `__proto__` and
// `constructor` are names like any other.

import type { Node } from 'jsonc-parser';
import type { Draft } from './draft';

export interface Property {
  /** Key, colon and value. */
  readonly node: Node;
  readonly key: Node;
  readonly name: string;
  readonly value: Node;
}

/** The properties of an object; of those with one name, the last, as JSON readers have it. */
export function propertiesOf(draft: Draft, object: Node, prefix: string | undefined): readonly Property[] {
  const properties = new Map<string, Property>();
  for (const node of object.children ?? []) {
    const [key, value] = node.children ?? [];
    if (key === undefined || value === undefined) continue;
    const property = { node, key, name: String(key.value), value };
    const earlier = properties.get(property.name);
    if (earlier !== undefined) {
      const field = pathOf(prefix, property.name);
      draft.report({
        code: 'duplicate-field',
        severity: 'error',
        field,
        at: key,
        fixes: [draft.fixByRemoving(earlier.node, 'fix-remove-other')],
      });
    }
    properties.set(property.name, property);
  }
  return [...properties.values()];
}

export function pathOf(prefix: string | undefined, name: string): string {
  return prefix === undefined ? name : `${prefix}.${name}`;
}
