// What a person probably meant: the known name nearest to a misspelt one.

/** Optimal string alignment distance: insertions, deletions, substitutions, and neighbours swapped. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let least = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + (same ? 0 : 1));
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        least = Math.min(least, (beforeLast[column - 2] ?? 0) + 1);
      }
      current.push(least);
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length] ?? 0;
}

/** Names that differ only in case, `_`, `-`, `.` or blanks are the same name to a person. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[\s_.-]/g, '');
}

/** Longer names than this are not misspellings of ours. */
const LONGEST = 40;

/**
 * The nearest of `candidates`, or undefined where none is near: at most a third of the letters
 * (rounded up) may differ.
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  if (name.length > LONGEST) return undefined;
  const wanted = plain(name);
  let best: string | undefined;
  let least = Math.ceil(wanted.length / 3);
  for (const candidate of candidates) {
    const steps = distance(wanted, plain(candidate));
    if (steps < least || (steps === least && best === undefined)) [best, least] = [candidate, steps];
  }
  return best;
}
