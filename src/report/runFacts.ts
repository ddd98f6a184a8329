// What a run's directory says about how it went, in as little as a page of many runs needs: losses, the first
// and the last statistics over depth, how long its steps took.

import { readRunEvents } from '../exchange/events';
import type { ExperimentConfig } from '../experiment/config';
import type { DepthLayout } from '../experiment/events';
import { Failure } from '../experiment/failure';
import { readJson } from '../experiment/files';
import { deriveState } from '../experiment/processes';
import { isRecord } from '../experiment/record';
import type { RunRecord, RunState } from '../experiment/run';
import { configFile, readRun } from '../experiment/runDirectory';
import { EMBEDDING_ROW, HEAD_ROW } from '../experiment/tags';
import type { FileProblem } from '../experiment/view';

/** Step and value, by ascending step. */
export type Curve = readonly (readonly [number, number])[];

export interface DepthFacts {
  readonly step: number;
  readonly layout: DepthLayout;
  /** Row-major `[rows, columns]`. */
  readonly values: Float32Array;
}

export interface RunFacts {
  readonly record: RunRecord;
  readonly state: RunState;
  readonly config: ExperimentConfig;
  /** Nats per token. */
  readonly training: Curve;
  readonly validation: Curve;
  /** Absent until something was recorded; the same where there is only one. */
  readonly first?: DepthFacts;
  readonly last?: DepthFacts;
  /** What the watchdog raised, by step. */
  readonly alerts: readonly { readonly step: number; readonly code: string }[];
  /** Spent in training steps, whatever interrupted them. */
  readonly seconds: number;
  /** Event files that are damaged: what comes before the damage counts. */
  readonly problems: readonly FileProblem[];
}

/** Throws `Failure` `run-…`, `file-not-json` or a disk failure. */
export async function readRunFacts(directory: string): Promise<RunFacts> {
  const record = await readRun(directory);
  const config = await readRunConfig(directory);
  const tokens = config.training.accumulation * config.training.batch * config.model.context;
  const events = await readRunEvents(directory);
  const training: [number, number][] = [];
  const validation: [number, number][] = [];
  const alerts: { step: number; code: string }[] = [];
  let layout: DepthLayout | undefined;
  let first: DepthFacts | undefined;
  let last: DepthFacts | undefined;
  let seconds = 0;
  for await (const event of events.read()) {
    if (event.kind === 'scalars') {
      const { 'loss/train': loss, 'loss/validation': validated, tokens_per_second: speed } = event.values;
      if (loss !== undefined) training.push([event.step, loss]);
      if (validated !== undefined) validation.push([event.step, validated]);
      if (speed !== undefined && speed > 0) seconds += tokens / speed;
    } else if (event.kind === 'text' && event.tag === 'alert') {
      alerts.push({ step: event.step, code: codeOf(event.text) });
    } else if (event.kind === 'depth') {
      layout = event.layout ?? layout;
      if (!layout) continue;
      last = { step: event.step, layout, values: event.values };
      first ??= last;
    }
  }
  const depth = first && last ? { first, last } : {};
  return { record, state: deriveState(record), config, training, validation, ...depth, alerts, seconds, problems: events.problems };
}

/** The configuration that a run was made with. Throws `Failure` `run-malformed`, `file-not-json` or a disk failure. */
export async function readRunConfig(directory: string): Promise<ExperimentConfig> {
  const config = await readJson(configFile(directory));
  if (!isRecord(config)) throw new Failure('run-malformed', { path: directory, field: 'config.json' });
  return config as unknown as ExperimentConfig;
}

/** A statistic of every layer from the first to the last, without embedding and head; none where it was not recorded. */
export function overDepth(depth: DepthFacts | undefined, statistic: string): readonly number[] {
  if (!depth) return [];
  const { rows, columns } = depth.layout;
  const column = columns.indexOf(statistic);
  if (column < 0) return [];
  return rows.flatMap((row, r) =>
    row === EMBEDDING_ROW || row === HEAD_ROW ? [] : [depth.values[r * columns.length + column] ?? Number.NaN],
  );
}

/** An alert is JSON with a code; a text that is not shows itself. */
function codeOf(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) && typeof value.code === 'string' ? value.code : text;
  } catch {
    return text;
  }
}
