// What is measured of Fathom by itself: one setup in depth, the price of statistics, and what becomes of a
// layer's time as models grow deeper and wider.

import { gigabytes, milliseconds, percent, type Section } from './report';
import { named, type Setup, THIN, WIDE } from './setup';
import { pairedRatio } from './statistics';
import { ours, type Subject } from './subjects';
import { type Figures, type Pace, takeTurns } from './turns';

export interface Scope {
  /** Layers of the thin model. */
  readonly thin: Setup;
  readonly wide: Setup;
  readonly depths: readonly number[];
  readonly widths: readonly number[];
  readonly pace: Pace;
  /** Beside each peer: their steps take longer, and there are many. */
  readonly side: Pace;
  /** FLOP/s of the machine in matrix products, all cores. */
  readonly peak: number;
}

/** @param quick for a busy machine: smaller models, fewer rounds. */
export function scopeOf(quick: boolean, peak: number): Scope {
  const [thin, wide] = quick
    ? [
        { ...THIN, layers: 100 },
        { ...WIDE, layers: 2, context: 64 },
      ]
    : [THIN, WIDE];
  return {
    ...{ thin, wide, peak },
    depths: quick ? [20, 100] : [50, 200, 1000],
    widths: quick ? [64, 256] : [64, 128, 256, 512, 768],
    pace: quick ? { rounds: 5, steps: 2 } : { rounds: 9, steps: 1 },
    side: quick ? { rounds: 3, steps: 2 } : { rounds: 7, steps: 1 },
  };
}

export async function withSubjects<T>(
  starting: readonly Promise<Subject>[],
  work: (subjects: readonly Subject[]) => Promise<T>,
): Promise<T> {
  const settled = await Promise.allSettled(starting);
  const subjects = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  try {
    for (const each of settled) if (each.status === 'rejected') throw each.reason;
    return await work(subjects);
  } finally {
    await Promise.all(subjects.map((subject) => subject.stop()));
  }
}

const PARTS = ['forward', 'backward', 'head', 'update', 'statistics'] as const;

/** Row of a subject: tokens/s, each part's time per layer, memory, start-up, share of the peak. */
export function row({ turn, seconds, parts, peak }: Figures, setup: Setup, machine: number): string[] {
  const { subject } = turn;
  const tokens = (setup.batch * setup.context) / seconds;
  return [
    subject.name,
    tokens.toFixed(0),
    milliseconds(seconds / setup.layers),
    ...PARTS.map((part) => milliseconds(parts[part] === undefined ? undefined : parts[part] / setup.layers)),
    gigabytes(peak),
    `${subject.ready.startup.toFixed(1)} s`,
    percent((tokens * subject.ready.flopsPerToken) / machine),
  ];
}

export const COLUMNS = ['', 'tokens/s', 'ms/layer', ...PARTS, 'peak', 'start-up', 'of matmul peak'];

function plain(figures: readonly Figures[], setups: readonly Setup[]): unknown {
  return figures.map(({ turn, ...rest }, i) => ({
    name: turn.subject.name,
    statistics: turn.statistics,
    ready: turn.subject.ready,
    setup: setups[i],
    ...rest,
  }));
}

/** One worker against as many as the plan takes. */
export async function workersSection({ thin, pace, peak }: Scope): Promise<Section> {
  const setups = [thin, { ...thin, workers: 1 }];
  return withSubjects([ours('all workers', setups[0] as Setup), ours('one worker', setups[1] as Setup)], async (subjects) => {
    const figures = await takeTurns(
      subjects.map((subject) => ({ subject, statistics: true })),
      pace,
    );
    const [all, one] = figures as [Figures, Figures];
    const { median, low, high } = pairedRatio(one.rounds, all.rounds);
    return {
      name: 'workers',
      title: `${named(thin)}, norms of every layer at every step (milliseconds per layer, of the first thread)`,
      columns: COLUMNS,
      rows: figures.map((each) => row(each, thin, peak)),
      notes: [`${subjects[0]?.ready.subject}: ${median.toFixed(2)} × one worker's speed (95 %: ${low.toFixed(2)} to ${high.toFixed(2)})`],
      data: { figures: plain(figures, setups), ratio: { median, low, high } },
    };
  });
}

/** The same trainer with and without statistics, in turns. */
export async function statisticsSection({ thin, pace }: Scope): Promise<Section> {
  return withSubjects([ours('recorded', thin)], async ([subject]) => {
    const turns = [true, false].map((statistics) => ({ subject: subject as Subject, statistics }));
    const figures = await takeTurns(turns, { ...pace, rounds: 2 * pace.rounds });
    const [recorded, plainly] = figures as [Figures, Figures];
    const { median, low, high } = pairedRatio(recorded.rounds, plainly.rounds);
    return {
      name: 'statistics',
      title: `Price of norms at every step: ${named(thin)}`,
      columns: ['', 'ms/layer'],
      rows: [
        ['with statistics', milliseconds(recorded.seconds / thin.layers)],
        ['without', milliseconds(plainly.seconds / thin.layers)],
      ],
      notes: [`${percent(median - 1)} of a step (95 %: ${percent(low - 1)} to ${percent(high - 1)})`],
      data: { figures: plain(figures, [thin, thin]), ratio: { median, low, high } },
    };
  });
}

async function grown(name: string, title: string, setups: readonly Setup[], of: (setup: Setup) => string, scope: Scope): Promise<Section> {
  return withSubjects(
    setups.map((setup) => ours(of(setup), setup)),
    async (subjects) => {
      const figures = await takeTurns(
        subjects.map((subject) => ({ subject, statistics: true })),
        scope.pace,
      );
      const perLayer = (i: number): number[] => (figures[i]?.rounds ?? []).map((seconds) => seconds / (setups[i]?.layers ?? 1));
      const last = setups.length - 1;
      const { median, low, high } = pairedRatio(perLayer(last), perLayer(0));
      const starts = subjects.map(({ ready }) => `${(ready.startup - ready.initialisation).toFixed(2)} s`);
      return {
        name,
        title,
        columns: COLUMNS,
        rows: figures.map((each, i) => row(each, setups[i] as Setup, scope.peak)),
        notes: [
          `a layer of the last takes ${median.toFixed(2)} × one of the first (95 %: ${low.toFixed(2)} to ${high.toFixed(2)})`,
          `start-up without making the weights (allocating and drawing them): ${starts.join(', ')}`,
        ],
        data: { figures: plain(figures, setups), ratio: { median, low, high } },
      };
    },
  );
}

export function depthSection(scope: Scope): Promise<Section> {
  const setups = scope.depths.map((layers) => ({ ...scope.thin, layers }));
  return grown('depth', 'As depth grows', setups, ({ layers }) => `${layers} layers`, scope);
}

export function widthSection(scope: Scope): Promise<Section> {
  const setups = scope.widths.map((hidden) => ({ ...scope.thin, layers: 12, hidden, heads: hidden / 32 }));
  return grown('width', 'As width grows, 12 layers', setups, ({ hidden }) => `hidden ${hidden}`, scope);
}
