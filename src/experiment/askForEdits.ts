// Asking a running trainer for other values, the same from the terminal and from the dashboard: what is
// wrong is said at once, and not only after the step at work.

import type { Catalogue } from './catalogue';
import type { ExperimentConfig } from './config';
import { sendCommand } from './controlFiles';
import { Failure } from './failure';
import { applyLive } from './liveEdits';
import { deriveState } from './processes';
import { isEnded, type RunRecord } from './run';

/**
 * The id of the command that asks for `values`, or undefined where the run has them already. Throws `Failure`
 * `apply-ended`, `run-not-up`, or what `applyLive` finds.
 */
export async function askForEdits(
  directory: string,
  { record, config }: { readonly record: RunRecord; readonly config: ExperimentConfig },
  values: Readonly<Record<string, unknown>>,
  catalogue: Catalogue,
): Promise<string | undefined> {
  const state = deriveState(record);
  if (isEnded(state)) throw new Failure('apply-ended', { value: record.id, state });
  if (!record.process) throw new Failure('run-not-up', { value: record.id });
  if (applyLive(config, values, record.step, catalogue).changes.length === 0) return undefined;
  return await sendCommand(directory, { command: 'set', values }, record.process);
}
