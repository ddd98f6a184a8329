// All mends that leave no choice, done at once: for an editor's "fix all" and the terminal's `--fix`.

import { applyFix } from './edits';
import type { Finding } from './finding';

/** More mistakes than this in one file are no slips of the hand. */
const MOST = 200;

/**
 * `text` with the first mend of every error that has one; doubts are left to their person. A mend that does not end
 * its finding is not done. Comments, order and indentation stay.
 * @param check the findings of a text
 */
export function mendAll(text: string, check: (text: string) => readonly Finding[]): string {
  const isDone = new Set<string>();
  const nameOf = ({ code, field, args }: Finding): string => JSON.stringify([code, field, args.value]);
  for (let round = 0; round < MOST; round++) {
    const next = check(text).find((finding) => finding.severity === 'error' && finding.fixes.length > 0 && !isDone.has(nameOf(finding)));
    const [fix] = next?.fixes ?? [];
    if (!next || !fix) return text;
    isDone.add(nameOf(next));
    const mended = applyFix(text, fix);
    if (!check(mended).some((finding) => nameOf(finding) === nameOf(next))) text = mended;
  }
  return text;
}
