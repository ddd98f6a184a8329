// What a watcher asks of a run and gets: the questions of the dashboard, answered by `src/observe`
// from event files and carried by `src/protocol` to the page. All arrays are plain typed arrays, so
// that they cross a worker's port and a webview's `postMessage` as binary.
//
// "Column" c of a run is its c-th recorded depth event that is not superseded (0-based); `steps[c]`
// is the training step it belongs to. A statistic is named by its column name in `DepthLayout`.

import type { DepthLayout } from './events';
import type { RunRecord, RunState } from './run';

/** Half-open interval. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface TileRequest {
  readonly statistic: string;
  /** Rows of the depth layout (embedding, layers, head). */
  readonly rows: Span;
  /** Recorded columns. */
  readonly columns: Span;
  /** Largest size wanted; a tile is never larger than the data either. */
  readonly width: number;
  readonly height: number;
}

/** Bits of `Tile.flags`. */
export const CELL_NAN = 1;
export const CELL_INFINITE = 2;
export const CELL_EMPTY = 4;

/**
 * A rectangle of one statistic, decimated to at most the pixels asked for. Cell (x, y) covers
 * columns `columns.from + ⌊x·n/width⌋ …` and rows likewise; index `x·height + y` (a column of the
 * picture is contiguous, so that a live column is one upload).
 */
export interface Tile {
  readonly statistic: string;
  readonly rows: Span;
  readonly columns: Span;
  readonly width: number;
  readonly height: number;
  /** Over the cell's finite values; 0 where there is none. */
  readonly minimum: Float32Array;
  readonly maximum: Float32Array;
  readonly flags: Uint8Array;
  /** Training step of the first column that each x covers; length width. */
  readonly steps: Float64Array;
}

/** A curve: a scalar by tag, or one row of a statistic. */
export type SeriesSource = { readonly scalar: string } | { readonly statistic: string; readonly row: number };

export interface SeriesRequest {
  readonly source: SeriesSource;
  /** Training steps. */
  readonly steps: Span;
  /** Largest number of points wanted. */
  readonly points: number;
  /** Weight of the past after one training step in an exponential moving average, 0 ≤ w < 1; of scalars only. 0 or absent: none. */
  readonly smoothing?: number;
}

/** Decimated to buckets; minimum = maximum = the value where nothing was merged. */
export interface Series {
  readonly source: SeriesSource;
  readonly steps: Float64Array;
  readonly minimum: Float32Array;
  readonly maximum: Float32Array;
  readonly flags: Uint8Array;
  /** Of scalars: when each bucket's first point was recorded, in seconds since the epoch on the writer's clock. */
  readonly times?: Float64Array;
  /** Where smoothing was asked for: the moving average after each bucket's last point; NaN before the first number. */
  readonly smoothed?: Float32Array;
}

/** One recorded column, or the last one at or before a training step (the first one before them all). */
export type ProfileRequest = { readonly statistics: readonly string[] } & ({ readonly column: number } | { readonly step: number });

/** One recorded step over depth: `values[statistic·rows + row]`, NaN and Inf as recorded. */
export interface Profile {
  readonly statistics: readonly string[];
  readonly column: number;
  readonly step: number;
  readonly rows: number;
  readonly values: Float32Array;
}

/** Of a kind that `RunExtent.histograms` names: the last one kept at or before a training step, else the first. */
export interface HistogramRequest {
  readonly name: string;
  readonly step: number;
}

/** How values spread over depth at one step: `values[row·(edges + 1) + bin]`, counts as recorded. */
export interface Histogram {
  readonly name: string;
  readonly step: number;
  /** Steps that can be asked for; of many, older ones are thinned out. */
  readonly steps: readonly number[];
  readonly rows: readonly string[];
  /** Ascending; bin i lies above edge i − 1 and not above edge i. */
  readonly edges: readonly number[];
  readonly values: Float32Array;
}

/** Something said with a step: alerts, edits, command outcomes. */
export interface RunText {
  readonly step: number;
  readonly tag: string;
  readonly text: string;
}

/** A problem with the files themselves, such as a bad checksum at an offset. */
export interface FileProblem {
  readonly code: string;
  readonly args: Readonly<Record<string, string | number>>;
}

/** One evaluation of a checkpoint, `evaluations/*.json`. */
export interface Evaluation {
  readonly task: string;
  /** Of the checkpoint. */
  readonly step: number;
  /** Of the running average of the weights instead of the weights. */
  readonly averaged: boolean;
  /** Numbers by name; null where one is not finite. Shares are from 0 to 1. */
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly examples: number;
  /** Whether only the first examples were asked. */
  readonly limited: boolean;
  /** Examples that lost their left end. */
  readonly shortened: number;
}

/** Text that a checkpoint wrote, `samples/*.json`. */
export interface TextSample {
  /** File in `samples/`. */
  readonly file: string;
  /** Of the checkpoint. */
  readonly step: number;
  readonly prompt: string;
  /** What follows the prompt. */
  readonly text: string;
  readonly sampling: Readonly<Record<string, number>>;
}

/** What was asked of a run's checkpoints, and which there are to ask. */
export interface RunOutcomes {
  /** Earliest step first. */
  readonly evaluations: readonly Evaluation[];
  /** Newest first, at most so many as a page can show. */
  readonly samples: readonly TextSample[];
  /** Steps, ascending. */
  readonly checkpoints: readonly number[];
  /** Files that are none of these, or damaged. */
  readonly problems: readonly FileProblem[];
}

/** State of one run as a watcher sees it. */
export interface RunStatus {
  readonly directory: string;
  readonly state: RunState | 'unreadable' | 'missing';
  readonly record?: RunRecord;
  readonly problems: readonly FileProblem[];
}

/** How much there is to ask for. */
export interface RunExtent {
  readonly layout?: DepthLayout;
  /** Number of recorded columns. */
  readonly columns: number;
  /** Steps of the first and last column; 0 where there is none. */
  readonly firstStep: number;
  readonly lastStep: number;
  /** Last step of any scalar. */
  readonly lastScalarStep: number;
  readonly scalars: readonly string[];
  /** Kinds of histograms over depth and the newest step of each; absent where there are none. */
  readonly histograms?: Readonly<Record<string, number>>;
  /** Grows by one whenever earlier columns were superseded (crash and resume): pictures start anew. */
  readonly generation: number;
  /** Number of text events so far. */
  readonly texts: number;
  /** Changes whenever `RunOutcomes` may have; absent where there is nothing of the kind. */
  readonly outcomes?: string;
}
