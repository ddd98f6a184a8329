// What a text would cost if only its letter frequencies, or only its pairs, were known: the yardsticks
// that a validation loss is printed beside.

import type { TokenArray } from './tokeniser';

/** In nats per token. */
export interface Entropies {
  /** −Σ p(x) ln p(x). */
  readonly unigram: number;
  /** H(x_t | x_{t−1}) = −Σ p(a, b) ln p(b | a). */
  readonly bigram: number;
}

/**
 * Entropies of the tokens' own counts.
 * @param tokens at least two
 * @param vocabulary every token is below it
 */
export function entropies(tokens: TokenArray, vocabulary: number): Entropies {
  const pairs = tokens.length - 1;
  const counts = new Int32Array(vocabulary);
  for (const token of tokens) counts[token] = (counts[token] ?? 0) + 1;
  let unigram = 0;
  for (const count of counts) if (count > 0) unigram -= (count / tokens.length) * Math.log(count / tokens.length);

  // Followers are gathered by the token before them, as a table of V² counts would not fit for words.
  const ends = new Int32Array(vocabulary);
  for (let t = 0; t < pairs; t++) ends[tokens[t] ?? 0] = (ends[tokens[t] ?? 0] ?? 0) + 1;
  for (let a = 1; a < vocabulary; a++) ends[a] = (ends[a] ?? 0) + (ends[a - 1] ?? 0);
  const followers = new (vocabulary > 2 ** 16 ? Uint32Array : Uint16Array)(pairs);
  const starts = ends.slice();
  for (let t = pairs - 1; t >= 0; t--) {
    const a = tokens[t] ?? 0;
    const place = (starts[a] ?? 0) - 1;
    starts[a] = place;
    followers[place] = tokens[t + 1] ?? 0;
  }
  let bigram = 0;
  for (let a = 0; a < vocabulary; a++) {
    const group = followers.subarray(starts[a], ends[a]).sort();
    for (let from = 0; from < group.length; ) {
      let to = from + 1;
      while (to < group.length && group[to] === group[from]) to += 1;
      bigram -= ((to - from) / pairs) * Math.log((to - from) / group.length);
      from = to;
    }
  }
  return { unigram, bigram };
}
