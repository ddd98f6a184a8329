// Makes a run that has ended ready to go on from its newest whole checkpoint.

import { latestCheckpoint } from '../experiment/checkpoints';
import type { ExperimentConfig } from '../experiment/config';
import { Failure } from '../experiment/failure';
import { readJson } from '../experiment/files';
import type { RunRecord } from '../experiment/run';
import { configFile, writeRun } from '../experiment/runDirectory';
import type { Context } from './command';
import type { Start } from './launching';
import { writeLine } from './terminal';

/**
 * Says from where the run goes on, and writes its state `starting`. Throws `Failure` `run-is-probe`,
 * `run-finished`, `run-malformed` or a disk failure.
 */
export async function startAgain(directory: string, record: RunRecord, { terminal }: Context): Promise<Start> {
  if (record.kind === 'probe') throw new Failure('run-is-probe', { value: record.id });
  if (record.state === 'finished') throw new Failure('run-finished', { value: record.id, steps: record.steps });
  const config = (await readJson(configFile(directory))) as ExperimentConfig | undefined;
  if (config === undefined) throw new Failure('run-malformed', { path: directory, field: 'config.json' });
  const { latest, broken } = await latestCheckpoint(directory);
  for (const { problem } of broken) terminal.writeError(`fathom: ${problem.message}\n`);
  writeLine(terminal, latest === undefined ? 'No checkpoint yet: starting anew.' : `Going on from the checkpoint of step ${latest.step}.`);
  const { process: _gone, error: _old, ...kept } = record;
  const starting: RunRecord = { ...kept, state: 'starting', step: latest?.step ?? 0 };
  await writeRun(directory, starting);
  return { directory, record: starting, config };
}
