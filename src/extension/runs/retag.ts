// Tags of several runs edited as one list. Free of `vscode`, for its tests.

/** Tags that every run has, in the order of the first. */
export function commonTags(runs: readonly (readonly string[])[]): readonly string[] {
  const [first = [], ...others] = runs;
  return first.filter((tag) => others.every((tags) => tags.includes(tag)));
}

/** A run's tags after the common ones were edited: what was taken from them goes, what is new comes, the rest stays. */
export function retagged(own: readonly string[], common: readonly string[], wanted: readonly string[]): readonly string[] {
  const kept = own.filter((tag) => !common.includes(tag) || wanted.includes(tag));
  return [...kept, ...wanted.filter((tag) => !kept.includes(tag))];
}
