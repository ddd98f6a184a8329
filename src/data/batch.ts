// What one pass through a model is fed. Every array has its sequences one after another, so that a batch
// can be cut into equal parts for workers whatever it holds.

/** For a batch of B sequences with a context of T tokens. */
export interface Batch {
  /** int[B·T] */
  readonly tokens: Int32Array;
  /** int[B·K]: what the loss is taken of, K to a sequence, whose mean it is. K is T where `places` is left out. */
  readonly targets: Int32Array;
  /** int[B·K]: the place within its sequence that each target belongs to; by default its own place. */
  readonly places?: Int32Array;
  /** int[B·T]: the token types that encoders tell segments by. */
  readonly types?: Int32Array;
  /** int[B]: tokens of a sequence before its padding, which no token attends to. */
  readonly lengths?: Int32Array;
}

/** The batch in `count` parts of as many sequences each. @param count divides the number of sequences. */
export function partsOf(batch: Batch, count: number): Batch[] {
  return Array.from({ length: count }, (_, i) => {
    const part = (values: Int32Array): Int32Array => values.slice((i * values.length) / count, ((i + 1) * values.length) / count);
    return {
      tokens: part(batch.tokens),
      targets: part(batch.targets),
      ...(batch.places && { places: part(batch.places) }),
      ...(batch.types && { types: part(batch.types) }),
      ...(batch.lengths && { lengths: part(batch.lengths) }),
    };
  });
}
