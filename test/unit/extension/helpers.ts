// Shared by the extension's tests: statuses as a watcher tells them, and words left in English.
import type { ExperimentConfig } from '../../../src/experiment/config';
import type { RunRecord } from '../../../src/experiment/run';
import { validate } from '../../../src/experiment/validate';
import type { RunStatus } from '../../../src/experiment/view';
import type { Translate } from '../../../src/extension/translate';
import { CATALOGUE } from '../../../src/model/catalogue';
import type { RunNotes } from '../../../src/observe/notes';
import type { RunSummary } from '../../../src/observe/runView';

export const english: Translate = (message, args = {}) =>
  message.replace(/\{(\w+)\}/g, (whole, name: string) => String(args[name] ?? whole));

export function record(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    format: 1,
    id: '20260131-120000-deep',
    name: 'deep',
    kind: 'run',
    state: 'running',
    created: '2026-01-31T12:00:00.000Z',
    heartbeat: 1,
    step: 120,
    steps: 400,
    metrics: { 'loss/train': 2.4134 },
    ...changes,
  };
}

export function status(changes: Partial<RunRecord> = {}, state?: RunStatus['state']): RunStatus {
  const written = record(changes);
  return { directory: `/w/.fathom/runs/${written.id}`, state: state ?? written.state, record: written, problems: [] };
}

/** The same run with what a person added. */
export function labelled(run: RunSummary, notes: Partial<RunNotes>): RunSummary {
  return { ...run, notes: { star: false, tags: [], text: '', ...notes } };
}

/** A sound configuration around a model. */
export function resolved(model: object, sections: object = {}): ExperimentConfig {
  const { config, findings } = validate(JSON.stringify({ model, ...sections }), CATALOGUE);
  if (!config) throw new Error(`not sound: ${JSON.stringify(findings)}`);
  return config;
}
