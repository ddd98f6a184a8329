// Fathom against PyTorch: the same model, weights and batches, in turns. Without a Python that has torch
// this says so and measures nothing.

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Section } from './report';
import { COLUMNS, row, type Scope, withSubjects } from './sections';
import { named, type Setup } from './setup';
import { pairedRatio, type Ratio } from './statistics';
import { ours, type Subject, start } from './subjects';
import { type Figures, type Pace, takeTurns } from './turns';

const SCRIPT = fileURLToPath(new URL('../../bench/peers/torch_peer.py', import.meta.url));
/** Steps from the same weights whose losses are compared. */
const COMPARED = 5;

/**
 * A thin model's activations are as large as what glibc maps anew each time and gives back (128 KiB): PyTorch would
 * spend its time in page faults. Its allocator is to keep what it has, and Python is to keep quiet about NumPy.
 */
const SURROUNDINGS = {
  MALLOC_MMAP_THRESHOLD_: `${2 ** 30}`,
  MALLOC_TRIM_THRESHOLD_: `${2 ** 34}`,
  MALLOC_TOP_PAD_: `${2 ** 26}`,
  PYTHONWARNINGS: 'ignore',
};

interface Found {
  readonly python: string;
  readonly version: string;
}

/** The Python to ask: `FATHOM_BENCH_PYTHON`, or python3; undefined where it has no torch. */
function pythonWithTorch(): Found | undefined {
  const python = process.env.FATHOM_BENCH_PYTHON ?? 'python3';
  const { status, stdout } = spawnSync(python, ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8' });
  return status === 0 ? { python, version: stdout.trim() } : undefined;
}

interface Peer {
  readonly name: string;
  readonly mode: 'eager' | 'compiled';
  readonly threads: number;
}

const PEERS: readonly Peer[] = (['eager', 'compiled'] as const).flatMap((mode) =>
  [1, 2].map((threads) => ({ name: `PyTorch ${mode}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`, mode, threads })),
);

export async function peersSections(scope: Scope): Promise<Section[]> {
  const found = pythonWithTorch();
  if (!found) {
    const note = 'Skipped: no Python with torch. Name one in FATHOM_BENCH_PYTHON.';
    return [{ name: 'peers', title: 'Against PyTorch', columns: [''], rows: [], notes: [note], data: { skipped: note } }];
  }
  const sections: Section[] = [];
  for (const [name, setup, peers] of [
    ['peers-thin', scope.thin, PEERS],
    ['peers-wide', scope.wide, PEERS.filter(({ threads }) => threads > 1)],
  ] as const)
    sections.push(await against(name, setup, peers, scope, found));
  return sections;
}

/** What was found of one peer; Fathom's own turns lay between its. */
interface Met {
  readonly losses: readonly number[];
  readonly fathom: Figures;
  readonly recorded: Figures;
  readonly unrecorded: Figures;
}

/** Fathom and one peer at a time: side by side their models would not leave each other the memory. */
async function against(name: string, setup: Setup, peers: readonly Peer[], scope: Scope, found: Found): Promise<Section> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fathom-bench-'));
  try {
    // Also writes what the peers read, so it comes first.
    return await withSubjects([ours('Fathom', setup, folder)], async ([subject]) => {
      const fathom = subject as Subject;
      const { losses } = await fathom.ask({ steps: COMPARED, statistics: true });
      const met: Met[] = [];
      const missing: string[] = [];
      for (const peer of peers) {
        const parameters = [SCRIPT, JSON.stringify({ ...setup, ...peer }), folder];
        await withSubjects([start(peer.name, found.python, parameters, SURROUNDINGS)], ([other]) =>
          meet(fathom, other as Subject, scope.side),
        ).then(
          (found) => met.push(found),
          (error: unknown) => missing.push(`${peer.name}: ${error instanceof Error ? error.message : String(error)}`),
        );
      }
      const [plainly] = met.length > 0 ? await takeTurns([{ subject: fathom, statistics: false }], scope.side) : [];
      return sectionOf(name, { setup, found, scope, losses, met, missing, ...(plainly && { plainly }) });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function meet(fathom: Subject, peer: Subject, pace: Pace): Promise<Met> {
  const { losses } = await peer.ask({ steps: COMPARED, statistics: true });
  const turns = [
    { subject: fathom, statistics: true },
    { subject: peer, statistics: true },
    { subject: peer, statistics: false },
  ];
  const [mine, recorded, unrecorded] = (await takeTurns(turns, pace)) as [Figures, Figures, Figures];
  return { losses, fathom: mine, recorded, unrecorded };
}

interface Findings {
  readonly setup: Setup;
  readonly found: Found;
  readonly scope: Scope;
  /** Fathom's, of the compared steps. */
  readonly losses: readonly number[];
  readonly met: readonly Met[];
  readonly missing: readonly string[];
  readonly plainly?: Figures;
}

function sectionOf(name: string, { setup, found, scope, losses, met, missing, plainly }: Findings): Section {
  const mine = met.map(({ fathom }) => fathom).sort(faster)[0];
  const figures = [
    ...[mine, plainly].filter((each) => each !== undefined),
    ...met.flatMap(({ recorded, unrecorded }) => [recorded, unrecorded]),
  ];
  const rows = figures.map((each) => {
    const [title, ...rest] = row(each, setup, scope.peak);
    return [each.turn.statistics ? `${title}, norms recorded` : `${title}`, ...rest];
  });
  const ratios = met.map(({ fathom, recorded }) => ({ name: recorded.turn.subject.name, ...pairedRatio(recorded.rounds, fathom.rounds) }));
  const best = [...ratios].sort((a, b) => a.median - b.median)[0];
  const apart = met.map((each) => Math.max(...each.losses.map((loss, i) => Math.abs(loss - (losses[i] ?? Number.NaN)))));
  return {
    name,
    title: `Against PyTorch ${found.version}: ${named(setup)} (milliseconds per layer)`,
    columns: COLUMNS,
    rows,
    notes: [
      ...missing,
      `losses of the first ${COMPARED} steps differ by at most ${apart.map((value) => value.toExponential(1)).join(', ')}`,
      ...ratios.map(({ name, ...ratio }) => `with norms recorded, ${spread(ratio)} the speed of ${name}`),
      ...(best ? [`against PyTorch's best with norms, ${best.name}: ${best.median.toFixed(2)} ×`] : []),
    ],
    data: {
      ...{ setup, losses, ratios, missing },
      figures: figures.map(({ turn, ...rest }) => ({
        name: turn.subject.name,
        statistics: turn.statistics,
        ready: turn.subject.ready,
        ...rest,
      })),
    },
  };
}

const faster = (a: Figures, b: Figures): number => a.seconds - b.seconds;
const spread = ({ median, low, high }: Ratio): string => `${median.toFixed(2)} × (95 %: ${low.toFixed(2)} to ${high.toFixed(2)})`;
