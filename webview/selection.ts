// What a person chose in a dashboard. It is kept in the webview's own state, survives a reload of the
// window, and is checked when it comes back: an older page may have written it.

import { isRecord } from '../src/experiment/record';
import type { Span } from '../src/experiment/view';
import type { ConfigEdit } from '../src/protocol/configuration';
import { parseEdits } from '../src/protocol/configurationGuards';
import { ALERT_KINDS, type AlertKind } from './alerts';
import type { Transform } from './axes';
import type { RangeMode } from './heatmap/range';
import type { Extreme } from './picture';
import { PARTS, type Part } from './statistics';

/** What a drag over a plot does. */
export type Drag = 'zoom' | 'pan' | 'pin';
export const DRAGS: readonly Drag[] = ['zoom', 'pan', 'pin'];

/** In the order in which they stand. */
export const TABS = ['depth', 'curves', 'compare', 'alerts', 'config', 'evaluate', 'samples'] as const;
export type Tab = (typeof TABS)[number];

/** What the curves run along. */
export type Along = 'step' | 'tokens' | 'time';
export const ALONG: readonly Along[] = ['step', 'tokens', 'time'];

/** How the curves tab shows what it shows. */
export interface CurveChoices {
  /** Weight of the past in the moving average, 0 for none. */
  readonly smoothing: number;
  readonly along: Along;
  readonly across: Transform;
  /** Of values; `auto` as fits the quantity. */
  readonly up: Transform | 'auto';
  /** Whether the numbers stand below the charts. */
  readonly table: boolean;
}

/** Which step of each compared run the profiles show. */
export const COMPARE_AT = ['newest', 'same'] as const;

export interface CompareChoices {
  readonly at: (typeof COMPARE_AT)[number];
  /** Column of the table of runs; empty: as they came. */
  readonly sort: string;
  readonly descending: boolean;
}

/** Numbers that say how a checkpoint writes, and their bounds. */
export const SAMPLE_NUMBERS = [
  { name: 'temperature', least: 0, most: 100, step: 'any' },
  { name: 'topK', least: 1, most: 999_999_999, step: 1 },
  { name: 'tokens', least: 1, most: 4096, step: 1 },
  { name: 'count', least: 1, most: 16, step: 1 },
  { name: 'seed', least: 0, most: 999_999_999, step: 1 },
] as const;

/** What a person last asked checkpoints to write, and how. */
export interface SampleChoices extends Readonly<Partial<Record<(typeof SAMPLE_NUMBERS)[number]['name'], number>>> {
  readonly prompt: string;
}

export interface Selection {
  readonly tab: Tab;
  readonly compare: CompareChoices;
  readonly curves: CurveChoices;
  /** Kinds that the list of alerts leaves out. */
  readonly hiddenAlerts: readonly AlertKind[];
  readonly samples: SampleChoices;
  /** Undefined: the first recorded one. */
  readonly statistic?: string | undefined;
  readonly part: Part;
  /** By statistic, where a person chose differently from the catalogue. */
  readonly transforms: Readonly<Record<string, Transform>>;
  readonly range: RangeMode;
  readonly extreme: Extreme;
  /** Row of the depth layout. */
  readonly row: number;
  /** Training step; undefined follows the newest. */
  readonly step?: number | undefined;
  /** Pinned training steps. */
  readonly pins: readonly number[];
  /** Pinned rows of the depth layout. */
  readonly layers: readonly number[];
  readonly drag: Drag;
  /** Kind of histogram in the place of the profile. */
  readonly spread?: string | undefined;
  /** Of playback; 1 is normal. */
  readonly speed: number;
  readonly table: boolean;
  /** Of the configuration, not yet saved, applied or forked. */
  readonly edits: readonly ConfigEdit[];
  /** Zoomed part in recorded columns and rows; undefined shows everything. */
  readonly zoom?: { readonly columns: Span; readonly rows: Span } | undefined;
}

/** Pins beyond this number replace the oldest: more lines could not be told apart. */
export const MOST_PINS = 4;

export const FIRST_SELECTION: Selection = {
  tab: 'depth',
  curves: { smoothing: 0, along: 'step', across: 'linear', up: 'auto', table: false },
  compare: { at: 'newest', sort: '', descending: false },
  hiddenAlerts: [],
  samples: { prompt: 'It was ', temperature: 0.8, tokens: 200, count: 1, seed: 0 },
  part: 'layer',
  transforms: {},
  range: 'robust',
  extreme: 'maximum',
  row: 1,
  pins: [],
  layers: [],
  drag: 'zoom',
  speed: 1,
  table: false,
  edits: [],
};

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function oneOf<Choice extends string>(value: unknown, choices: readonly Choice[], otherwise: Choice): Choice {
  return choices.find((choice) => choice === value) ?? otherwise;
}

function parseSpan(value: unknown): Span | undefined {
  return isRecord(value) && isNumber(value.from) && isNumber(value.to) && value.to > value.from
    ? { from: value.from, to: value.to }
    : undefined;
}

const TRANSFORMS = ['log', 'linear'] as const;

function parseCurves(stored: unknown): CurveChoices {
  if (!isRecord(stored)) return FIRST_SELECTION.curves;
  return {
    smoothing: isNumber(stored.smoothing) && stored.smoothing < 1 ? stored.smoothing : 0,
    along: oneOf(stored.along, ALONG, 'step'),
    across: oneOf(stored.across, TRANSFORMS, 'linear'),
    up: oneOf(stored.up, ['auto', ...TRANSFORMS], 'auto'),
    table: stored.table === true,
  };
}

function parseCompare(stored: unknown): CompareChoices {
  if (!isRecord(stored)) return FIRST_SELECTION.compare;
  const sort = typeof stored.sort === 'string' ? stored.sort : '';
  return { at: oneOf(stored.at, COMPARE_AT, 'newest'), sort, descending: stored.descending === true };
}

function parseKinds(stored: unknown): readonly AlertKind[] {
  return Array.isArray(stored) ? ALERT_KINDS.filter((kind) => stored.includes(kind)) : [];
}

function parseSamples(stored: unknown): SampleChoices {
  if (!isRecord(stored) || typeof stored.prompt !== 'string') return FIRST_SELECTION.samples;
  const numbers = SAMPLE_NUMBERS.flatMap(({ name, least, most }): [string, number][] => {
    const value = stored[name];
    return isNumber(value) && value >= least && value <= most ? [[name, value]] : [];
  });
  return { prompt: stored.prompt, ...Object.fromEntries(numbers) };
}

/** A selection from stored state, with defaults for whatever is missing or not understood. */
export function parseSelection(stored: unknown): Selection {
  if (!isRecord(stored)) return FIRST_SELECTION;
  const transforms = isRecord(stored.transforms) ? Object.entries(stored.transforms) : [];
  const columns = isRecord(stored.zoom) ? parseSpan(stored.zoom.columns) : undefined;
  const rows = isRecord(stored.zoom) ? parseSpan(stored.zoom.rows) : undefined;
  return {
    tab: oneOf(stored.tab, TABS, 'depth'),
    curves: parseCurves(stored.curves),
    compare: parseCompare(stored.compare),
    hiddenAlerts: parseKinds(stored.hiddenAlerts),
    samples: parseSamples(stored.samples),
    statistic: typeof stored.statistic === 'string' ? stored.statistic : undefined,
    part: oneOf(stored.part, PARTS, 'layer'),
    transforms: Object.fromEntries(transforms.filter((entry): entry is [string, Transform] => entry[1] === 'log' || entry[1] === 'linear')),
    range: oneOf(stored.range, ['all', 'robust', 'recent'], FIRST_SELECTION.range),
    extreme: oneOf(stored.extreme, ['maximum', 'minimum'], 'maximum'),
    row: isNumber(stored.row) ? Math.floor(stored.row) : FIRST_SELECTION.row,
    step: isNumber(stored.step) ? stored.step : undefined,
    pins: Array.isArray(stored.pins) ? stored.pins.filter(isNumber).slice(-MOST_PINS) : [],
    layers: Array.isArray(stored.layers) ? stored.layers.filter(isNumber).map(Math.floor).slice(-MOST_PINS) : [],
    spread: typeof stored.spread === 'string' ? stored.spread : undefined,
    drag: oneOf(stored.drag, DRAGS, FIRST_SELECTION.drag),
    speed: isNumber(stored.speed) && stored.speed > 0 ? stored.speed : FIRST_SELECTION.speed,
    table: stored.table === true,
    edits: parseEdits(stored.edits) ?? [],
    zoom: columns && rows ? { columns, rows } : undefined,
  };
}
