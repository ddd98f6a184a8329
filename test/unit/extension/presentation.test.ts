// How runs read in lists, and what their menus may offer.
import { describe, expect, it } from 'vitest';
import { render } from '../../../src/experiment/messages';
import {
  canContinue,
  formatMetric,
  runContext,
  runDescription,
  runFacts,
  runIcon,
  runLabel,
} from '../../../src/extension/runs/presentation';
import { english, status } from './helpers';

describe('a run in a list', () => {
  it('says step and loss while it trains, and leads with its state otherwise', () => {
    expect(runDescription(status(), english)).toBe('step 120/400 · loss 2.413');
    expect(runDescription(status({ state: 'paused' }), english)).toBe('paused · step 120/400 · loss 2.413');
    expect(runDescription(status({ state: 'starting', step: 0, metrics: {} }), english)).toBe('starting');
    expect(runDescription(status({}, 'lost'), english)).toBe('lost · step 120/400 · loss 2.413');
  });

  it('shows a loss that is not finite as what it is', () => {
    expect(runDescription(status({ metrics: { 'loss/train': Number.NaN } }), english)).toBe('step 120/400 · loss NaN');
    expect(formatMetric(null)).toBe('NaN');
    expect(formatMetric(Number.POSITIVE_INFINITY)).toBe('Infinity');
    expect(formatMetric(0.00012)).toBe('1.20e-4');
  });

  it('names a run whose record cannot be read by its directory', () => {
    const unreadable = { directory: '/w/.fathom/runs/20260131-120000-deep', state: 'unreadable', problems: [] } as const;
    expect(runLabel(unreadable)).toBe('20260131-120000-deep');
    expect(runDescription(unreadable, english)).toBe('cannot be read');
    expect(runContext(unreadable)).toBe('run ended');
  });

  it('offers in menus what the state allows', () => {
    expect(runContext(status())).toBe('run alive pausable saved');
    expect(runContext(status({ state: 'paused' }))).toBe('run alive paused saved');
    expect(runContext(status({ state: 'finished' }))).toBe('run ended saved');
    expect(runContext(status({ state: 'stopped' }))).toBe('run ended continuable saved');
    expect(runContext(status({}, 'lost'))).toBe('run ended continuable saved');
    expect(runContext(status({ state: 'stopped', kind: 'probe' }))).toBe('run ended');
    expect(canContinue(status({ state: 'stopped', kind: 'probe' }))).toBe(false);
  });

  it('tells what a fork descends from, to its first ancestor', () => {
    const lineage = { run: 'parent', step: 7, lineage: { run: 'grandparent', step: 3 } };
    expect(runDescription(status({ lineage }), english)).toBe('step 120/400 · loss 2.413 · fork of parent at step 7');
    const facts = runFacts(status({ lineage }), english, render).filter(([name]) => name === 'Forked from');
    expect(facts.map(([, value]) => value)).toEqual(['parent, step 7', 'grandparent, step 3']);
  });

  it('has an icon for every state, a different one for a probe', () => {
    expect(runIcon(status({ state: 'failed' }))).toEqual({ id: 'error', colour: 'charts.red' });
    expect(runIcon(status({ state: 'finished', kind: 'probe' })).id).toBe('pulse');
  });

  it('lists in its tooltip only what is known', () => {
    const facts = new Map(runFacts(status({ metrics: { 'loss/validation': 2.5 }, lineage: { run: 'parent', step: 7 } }), english, render));
    expect(facts.get('Validation loss')).toBe('2.500');
    expect(facts.get('Forked from')).toBe('parent, step 7');
    expect(facts.has('Training loss')).toBe(false);
  });

  it('says in its tooltip what is wrong', () => {
    const args = { path: '/w/.fathom/runs/x', field: 'name' };
    const torn = { directory: args.path, state: 'unreadable', problems: [{ code: 'run-malformed', args }] } as const;
    expect(new Map(runFacts(torn, english, render)).get('Problem')).toContain('cannot be understood: name');
    const error = { code: 'disk-full', args: { path: '/w', errno: 'ENOSPC' }, message: '' };
    expect(new Map(runFacts(status({ state: 'failed', error }), english, render)).get('Problem')).toContain('is full');
  });
});
