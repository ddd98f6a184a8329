// What the observer's client and its worker say to each other. Runs, watches and questions have
// numbers that the client gives out and never uses twice.

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
import type { RunSnapshot, RunSummary } from './runView';

export type Question =
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'tile'; readonly request: TileRequest }
  | { readonly kind: 'series'; readonly request: SeriesRequest }
  | { readonly kind: 'profile'; readonly request: ProfileRequest }
  | { readonly kind: 'histogram'; readonly request: HistogramRequest }
  | { readonly kind: 'outcomes' };

export type Answer = RunSnapshot | Tile | Series | Profile | Histogram | RunOutcomes;

export type ToWorker =
  | { readonly type: 'watch'; readonly watch: number; readonly folders: readonly string[] }
  | { readonly type: 'unwatch'; readonly watch: number }
  | { readonly type: 'open'; readonly run: number; readonly directory: string; readonly generation: number; readonly active: boolean }
  | { readonly type: 'close'; readonly run: number }
  | { readonly type: 'active'; readonly run: number; readonly active: boolean }
  | { readonly type: 'ask'; readonly run: number; readonly id: number; readonly question: Question };

export type FromWorker =
  | { readonly type: 'runs'; readonly watch: number; readonly runs: readonly RunSummary[] }
  | { readonly type: 'status'; readonly run: number; readonly status: RunStatus }
  | { readonly type: 'extent'; readonly run: number; readonly extent: RunExtent; readonly texts: readonly RunText[] }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly type: 'refused'; readonly id: number; readonly code: string; readonly args: Readonly<Record<string, string | number>> };
