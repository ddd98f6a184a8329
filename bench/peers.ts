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
import { pairedRatio } from './statistics';
import { ours, type Subject, start } from './subjects';
import { type Figures, takeTurns } from './turns';

const SCRIPT = fileURLToPath(new URL('../../bench/peers/torch_peer.py', import.meta.url));
/** Steps from the same weights whose losses are compared. */
const COMPARED = 5;

/** The Python to ask: `FATHOM_BENCH_PYTHON`, or python3; undefined where it has no torch. */
function pythonWithTorch(): { readonly python: string; readonly version: string } | undefined {
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
  for (const [name, setup] of [
    ['peers-thin', scope.thin],
    ['peers-wide', scope.wide],
  ] as const)
    sections.push(await against(name, setup, scope, found));
  return sections;
}

async function against(name: string, setup: Setup, scope: Scope, found: { python: string; version: string }): Promise<Section> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fathom-bench-'));
  try {
    // Also writes what the peers read, so it comes first.
    const fathom = await ours('Fathom', setup, folder);
    const missing: string[] = [];
    const peers: Subject[] = [];
    for (const peer of PEERS) {
      const parameters = [SCRIPT, JSON.stringify({ ...setup, ...peer }), folder];
      await start(peer.name, found.python, parameters).then(
        (subject) => peers.push(subject),
        (error: unknown) => missing.push(`${peer.name} did not start: ${error instanceof Error ? error.message : String(error)}`),
      );
    }
    return await withSubjects(
      [fathom, ...peers].map((subject) => Promise.resolve(subject)),
      async (subjects) => {
        const losses = await Promise.all(
          subjects.map(async (subject) => (await subject.ask({ steps: COMPARED, statistics: true })).losses),
        );
        const apart = losses.map((list) => Math.max(...list.map((loss, i) => Math.abs(loss - (losses[0]?.[i] ?? Number.NaN)))));
        const turns = subjects.flatMap((subject) => [true, false].map((statistics) => ({ subject, statistics })));
        const figures = await takeTurns(turns, scope.pace);
        const rows = figures.map((each) => {
          const [title, ...rest] = row(each, setup, scope.peak);
          return [each.turn.statistics ? `${title}, norms recorded` : `${title}`, ...rest];
        });
        const recorded = figures.filter(({ turn }) => turn.statistics);
        const mine = recorded[0] as Figures;
        const theirs = recorded.slice(1).sort((a, b) => a.seconds - b.seconds)[0];
        const ratio = theirs && pairedRatio(theirs.rounds, mine.rounds);
        return {
          name,
          title: `Against PyTorch ${found.version}: ${named(setup)} (milliseconds per layer)`,
          columns: COLUMNS,
          rows,
          notes: [
            ...missing,
            `losses of the first ${COMPARED} steps differ by at most ${apart
              .slice(1)
              .map((value) => value.toExponential(1))
              .join(', ')}`,
            ...(ratio && theirs
              ? [
                  `with norms recorded, ${ratio.median.toFixed(2)} × the speed of ${theirs.turn.subject.name} (95 %: ${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)})`,
                ]
              : []),
          ],
          data: {
            setup,
            losses,
            ratio,
            figures: figures.map(({ turn, ...rest }) => ({
              name: turn.subject.name,
              statistics: turn.statistics,
              ready: turn.subject.ready,
              ...rest,
            })),
          },
        };
      },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
