// What whoever shows a run holds in hand, whether the run is observed in this thread
// (`ObservedRun`) or in a worker (`Observer.openRun`).

import type {
  Histogram,
  HistogramRequest,
  Profile,
  ProfileRequest,
  RunExtent,
  RunOutcomes,
  RunStatus,
  RunText,
  Series,
  SeriesRequest,
  Tile,
  TileRequest,
} from '../experiment/view';
import type { RunNotes } from './notes';

export interface Disposable {
  dispose(): void;
}

export interface RunSnapshot {
  readonly status: RunStatus;
  readonly extent: RunExtent;
  readonly texts: readonly RunText[];
  /** `config.json`, parsed and not checked; absent where it is missing or cannot be read. */
  readonly config?: unknown;
}

/** `texts` are those that came since the last call, or all of them where the generation is a new one. */
export type ExtentListener = (extent: RunExtent, texts: readonly RunText[]) => void;

/** One run of a list. A run that is gone is told once more, with state `missing`. */
export interface RunSummary extends RunStatus {
  /** Absent where there is no `notes.json`, or none that can be read. */
  readonly notes?: RunNotes;
}

/** Every question rejects with `Failure` `run-closed` after `close`. */
export interface RunView {
  /** Waits for the first look at the files, but not for a long history to be read to its end. */
  snapshot(): Promise<RunSnapshot>;
  /** Rejects with `Failure` `unknown-statistic`. */
  tile(request: TileRequest): Promise<Tile>;
  /** Rejects with `Failure` `unknown-statistic`. */
  series(request: SeriesRequest): Promise<Series>;
  /** Rejects with `Failure` `unknown-statistic` or `unknown-column`. */
  profile(request: ProfileRequest): Promise<Profile>;
  /** Rejects with `Failure` `unknown-histogram`. */
  histogram(request: HistogramRequest): Promise<Histogram>;
  /** Evaluations, samples and checkpoints as they are now; `RunExtent.outcomes` says when to ask again. */
  outcomes(): Promise<RunOutcomes>;
  onStatus(listener: (status: RunStatus) => void): Disposable;
  onExtent(listener: ExtentListener): Disposable;
  /** Nobody looks: files are looked at every few seconds only. */
  setActive(active: boolean): void;
  close(): void;
}
