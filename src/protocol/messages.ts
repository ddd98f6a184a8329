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
  RunOutcomes,
  RunStatus,
  RunText,
  Series,
  SeriesRequest,
  Tile,
  TileRequest,
} from '../experiment/view';
import type { ConfigAction, ConfigEdit, ConfigState, Said } from './configuration';

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

/** What a page needs to know of a task that checkpoints can be asked. */
export interface TaskFacts {
  readonly name: string;
  readonly title: string;
  readonly documentation: string;
  /** What its official files are called and hold. */
  readonly files: readonly string[];
  /** The metric that stands for it. */
  readonly headline: string;
  /** Share that guessing gets right; absent where nobody guesses. */
  readonly chance?: number;
  /** Whether an encoder that was trained for pairs can be asked. */
  readonly pairs: boolean;
}

export interface EvaluateRequest {
  readonly task: string;
  /** Of the checkpoint. */
  readonly step: number;
  /** Of the running average of the weights. */
  readonly averaged: boolean;
  /** Only the first so many examples; absent asks all. */
  readonly limit?: number;
}

export interface GenerateRequest {
  readonly prompt: string;
  /** Of the checkpoint. */
  readonly step: number;
  readonly tokens: number;
  /** Texts to write, each with a seed of its own. */
  readonly count: number;
  readonly temperature: number;
  /** Only so many of the likeliest tokens are drawn from; absent draws from all. */
  readonly topK?: number;
  readonly seed: number;
}

export type JobKind = 'evaluate' | 'generate';

/** What a checkpoint is asked just now, or was last; each message tells the whole of it. */
export interface Job {
  readonly kind: JobKind;
  readonly running: boolean;
  /** Of the checkpoint. */
  readonly step: number;
  /** Task or prompt. */
  readonly about: string;
  /** How far it is. */
  readonly done?: number;
  readonly of?: number;
  /** What it has written so far, a text for each seed. */
  readonly texts: readonly string[];
  /** Why it failed, for a person. */
  readonly error?: string;
}

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
  | { readonly type: 'ask-outcomes'; readonly id: number }
  /** Asks a checkpoint; the files of a task are a person's to choose. */
  | { readonly type: 'evaluate'; readonly request: EvaluateRequest }
  | { readonly type: 'generate'; readonly request: GenerateRequest }
  /** Ends what a checkpoint is asked. */
  | { readonly type: 'end-job'; readonly kind: JobKind }
  /** What the form shows of the configuration with these edits. */
  | { readonly type: 'ask-config'; readonly id: number; readonly edits: readonly ConfigEdit[] }
  /** Does something with the edits; `step` is that of the checkpoint to fork from. */
  | {
      readonly type: 'change-config';
      readonly id: number;
      readonly action: ConfigAction;
      readonly edits: readonly ConfigEdit[];
      readonly step?: number;
    }
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
  /** What can be asked of checkpoints here, after `hello` and whenever it changed. */
  | { readonly type: 'abilities'; readonly trusted: boolean; readonly tasks: readonly TaskFacts[] }
  | { readonly type: 'job'; readonly job: Job }
  | { readonly type: 'status'; readonly status: RunStatus }
  | { readonly type: 'extent'; readonly extent: RunExtent; readonly texts: readonly RunText[] }
  /** All compared runs, whenever one came or went; `show` brings a tab to the front. */
  | { readonly type: 'compared'; readonly runs: readonly ComparedRun[]; readonly show?: ComparedTab }
  /** The run's configuration file is another one now. */
  | { readonly type: 'config-changed' }
  | { readonly type: 'compared-status'; readonly run: number; readonly status: RunStatus }
  | { readonly type: 'compared-extent'; readonly run: number; readonly extent: RunExtent; readonly texts: readonly RunText[] }
  | { readonly type: 'tile'; readonly id: number; readonly tile: Tile }
  | { readonly type: 'series'; readonly id: number; readonly series: Series }
  | { readonly type: 'profile'; readonly id: number; readonly profile: Profile }
  | { readonly type: 'histogram'; readonly id: number; readonly histogram: Histogram }
  | { readonly type: 'outcomes'; readonly id: number; readonly outcomes: RunOutcomes }
  | { readonly type: 'config'; readonly id: number; readonly config: ConfigState }
  | { readonly type: 'config-done'; readonly id: number; readonly said: Said }
  /** The question could not be answered; the words are for a person. */
  | { readonly type: 'refused'; readonly id: number; readonly why: string };
