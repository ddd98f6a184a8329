// What can be named in a configuration and seen in a dashboard, as plain data. The model room fills
// it (`src/model/catalogue.ts`); validation, schema, hovers and pages only read it. So a new scheme
// or statistic is one file or one entry there, and it appears everywhere.

export interface OptionDescriptor {
  readonly name: string;
  readonly documentation: string;
  readonly default: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** A residual scheme: how a sublayer's output joins the residual stream. */
export interface SchemeDescriptor {
  readonly name: string;
  readonly title: string;
  /** Plain text with the symbols of methods.md, such as `x ← LN(0.974·x + f(x))`. */
  readonly formula: string;
  readonly documentation: string;
  /** Where the formula was read, such as `arXiv 2204.04477 (our reading of a secondary source)`. */
  readonly source: string;
  readonly options: readonly OptionDescriptor[];
  readonly defaultInitialisation: string;
  /** Initialisations that shrink by depth what the scheme shrinks already. */
  readonly unfitInitialisations?: readonly string[];
  /** The norm that it was made with, where that is not LayerNorm. */
  readonly defaultNorm?: string;
  /** Whether a norm stands before the head unless the configuration says otherwise. */
  readonly finalNorm: boolean;
  /**
   * `post-ln`: every way through the depth passes the LayerNorms; needs warm-up or few layers. `pre-ln`: an
   * identity path from end to end with normalised branches. `other`: neither. Findings are built on it.
   */
  readonly family: 'post-ln' | 'pre-ln' | 'other';
}

export interface NamedDescriptor {
  readonly name: string;
  readonly title: string;
  readonly documentation: string;
  readonly formula?: string;
  readonly source?: string;
}

export interface ScheduleDescriptor extends NamedDescriptor {
  readonly formula: string;
  /** Fields of `schedule` that it reads besides `warmup`, which all read. */
  readonly reads: readonly OwnScheduleField[];
}

/** Fields of `schedule` that some schedules read and others do not. */
export const OWN_SCHEDULE_FIELDS = ['final', 'decay', 'decayShape'] as const;
export type OwnScheduleField = (typeof OWN_SCHEDULE_FIELDS)[number];

export interface OptimiserDescriptor extends NamedDescriptor {
  readonly formula: string;
  readonly source: string;
  /** Fields of `optimiser` that it reads besides those that all read (`layerRate`, `clip`), and what they are unless given. */
  readonly reads: Readonly<Partial<Record<OwnOptimiserField, number>>> & { readonly learningRate: number };
}

/** Fields of `optimiser` that some optimisers read and others do not. */
export const OWN_OPTIMISER_FIELDS = ['learningRate', 'beta1', 'beta2', 'momentum', 'epsilon', 'weightDecay'] as const;
export type OwnOptimiserField = (typeof OWN_OPTIMISER_FIELDS)[number];

/** A statistic over depth. Its column names are `name`, `name/attention` and `name/feed_forward`. */
export interface StatisticDescriptor extends NamedDescriptor {
  readonly formula: string;
  /** The paper or course that watches it. */
  readonly source: string;
  /** `1` for a plain number. */
  readonly unit: string;
  /** The scale a picture of it starts with. */
  readonly scale: 'log' | 'linear';
  /** Which columns exist besides the layer's own. */
  readonly split: boolean;
}

export interface Catalogue {
  readonly schemes: readonly SchemeDescriptor[];
  readonly initialisations: readonly NamedDescriptor[];
  readonly activations: readonly NamedDescriptor[];
  readonly norms: readonly NamedDescriptor[];
  readonly optimisers: readonly OptimiserDescriptor[];
  readonly schedules: readonly ScheduleDescriptor[];
  readonly statistics: readonly StatisticDescriptor[];
}
