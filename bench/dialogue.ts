// What a subject and the bench say to each other, one line of JSON at a time: the bench asks, the subject
// answers. The subject speaks first, once it is ready.

export interface Ready {
  /** Such as `onnxruntime 1.30.0, 2 workers`. */
  readonly subject: string;
  /** Seconds from the start of its process until it could train, and those of them that allocated and filled the weights. */
  readonly startup: number;
  readonly initialisation: number;
  /** FLOPs per token that training takes in matrix products. */
  readonly flopsPerToken: number;
}

export interface Ask {
  readonly steps: number;
  readonly statistics: boolean;
}

export interface Answer {
  /** Of each step, in seconds and nats. */
  readonly seconds: readonly number[];
  readonly losses: readonly number[];
  /** Seconds of all steps together by what they went into; absent where a subject cannot tell. */
  readonly parts?: Readonly<Record<string, number>>;
  /** Peak resident memory so far, in bytes. */
  readonly peak: number;
}
