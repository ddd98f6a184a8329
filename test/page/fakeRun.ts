// A run that never was, as a pure function of its seed: a hundred layers whose statistics look like
// training (warm-up transient, decay over depth, a layer that drifts), with a NaN burst and an
// infinity in known places. Answers are cut here the slow and obvious way.

import type { ExperimentConfig } from '../../src/experiment/config';
import type { DepthLayout } from '../../src/experiment/events';
import { EMBEDDING_ROW, HEAD_ROW, layerRow } from '../../src/experiment/tags';
import {
  CELL_EMPTY,
  CELL_INFINITE,
  CELL_NAN,
  type Histogram,
  type HistogramRequest,
  type Profile,
  type ProfileRequest,
  type RunExtent,
  type Series,
  type SeriesRequest,
  type Tile,
  type TileRequest,
} from '../../src/experiment/view';
import { config as anyConfig } from '../unit/experiment/config';

export const LAYERS = 100;
export const EVERY = 5;
export const STEPS = 2000;
/** Where the gradient of an attention sublayer is not finite: columns and rows of the depth layout. */
export const NAN_AT = { columns: { from: 96, to: 100 }, rows: { from: 60, to: 72 } };
export const INFINITE_AT = { column: 100, row: 60 };

const NAMES = ['activation_rms', 'residual_sum_rms', 'branch_ratio', 'gradient_rms', 'gradient_norm', 'weight_norm', 'update_ratio'];

export function layout(layers: number): DepthLayout {
  const rows = [EMBEDDING_ROW, ...Array.from({ length: layers }, (_, index) => layerRow(index + 1)), HEAD_ROW];
  const columns = NAMES.flatMap((name) => [name, `${name}/attention`, `${name}/feed_forward`]);
  const absent = columns.flatMap((column, index): [number, number][] =>
    column.includes('/') || column === 'branch_ratio' || column === 'residual_sum_rms'
      ? [
          [0, index],
          [rows.length - 1, index],
        ]
      : [],
  );
  return { rows, columns, absent };
}

/** Seconds since the epoch at step 0; a step takes four. */
const START = 1.78e9;

/** Uniform in 0…1 from integers: a multiplicative hash, the same everywhere. */
function noise(...keys: readonly number[]): number {
  let hash = 0x9e3779b9;
  for (const key of keys) {
    hash = Math.imul(hash ^ (key + 0x7f4a7c15), 0x85ebca6b);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 2 ** 32;
}

const SLOPE: Readonly<Record<string, number>> = { activation_rms: 0.4, gradient_rms: 2.6, gradient_norm: 1.8, update_ratio: -0.4 };
const LEVEL: Readonly<Record<string, number>> = { gradient_rms: -13, gradient_norm: -3, update_ratio: -6.5, branch_ratio: -1.5 };

/** What a statistic's values follow from, read out of its name once. */
function kindOf(name: string) {
  const [base = '', part] = name.split('/');
  return { base, part, which: NAMES.indexOf(base), level: LEVEL[base] ?? 0, slope: SLOPE[base] ?? 0 };
}

const ABSENT_KIND = kindOf('');

export class FakeRun {
  readonly layout: DepthLayout;
  private readonly kinds: readonly ReturnType<typeof kindOf>[];
  private readonly absent: ReadonlySet<string>;

  constructor(
    readonly layers: number,
    public columns: number,
    public generation = 0,
    /** Makes runs differ: 0 is the one that most tests look at. */
    private readonly skew = 0,
    private readonly histograms = false,
  ) {
    this.layout = layout(layers);
    this.kinds = this.layout.columns.map(kindOf);
    this.absent = new Set(this.layout.absent?.map(([row, column]) => `${row} ${column}`));
  }

  private lacks(statistic: number, row: number): boolean {
    // Only the ends lack anything.
    return (row === 0 || row === this.layout.rows.length - 1) && this.absent.has(`${row} ${statistic}`);
  }

  step(column: number): number {
    return (column + 1) * EVERY;
  }

  value(statistic: number, row: number, column: number): number {
    const { base, part, which, level, slope } = this.kinds[statistic] ?? ABSENT_KIND;
    const depth = row / this.layers;
    const time = column / 160;
    const broken = base === 'gradient_rms' && part !== 'feed_forward';
    if (broken && row === INFINITE_AT.row && column === INFINITE_AT.column) return Number.POSITIVE_INFINITY;
    const { columns, rows } = NAN_AT;
    if (broken && column >= columns.from && column < columns.to && row >= rows.from && row < rows.to) return Number.NaN;
    const shape = part === 'attention' ? 0.35 : part === 'feed_forward' ? -0.3 : 0;
    const jitter = 0.12 * (noise(which, row, column) - 0.5) + 0.25 * (noise(which, row) - 0.5);
    const transient = 2.2 * Math.exp(-time * 14) * (1 - depth);
    const drift = base === 'update_ratio' ? -0.8 * time : 0.5 * Math.sin(5 * depth + 3 * time) * Math.min(1, 2 * time);
    const spike = row === 37 && column % 53 === 20 ? 1.6 : 0;
    return Math.exp(level + this.skew * (1 - 0.7 * depth) + shape + jitter + transient + drift + spike + slope * (1 - depth));
  }

  extent(): RunExtent {
    const lastStep = this.columns > 0 ? this.step(this.columns - 1) : 0;
    return {
      ...(this.columns > 0 ? { layout: this.layout } : {}),
      columns: this.columns,
      firstStep: this.columns > 0 ? this.step(0) : 0,
      lastStep,
      lastScalarStep: lastStep,
      scalars: this.columns > 0 ? ['loss/train', 'loss/validation', 'lr', 'gradient_norm', 'tokens_per_second'] : [],
      ...(this.histograms && { histograms: { activations: Math.floor(lastStep / 100) * 100 } }),
      generation: this.generation,
      texts: 0,
    };
  }

  tile(request: TileRequest): Tile {
    const { statistic, rows, columns } = request;
    const width = Math.min(request.width, columns.to - columns.from);
    const height = Math.min(request.height, rows.to - rows.from);
    const minimum = new Float32Array(width * height);
    const maximum = new Float32Array(width * height);
    const flags = new Uint8Array(width * height);
    const steps = new Float64Array(width);
    const start = (index: number, span: { from: number; to: number }, cells: number): number =>
      span.from + Math.floor((index * (span.to - span.from)) / cells);
    const index = this.layout.columns.indexOf(statistic);
    for (let x = 0; x < width; x++) {
      steps[x] = this.step(start(x, columns, width));
      for (let y = 0; y < height; y++) {
        let [low, high, flag, seen] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, false];
        for (let column = start(x, columns, width); column < start(x + 1, columns, width); column++) {
          for (let row = start(y, rows, height); row < start(y + 1, rows, height); row++) {
            if (this.lacks(index, row)) continue;
            seen = true;
            const value = this.value(index, row, column);
            if (Number.isNaN(value)) flag |= CELL_NAN;
            else if (!Number.isFinite(value)) flag |= CELL_INFINITE;
            else [low, high] = [Math.min(low, value), Math.max(high, value)];
          }
        }
        const cell = x * height + y;
        flags[cell] = seen ? flag : CELL_EMPTY;
        minimum[cell] = Number.isFinite(low) ? low : 0;
        maximum[cell] = Number.isFinite(high) ? high : 0;
      }
    }
    return { statistic, rows, columns, width, height, minimum, maximum, flags, steps };
  }

  scalar(tag: string, step: number): number | undefined {
    const wobble = noise(tag.length, step) - 0.5;
    switch (tag) {
      case 'loss/train':
        return 1.9 + 0.3 * this.skew + 3.6 * Math.exp(-step / 160) + 0.16 * wobble;
      case 'loss/validation':
        return step % 50 === 0 ? 2.02 + 0.3 * this.skew + 3.5 * Math.exp(-step / 165) : undefined;
      case 'lr':
        return 1e-3 * Math.min(1, step / 100) * (0.55 + 0.45 * Math.cos((Math.PI * step) / STEPS));
      case 'gradient_norm':
        return Math.exp(-0.6 + 1.8 * Math.exp(-step / 90) + 0.9 * wobble);
      default:
        return 3900 + 200 * wobble;
    }
  }

  series({ source, steps, points, smoothing = 0 }: SeriesRequest): Series {
    const found: [number, number][] = [];
    if ('scalar' in source) {
      for (let step = Math.max(1, steps.from); step < Math.min(steps.to, this.step(this.columns - 1) + 1); step++) {
        const value = this.scalar(source.scalar, step);
        if (value !== undefined) found.push([step, value]);
      }
    } else {
      const statistic = this.layout.columns.indexOf(source.statistic);
      const absent = this.lacks(statistic, source.row);
      for (let column = 0; column < this.columns && !absent; column++) {
        const step = this.step(column);
        if (step >= steps.from && step < steps.to) found.push([step, this.value(statistic, source.row, column)]);
      }
    }
    const count = Math.min(points, found.length);
    const groups = Array.from({ length: count }, (_, index) =>
      found.slice(Math.floor((index * found.length) / count), Math.floor(((index + 1) * found.length) / count)),
    );
    const smoothed = 'scalar' in source && smoothing > 0 ? this.smoothed(source.scalar, groups, smoothing) : undefined;
    const finite = groups.map((group) => group.map(([, value]) => value).filter(Number.isFinite));
    return {
      source,
      ...('scalar' in source && { times: Float64Array.from(groups, (group) => START + 4 * (group[0]?.[0] ?? 0)) }),
      ...(smoothed && { smoothed }),
      steps: Float64Array.from(groups, (group) => group[0]?.[0] ?? 0),
      minimum: Float32Array.from(finite, (values) => (values.length > 0 ? Math.min(...values) : 0)),
      maximum: Float32Array.from(finite, (values) => (values.length > 0 ? Math.max(...values) : 0)),
      flags: Uint8Array.from(groups, (group) =>
        group.reduce((flag, [, value]) => flag | (Number.isNaN(value) ? CELL_NAN : Number.isFinite(value) ? 0 : CELL_INFINITE), 0),
      ),
    };
  }

  /** The debiased moving average after each group's last point, from the first step on. */
  private smoothed(tag: string, groups: readonly (readonly [number, number][])[], weight: number): Float32Array {
    const at = new Map<number, number>();
    let [sum, bias, last] = [0, 1, 0];
    for (let step = 1; step <= this.step(this.columns - 1); step++) {
      const value = this.scalar(tag, step);
      if (value === undefined) continue;
      const past = weight ** (last === 0 ? 1 : step - last);
      sum = past * sum + (1 - past) * value;
      bias *= past;
      last = step;
      at.set(step, sum / (1 - bias));
    }
    return Float32Array.from(groups, (group) => at.get(group.at(-1)?.[0] ?? 0) ?? Number.NaN);
  }

  /** Counts of a bell over a signed logarithmic scale, wider the deeper; row 7 is spoiled. Recorded every 100 steps. */
  histogram({ name, step }: HistogramRequest): Histogram {
    const rows = this.layout.rows.slice(0, -1);
    const positive = Array.from({ length: 17 }, (_, k) => Math.fround(10 ** (k / 2 - 4)));
    const edges = [...positive.toReversed().map((edge) => -edge), ...positive];
    const steps = Array.from({ length: Math.floor(this.step(this.columns - 1) / 100) }, (_, index) => 100 * (index + 1));
    const at = steps.findLast((each) => each <= step) ?? steps[0] ?? 0;
    const values = Float32Array.from({ length: rows.length * 35 }, (_, index) => {
      const [row, bin] = [Math.floor(index / 35), index % 35];
      if (row === 7) return Number.NaN;
      const place = Math.abs(bin - 17) - 6 - (4 * row) / this.layers - at / 400;
      return Math.round(1e5 * Math.exp(-place * place * 0.6));
    });
    return { name, step: at, steps, rows, edges, values };
  }

  profile(request: ProfileRequest): Profile {
    const { statistics } = request;
    const column = 'column' in request ? request.column : Math.max(0, Math.min(this.columns, Math.floor(request.step / EVERY)) - 1);
    const rows = this.layout.rows.length;
    const values = new Float32Array(statistics.length * rows);
    statistics.forEach((name, index) => {
      const statistic = this.layout.columns.indexOf(name);
      for (let row = 0; row < rows; row++) values[index * rows + row] = this.lacks(statistic, row) ? 0 : this.value(statistic, row, column);
    });
    return { statistics, column, step: this.step(column), rows, values };
  }
}

export const CONFIG: ExperimentConfig = {
  ...anyConfig,
  name: 'deep-gpt',
  seed: 7,
  model: { ...anyConfig.model, layers: LAYERS, hidden: 64, heads: 2, feedForward: 256, context: 64 },
  schedule: { ...anyConfig.schedule, warmup: 100 },
  training: {
    ...anyConfig.training,
    steps: STEPS,
    batch: 8,
    recordEvery: EVERY,
    statistics: NAMES,
    validateEvery: 50,
    validationBatches: 8,
    checkpointEvery: 500,
    keepCheckpoints: 2,
  },
  engine: { name: 'auto', workers: 2 },
};
