// What can be told from the statistics over depth, at every recorded step: gradients that vanish or
// explode on their way down, tokens or attention that collapse, layers that no longer move.

import type { WatchdogConfig } from '../../experiment/config';
import type { DepthLayout } from '../../experiment/events';
import { layerRow } from '../../experiment/tags';
import { WATCHED_STATISTICS } from '../../experiment/watchdogFields';
import type { Alert } from './alert';
import { type Latch, observed, UNSEEN } from './latch';
import { medianOf } from './lossAlerts';

/** By code of the alert. Plain JSON. */
export type DepthState = Readonly<Record<string, Latch>>;

export interface DepthReading {
  readonly step: number;
  readonly layout: DepthLayout;
  /** Row-major, as recorded. */
  readonly values: Float32Array;
  /** What weight decay alone moves a layer by in this step, as a share of its weights; undefined where nothing is meant to move. */
  readonly decay: number | undefined;
}

/** By layer, from the lowest; NaN where it was not measured. */
type Layers = readonly number[];

interface Seen {
  /** 1-based. */
  readonly layer: number;
  readonly value: number;
  readonly layers: number;
}

interface Rule {
  readonly code: string;
  readonly column: string;
  /** Undefined: switched off. */
  limit(config: WatchdogConfig): number | undefined;
  /** Within which a trouble is over. */
  relaxed(limit: number): number;
  judge(layers: Layers, limit: number, reading: DepthReading): Seen | undefined;
}

const positive = (limit: number): number | undefined => (limit > 0 ? limit : undefined);

const RULES: readonly Rule[] = [
  {
    code: 'vanishing-gradients',
    column: WATCHED_STATISTICS.vanishingGradients,
    limit: (config) => positive(config.vanishingGradients),
    relaxed: (limit) => 2 * limit,
    judge(layers, limit) {
      const { low, high } = ends(layers);
      return low < limit * high ? from(layers, low / high, (value) => value < limit * high) : undefined;
    },
  },
  {
    code: 'exploding-gradients',
    column: WATCHED_STATISTICS.explodingGradients,
    limit: (config) => positive(config.explodingGradients),
    relaxed: (limit) => limit / 2,
    judge(layers, limit) {
      const { low, high } = ends(layers);
      return high > 0 && low > limit * high ? from(layers, low / high, (value) => value > limit * high) : undefined;
    },
  },
  {
    code: 'rank-collapse',
    column: WATCHED_STATISTICS.rankCollapse,
    limit: (config) => (config.rankCollapse < 1 ? config.rankCollapse : undefined),
    relaxed: (limit) => 1 - 2 * (1 - limit),
    judge: (layers, limit) => among(layers, (value) => value > limit),
  },
  {
    code: 'attention-collapse',
    column: WATCHED_STATISTICS.attentionCollapse,
    limit: (config) => positive(config.attentionCollapse),
    relaxed: (limit) => 2 * limit,
    judge: (layers, limit) => among(layers, (value) => value < limit),
  },
  {
    code: 'dead-layers',
    column: WATCHED_STATISTICS.deadLayers,
    limit: (config) => positive(config.deadLayers),
    relaxed: (limit) => 2 * limit,
    // Decay moves a layer that learns nothing, too: by its own share, a little less where gains and biases count.
    judge: (layers, limit, { decay }) =>
      decay === undefined ? undefined : among(layers, (value) => value < Math.max(limit, MORE_THAN_DECAY * decay)),
  },
];

const MORE_THAN_DECAY = 1.1;

/** @returns the alerts of what has begun or ended, and what to remember. */
export function watchDepth(
  state: DepthState,
  reading: DepthReading,
  config: WatchdogConfig,
): { readonly state: DepthState; readonly alerts: readonly Alert[] } {
  const alerts: Alert[] = [];
  const next: Record<string, Latch> = { ...state };
  for (const rule of RULES) {
    const limit = rule.limit(config);
    const layers = layersOf(reading, rule.column);
    if (limit === undefined || layers === undefined) continue;
    const seen = rule.judge(layers, limit, reading);
    const gone = rule.judge(layers, rule.relaxed(limit), reading) === undefined;
    const before = state[rule.code] ?? UNSEEN;
    const after = observed(before, seen ? 'yes' : gone ? 'no' : 'unsure', config.patience, reading.step);
    next[rule.code] = after;
    if (seen && after.on && !before.on)
      alerts.push({
        code: rule.code,
        place: layerRow(seen.layer),
        value: spelled(seen.value),
        layers: seen.layers,
        since: after.since,
        limit,
      });
    if (!after.on && before.on) alerts.push({ code: `${rule.code}-over`, since: before.since });
  }
  return { state: next, alerts };
}

function layersOf({ layout, values }: DepthReading, name: string): Layers | undefined {
  const column = layout.columns.indexOf(name);
  if (column < 0) return undefined;
  const absent = new Set((layout.absent ?? []).filter(([, c]) => c === column).map(([row]) => row));
  const first = layout.rows.indexOf(layerRow(1));
  const layers = layout.rows.filter((row, i) => row === layerRow(i - first + 1)).length;
  return Array.from({ length: layers }, (_, i) => {
    const row = first + i;
    return absent.has(row) ? Number.NaN : (values[row * layout.columns.length + column] ?? Number.NaN);
  });
}

/** The lowest and the highest tenth of the layers, each by its median: one odd layer says nothing about depth. */
function ends(layers: Layers): { readonly low: number; readonly high: number } {
  const some = Math.ceil(layers.length / 10);
  return { low: medianOf(layers.slice(0, some)), high: medianOf(layers.slice(-some)) };
}

/** Gradients come from above: the trouble begins at the highest layer that has it. */
function from(layers: Layers, value: number, bad: (value: number) => boolean): Seen {
  return { layer: layers.findLastIndex(bad) + 1, value, layers: layers.filter(bad).length };
}

/** The lowest layer that has it, which is where forward meets it first. */
function among(layers: Layers, bad: (value: number) => boolean): Seen | undefined {
  const first = layers.findIndex(bad);
  return first < 0 ? undefined : { layer: first + 1, value: layers[first] as number, layers: layers.filter(bad).length };
}

function spelled(value: number): string {
  return Math.abs(value) >= 0.01 && Math.abs(value) < 1e4 ? value.toFixed(3) : value.toExponential(1);
}
