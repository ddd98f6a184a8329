// What an event file says, once decoded: the vocabulary shared by the writer (trainer) and readers
// (observe, cli). `eventWriter.ts` and `eventReader.ts` turn these into TensorBoard's records and back.

/** Names of the depth tensor's rows and columns; carried in the summary metadata of its first event. */
export interface DepthLayout {
  readonly rows: readonly string[];
  /** `activation_rms`, `activation_rms/attention`, … */
  readonly columns: readonly string[];
  /** `[row, column]` of cells that do not exist, such as the branch ratio of the embedding; they hold 0. */
  readonly absent?: readonly (readonly [number, number])[];
}

/** What the rows and bins of a kind of histogram are; carried in the summary metadata of its first event. */
export interface HistogramLayout {
  readonly rows: readonly string[];
  /** Ascending; bin i holds what lies above edge i − 1 and not above edge i, the last bin what lies above all. */
  readonly edges: readonly number[];
}

interface At {
  readonly step: number;
  /** Seconds since the epoch on the writer's clock. */
  readonly wallTime: number;
}

export type RunEvent =
  | (At & { readonly kind: 'version'; readonly version: string })
  /** Everything an older file recorded at or after this step is superseded. */
  | (At & { readonly kind: 'session-start' })
  | (At & { readonly kind: 'scalars'; readonly values: Readonly<Record<string, number>> })
  /** `layout` is present on the first depth event of a file; `values` is row-major `[rows, columns]`. */
  | (At & {
      readonly kind: 'depth';
      readonly layout?: DepthLayout;
      readonly rows: number;
      readonly columns: number;
      readonly values: Float32Array;
    })
  /** Counts, row-major `[rows, bins]`; `layout` is present on the first event of its name in a file. */
  | (At & {
      readonly kind: 'histogram';
      /** `activations`, `gradients` or `weights`. */
      readonly name: string;
      readonly layout?: HistogramLayout;
      readonly rows: number;
      readonly bins: number;
      readonly values: Float32Array;
    })
  | (At & { readonly kind: 'text'; readonly tag: string; readonly text: string });
