// A run as its directory would tell it, for tests of what is made of it.

import type { RunFacts } from '../../../src/report/runFacts';
import { config } from '../experiment/config';

const layout = { rows: ['embedding', 'layer 1', 'layer 2', 'head'], columns: ['gradient_rms', 'update_ratio'] };

/** @param validation the last loss; absent before the end */
export function facts(validation: number | undefined, change: Partial<RunFacts> = {}): RunFacts {
  const state = validation === undefined ? 'running' : 'finished';
  return {
    record: {
      format: 1,
      id: '20260101-000000-a',
      name: 'a',
      kind: 'run',
      state,
      created: '2026-01-01T00:00:00Z',
      heartbeat: 1,
      step: 20,
      steps: 20,
      metrics: { 'entropy/unigram': 3, 'entropy/bigram': 2.4 },
      parameters: 1234,
    },
    state,
    config,
    training: [
      [1, 5.5],
      [20, 3],
    ],
    validation: validation === undefined ? [] : [[20, validation]],
    first: { step: 1, layout, values: Float32Array.from([1, 9, 2e-6, 0.5, 1, 0.25, 1, 9]) },
    last: { step: 20, layout, values: Float32Array.from([1, 9, 1e-3, 0.5, 1, 0.125, 1, 9]) },
    alerts: [],
    seconds: 12.4,
    problems: [],
    ...change,
  };
}
