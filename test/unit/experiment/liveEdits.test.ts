import { describe, expect, it } from 'vitest';
import { FIELD_PATHS } from '../../../src/experiment/draft';
import { applyLive, withEdits } from '../../../src/experiment/liveEdits';
import { MESSAGES, render } from '../../../src/experiment/messages';
import { isFixedByCheckpoint, liveFields, remedyOf } from '../../../src/experiment/remedy';
import { parseRun } from '../../../src/experiment/runRecord';
import { CATALOGUE } from '../../../src/model/catalogue';
import { record, resolved } from '../extension/helpers';

const config = resolved({ layers: 4, hidden: 16 }, { training: { steps: 100 } });
const refused = (values: Record<string, unknown>, step = 10): unknown => {
  try {
    return applyLive(config, values, step, CATALOGUE);
  } catch (error) {
    return error;
  }
};

describe('a change of a configuration while it trains', () => {
  it('is taken in the fields that a running trainer can change, and listed', () => {
    const values = { 'optimiser.learningRate': 1e-4, 'training.steps': 300, 'schedule.name': 'constant', 'optimiser.clip': 1 };
    const { config: edited, changes } = applyLive(config, values, 10, CATALOGUE);
    expect(changes).toEqual([
      { field: 'optimiser.learningRate', from: 1e-3, to: 1e-4 },
      { field: 'schedule.name', from: 'cosine', to: 'constant' },
      { field: 'training.steps', from: 100, to: 300 },
    ]);
    expect(edited).toEqual({
      ...config,
      optimiser: { ...config.optimiser, learningRate: 1e-4 },
      schedule: { ...config.schedule, name: 'constant' },
      training: { ...config.training, steps: 300 },
    });
    // What followed from the number of steps stays: the schedule's past is not rewritten.
    expect(edited.schedule.warmup).toBe(5);
    expect(withEdits(config, [{ id: 'x', step: 11, changes }])).toEqual(edited);
  });

  it.each([
    [{ 'training.batch': 16 }, 'apply-needs-fork', /batch.*16.*Fork/],
    [{ 'model.layers': 5 }, 'apply-needs-new-run', /layers.*5.*new run/],
    [{ 'model.layer': 5 }, 'apply-unknown-field', /model\.layer is not a field/],
    [{ 'optimiser.learningRate': -1 }, 'below-minimum', /optimiser\.learningRate/],
    [{ 'optimiser.learningRate': 'fast' }, 'expected-number', /optimiser\.learningRate/],
    [{ 'optimiser.clip': null }, 'expected-number', /optimiser\.clip/],
    [{ 'schedule.name': 'sine' }, 'unknown-choice', /sine/],
    [{ 'training.steps': 10 }, 'apply-steps', /step 10 is done.*11/],
    [{ 'schedule.warmup': 100 }, 'warmup-too-long', /warmup/],
  ])('%j is refused as %s', (values, code, words) => {
    const error = refused(values);
    expect(error).toMatchObject({ code });
    expect(error).toHaveProperty('message', expect.stringMatching(words));
    expect(String((error as Error).message)).not.toMatch(/[{}]/);
  });

  it('is not held to what was wrong before it', () => {
    // `fathom train --steps 3` trains what a file could not say.
    const short = { ...config, training: { ...config.training, steps: 3 } };
    expect(applyLive(short, { 'optimiser.clip': 0.5 }, 1, CATALOGUE).changes).toHaveLength(1);
  });

  it('has one remedy for every field', () => {
    expect(liveFields()).toContain('optimiser.learningRate');
    expect(liveFields()).toContain('watchdog.lossSpike');
    expect(remedyOf('training.batch')).toBe('fork');
    expect(remedyOf('model.dropout')).toBe('fork');
    expect(remedyOf('model.hidden')).toBe('new-run');
    for (const path of FIELD_PATHS) if (remedyOf(path) === 'apply') expect(isFixedByCheckpoint(path)).toBe(false);
    for (const code of ['apply-needs-fork', 'apply-needs-new-run', 'apply-ended', 'apply-nothing']) expect(MESSAGES).toHaveProperty(code);
    expect(render('apply-ended', { value: 'a', state: 'finished' })).not.toMatch(/[{}]/);
  });
});

describe('run.json', () => {
  const edits = [{ id: 'a', step: 11, changes: [{ field: 'optimiser.clip', from: 1, to: 0.5 }] }];

  it('keeps the edits that were taken', () => {
    expect(parseRun(JSON.parse(JSON.stringify(record({ edits })))).edits).toEqual(edits);
    expect(parseRun(record()).edits).toBeUndefined();
  });

  it.each([{ edits: 1 }, { edits: [{ id: 'a', step: 1 }] }, { edits: [{ id: 'a', step: 1, changes: [{ to: 1 }] }] }])(
    'with edits that cannot be understood is refused: %j',
    (wrong) => {
      expect(() => parseRun({ ...record(), ...wrong })).toThrow(expect.objectContaining({ code: 'run-malformed' }));
    },
  );
});
