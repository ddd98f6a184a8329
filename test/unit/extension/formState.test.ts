// What the form shows: the run's values, what follows from edits, and the editor's findings about them.
import { describe, expect, it } from 'vitest';
import type { ExperimentConfig } from '../../../src/experiment/config';
import { validate } from '../../../src/experiment/validate';
import { formState, liveValues } from '../../../src/extension/dashboard/formState';
import { CATALOGUE } from '../../../src/model/catalogue';
import type { ConfigEdit } from '../../../src/protocol/configuration';
import { resolved } from './helpers';

const config = resolved({ layers: 4, hidden: 64 }, { training: { steps: 1000 } });

const stateOf = (edits: readonly ConfigEdit[], run: ExperimentConfig = config) =>
  formState({
    config: run,
    edits,
    catalogue: CATALOGUE,
    check: async (text) => validate(text, CATALOGUE),
    file: { state: 'none', unsaved: false, changes: [] },
    checkpoints: [8, 4],
    refusals: {},
  });

describe('the form of a configuration', () => {
  it('shows what is in force, with its defaults, and finds no fault with what was found sound', async () => {
    const state = await stateOf([]);
    expect(state.values).toMatchObject({ 'model.hidden': 64, 'model.feedForward': 256, 'schedule.warmup': 50, name: 'foundation-4' });
    expect(state.defaults).toMatchObject({ 'model.feedForward': 256, 'optimiser.learningRate': 1e-3 });
    expect(state.defaults).not.toHaveProperty('model.layers');
    expect(state.follow).toEqual([]);
    expect(state.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    // A resolved configuration writes everything out; nobody is told that it does.
    expect(state.findings.map(({ said }) => said.code)).not.toContain('field-unread');
    expect(state.checkpoints).toEqual([8, 4]);
  });

  it('lets fields follow those that a new run is needed for', async () => {
    const state = await stateOf([{ field: 'model.hidden', value: 128 }]);
    expect(state.follow).toEqual([{ field: 'model.feedForward', from: 256, to: 512 }]);
    expect(state.defaults['model.feedForward']).toBe(512);
    const pinned = await stateOf([
      { field: 'model.hidden', value: 128 },
      { field: 'model.feedForward', value: 256 },
    ]);
    expect(pinned.follow).toEqual([]);
  });

  it('keeps the schedule of a run that is given more steps', async () => {
    const state = await stateOf([{ field: 'training.steps', value: 2000 }]);
    expect(state.follow).toEqual([]);
    expect(state.defaults['schedule.warmup']).toBe(100);
    expect(state.given).toContain('schedule.warmup');
  });

  it('gives an optimiser its own rates', async () => {
    const { follow } = await stateOf([{ field: 'optimiser.name', value: 'lion' }]);
    expect(follow.map(({ field }) => field)).toContain('optimiser.learningRate');
  });

  it('has findings beside their fields, with mends that are edits', async () => {
    const state = await stateOf([
      { field: 'model.heads', value: 3 },
      { field: 'optimiser.clip', value: 'much' },
      { field: 'model.schemeOptions', value: { coefficient: 'x' } },
    ]);
    const heads = state.findings.find(({ field }) => field === 'model.heads');
    expect(heads).toMatchObject({ severity: 'error', said: { code: 'heads-do-not-divide', args: { hidden: 64 } } });
    expect(heads?.fixes).toEqual([{ title: { code: 'fix-replace', args: heads?.said.args }, edits: [{ field: 'model.heads', value: 2 }] }]);
    expect(state.findings.map(({ field }) => field)).toEqual(expect.arrayContaining(['optimiser.clip', 'model.schemeOptions.coefficient']));
    // Defaults stay while something is wrong.
    expect(state.defaults['model.feedForward']).toBe(256);
  });

  it('says when a field that has no default is emptied', async () => {
    const { findings } = await stateOf([{ field: 'model.layers' }]);
    expect(findings).toContainEqual(expect.objectContaining({ field: 'model.layers', severity: 'error' }));
  });
});

describe('values for a running trainer', () => {
  it('are those of the edits that it can take, defaults spelled out', () => {
    const run = { ...config, optimiser: { ...config.optimiser, clip: 5 } };
    const edits = [{ field: 'optimiser.clip' }, { field: 'model.hidden', value: 128 }, { field: 'training.steps', value: 2000 }];
    expect(liveValues(run, edits, CATALOGUE)).toEqual({ 'optimiser.clip': 1, 'training.steps': 2000 });
  });
});
