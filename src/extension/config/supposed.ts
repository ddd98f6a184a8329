// A configuration as it would be with another value somewhere, whatever state its text is in: completions are asked
// for in the middle of a word, when nothing is valid JSON.
import { getNodeValue, parseTree } from 'jsonc-parser';
import { applyEdits, editsToSet } from '../../experiment/edits';
import { isRecord } from '../../experiment/record';

/** Text of the configuration with `value` at a dotted path; what cannot be read of the rest is left out. */
export function supposed(text: string, path: string, value: unknown): string {
  const root = parseTree(text);
  const read: unknown = root && getNodeValue(root);
  const known = JSON.stringify(isRecord(read) ? read : {});
  return applyEdits(known, editsToSet(known, path, value));
}
