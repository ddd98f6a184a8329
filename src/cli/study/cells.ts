// Which run belongs to which cell of a study. Nothing is written down about it: a cell's run is the one
// that was made with its configuration, so runs can be moved, deleted, stopped and resumed as any others.

import { isDeepStrictEqual } from 'node:util';
import type { ExperimentConfig } from '../../experiment/config';
import type { Finding } from '../../experiment/finding';
import type { RunRecord } from '../../experiment/run';
import { listRuns } from '../../experiment/runDirectory';
import { probeSources, resolveSources } from '../../experiment/sources';
import { type Cell, cellsOf, type Study } from '../../experiment/study';
import { validate } from '../../experiment/validate';
import { CATALOGUE } from '../../model/catalogue';
import { readRunConfig } from '../../report/runFacts';

export interface PlannedCell extends Cell {
  readonly findings: readonly Finding[];
  /** Absent where a finding is an error. */
  readonly config?: ExperimentConfig;
}

export interface FoundRun {
  readonly directory: string;
  readonly record: RunRecord;
}

/** Every cell of the study, in order, checked. */
export function planOf(study: Study): readonly PlannedCell[] {
  const probe = probeSources(study.folder);
  return cellsOf(study).map((cell) => {
    const { config, findings } = validate(cell.text, CATALOGUE, probe);
    return config ? { ...cell, findings, config: resolveSources(config, study.folder) } : { ...cell, findings };
  });
}

/** The run of each cell: a finished one, else the newest. Throws disk failures. */
export async function findCellRuns(cells: readonly PlannedCell[], runs: string): Promise<readonly (FoundRun | undefined)[]> {
  const names = new Set(cells.map(({ config }) => config?.name));
  const entries = (await listRuns(runs)).flatMap((entry) =>
    'record' in entry && entry.record.kind === 'run' && !entry.record.lineage && names.has(entry.record.name) ? [entry] : [],
  );
  const known = await Promise.all(entries.map(async (entry) => ({ ...entry, config: completed(await readRunConfig(entry.directory)) })));
  return cells.map(({ config }) => {
    const fitting = config ? known.filter((run) => isDeepStrictEqual(run.config, config)) : [];
    return fitting.find(({ record }) => record.state === 'finished') ?? fitting[0];
  });
}

/** With today's defaults for fields that an earlier Fathom did not have; undefined where it makes no sense any more. */
function completed(config: ExperimentConfig): ExperimentConfig | undefined {
  return validate(JSON.stringify(config), CATALOGUE).config;
}
