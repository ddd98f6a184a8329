// What the dashboard host and the page say to each other. `hello` is one snapshot; after it the host
// sends `status` and `extent` as they change while the page is visible, and answers questions by id.
// Whatever comes from a page is checked by `guards.ts` before it is believed. Runs laid beside the
// panel's own have numbers; what carries none is about the panel's own run.

import type { ExperimentConfig } from '../experiment/config';
import type {
  Histogram,
  HistogramRequest,
  Profile,
  ProfileRequest,
  RunExtent,
  RunStatus,
  RunText,
  Series,
  SeriesRequest,
  Tile,
  TileRequest,
} from '../experiment/view';

export const PROTOCOL_VERSION = 2;

export type RunAction = 'pause' | 'resume' | 'stop' | 'checkpoint' | 'show-log' | 'open-folder' | 'open-configuration' | 'compare';

export type SaveFormat = 'svg' | 'png' | 'csv' | 'html';

/** A plot, its data or a report, for a person to put where they want. */
export interface SaveFile {
  /** Suggested file name, with its extension. */
  readonly name: string;
  readonly format: SaveFormat;
  readonly data: Uint8Array;
}

/** Tabs that show compared runs. */
export type ComparedTab = 'compare' | 'curves';

/** A run laid beside the panel's own. */
export interface ComparedRun {
  /** Never used twice by a panel. */
  readonly run: number;
  readonly status: RunStatus;
  readonly extent: RunExtent;
  readonly texts: readonly RunText[];
  readonly config?: ExperimentConfig;
}

export type PageMessage =
  | { readonly type: 'ready'; readonly protocol: number }
  | { readonly type: 'ask-tile'; readonly id: number; readonly request: TileRequest; readonly run?: number }
  | { readonly type: 'ask-series'; readonly id: number; readonly request: SeriesRequest; readonly run?: number }
  | { readonly type: 'ask-profile'; readonly id: number; readonly request: ProfileRequest; readonly run?: number }
  | { readonly type: 'ask-histogram'; readonly id: number; readonly request: HistogramRequest; readonly run?: number }
  | { readonly type: 'action'; readonly action: RunAction }
  | { readonly type: 'save'; readonly file: SaveFile }
  /** Takes a compared run away. */
  | { readonly type: 'dismiss'; readonly run: number };

export type HostMessage =
  | {
      readonly type: 'hello';
      readonly protocol: number;
      readonly status: RunStatus;
      readonly extent: RunExtent;
      readonly texts: readonly RunText[];
      /** Absent where `config.json` is missing or cannot be read. */
      readonly config?: ExperimentConfig;
      /** Localised words by key; the page has none of its own. */
      readonly strings: Readonly<Record<string, string>>;
    }
  | { readonly type: 'status'; readonly status: RunStatus }
  | { readonly type: 'extent'; readonly extent: RunExtent; readonly texts: readonly RunText[] }
  /** All compared runs, whenever one came or went; `show` brings a tab to the front. */
  | { readonly type: 'compared'; readonly runs: readonly ComparedRun[]; readonly show?: ComparedTab }
  | { readonly type: 'compared-status'; readonly run: number; readonly status: RunStatus }
  | { readonly type: 'compared-extent'; readonly run: number; readonly extent: RunExtent; readonly texts: readonly RunText[] }
  | { readonly type: 'tile'; readonly id: number; readonly tile: Tile }
  | { readonly type: 'series'; readonly id: number; readonly series: Series }
  | { readonly type: 'profile'; readonly id: number; readonly profile: Profile }
  | { readonly type: 'histogram'; readonly id: number; readonly histogram: Histogram }
  /** The question could not be answered; the words are for a person. */
  | { readonly type: 'refused'; readonly id: number; readonly why: string };
