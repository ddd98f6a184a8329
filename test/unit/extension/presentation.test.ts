// How runs read in lists, and what their menus may offer.
import { describe, expect, it } from 'vitest';
import { render } from '../../../src/experiment/messages';
import {
  canContinue,
  formatMetric,
  isAlive,
  progressWords,
  runContext,
  runDescription,
  runFacts,
  runIcon,
  runLabel,
} from '../../../src/extension/runs/presentation';
import { english, labelled, status } from './helpers';

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
    expect(runContext(unreadable)).toBe('run plain ended');
  });

  it('offers in menus what the state allows', () => {
    expect(runContext(status())).toBe('run plain alive pausable saved');
    expect(runContext(status({ state: 'paused' }))).toBe('run plain alive paused saved');
    expect(runContext(status({ state: 'finished' }))).toBe('run plain ended saved');
    expect(runContext(status({ state: 'stopped' }))).toBe('run plain ended continuable saved');
    expect(runContext(status({}, 'lost'))).toBe('run plain ended continuable saved');
    expect(runContext(status({ state: 'stopped', kind: 'probe' }))).toBe('run plain ended');
    expect(canContinue(status({ state: 'stopped', kind: 'probe' }))).toBe(false);
  });

  it('tells what a fork descends from, to its first ancestor', () => {
    const lineage = { run: 'parent', step: 7, lineage: { run: 'grandparent', step: 3 } };
    expect(runDescription(status({ lineage }), english)).toBe('step 120/400 · loss 2.413 · fork of parent at step 7');
    const facts = runFacts(status({ lineage }), english, render).filter(([name]) => name === 'Forked from');
    expect(facts.map(([, value]) => value)).toEqual(['parent, step 7', 'grandparent, step 3']);
  });

  it('shows what a person added: name, star, tags and note', () => {
    const run = labelled(status({ state: 'finished', metrics: {} }), {
      name: 'the good one',
      star: true,
      tags: ['deep', 'eq 4'],
      text: 'why not',
    });
    expect(runLabel(run)).toBe('the good one');
    expect(runDescription(run, english)).toBe('★ finished · step 120/400 · deep · eq 4');
    expect(runContext(run)).toBe('run starred ended saved');
    const facts = new Map(runFacts(run, english, render));
    expect([facts.get('Tags'), facts.get('Note')]).toEqual(['deep, eq 4', 'why not']);
  });

  it('says of a run of a newer Fathom what it is, and of one that waits that it may be started', () => {
    const args = { path: '/w/x', value: 7, known: 1 };
    const newer = { directory: '/w/x', state: 'unreadable', problems: [{ code: 'run-newer-format', args }] } as const;
    expect(runDescription(newer, english)).toBe('written by a newer Fathom');
    expect(runIcon(newer).id).toBe('versions');
    expect(runContext(status({ state: 'queued' }))).toBe('run plain queued');
    expect([isAlive('queued'), isAlive('paused')]).toEqual([false, true]);
  });

  it('warns of a run that diverges while it goes on', () => {
    const alert = { code: 'divergence', args: { step: 9, since: 2, steps: 8, value: 7, median: 3 } };
    expect(runDescription(status({ alert }), english)).toBe('diverging · step 120/400 · loss 2.413');
    expect(runIcon(status({ alert })).id).toBe('warning');
    expect(new Map(runFacts(status({ alert }), english, render)).get('Problem')).toContain('the loss has been high for 8 steps');
  });

  it('says on one line how far a run is', () => {
    expect(progressWords(status(), 61, english)).toBe('120/400 · loss 2.413 · 1 min left');
    expect(progressWords(status({ metrics: {} }), undefined, english)).toBe('120/400');
    expect(progressWords(status({ steps: 0 }), 3, english)).toBe('');
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
