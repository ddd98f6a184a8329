// What hovers compute from a configuration.
import { describe, expect, it } from 'vitest';
import { checkpointBytes } from '../../../src/extension/config/costFacts';
import { type Computed, depthConstants, factsAt } from '../../../src/extension/config/hoverFacts';
import { CATALOGUE } from '../../../src/model/catalogue';
import { describeCost } from '../../../src/model/cost';
import { english, resolved } from './helpers';

function facts(path: string, scheme = 'deepnorm', written: readonly string[] = []): string {
  const config = resolved(
    { layers: 100, hidden: 64, heads: 2, scheme },
    { schedule: { warmup: 20 }, training: { steps: 400, accumulation: 2, recordEvery: 3 } },
  );
  const computed: Computed = {
    config,
    catalogue: CATALOGUE,
    cost: describeCost(config),
    isWritten: (field) => written.includes(field),
  };
  return factsAt(path, computed, english).join('\n');
}

describe('hover facts', () => {
  it('computes a scheme’s constants at this depth, as published', () => {
    expect(facts('model.scheme')).toContain('Here, with N = 100: α = 3.761, β = 0.1880.');
    expect(facts('model.scheme', 'foundation')).toContain('coefficient = 0.974');
  });

  it('reads the depth constants of every scheme of the catalogue that has some', () => {
    const withConstants = CATALOGUE.schemes.filter(({ formula }) => /N\)\^/.test(formula));
    expect(withConstants.length).toBeGreaterThan(1);
    for (const { formula } of withConstants) expect(depthConstants(formula, 1000).length, formula).toBeGreaterThan(0);
    expect(depthConstants('α = (2N)^(1/4)', 1000)[0]?.value).toBeCloseTo(6.687, 3);
  });

  it('says what follows from numbers', () => {
    expect(facts('model.heads')).toBe('Each of 2 heads is 32 wide.');
    expect(facts('training.batch')).toMatch(/^1024 tokens in a step\.\nAbout [\d.]+ [GM]B of memory\.$/);
    expect(facts('schedule.decay')).toBe('10 % of the steps.');
    expect(facts('training.validateEvery')).toBe('4 validations in 400 steps.');
    expect(facts('training.activations')).toMatch(/^100 of 100 layers keep/);
    expect(facts('engine.workers')).toBe('1 threads share every batch.');
    expect(facts('training.recordEvery')).toBe('134 columns in the depth picture.');
    expect(facts('optimiser.layerRate')).toBe('At the peak, layers learn at 0.001.');
    expect(facts('schedule.warmup')).toBe('5 % of the steps.');
    expect(facts('data.tokeniser')).toContain('a loss of 5.545');
  });

  it('shows the formulas of what was chosen, with their numbers at this depth', () => {
    expect(facts('model.initialisation')).toContain('β = 0.1880');
    expect(facts('model.initialisation', 'foundation')).toContain('√(2N) = 14.14');
    for (const path of ['optimiser.name', 'schedule.name', 'model.activation', 'model.norm'])
      expect(facts(path), path).toMatch(/^\*\*.+\*\* `.+`$/);
  });

  it('tells sizes and times: a checkpoint is weights and two moments of AdamW', () => {
    const config = resolved({ layers: 4, hidden: 64 });
    const computed: Computed = { config, catalogue: CATALOGUE, cost: describeCost(config), secondsPerStep: 2, isWritten: () => true };
    expect(checkpointBytes(computed.cost)).toBe(12 * computed.cost.total);
    expect(factsAt('training.checkpointEvery', computed, english).join()).toContain('About 6.7 minutes for 200 steps');
    expect(factsAt('model.layers', computed, english).join()).toContain('About 2 s a step, as measured here.');
    expect(factsAt('training.steps', { ...computed, secondsPerStep: 20 }, english).join()).toContain('About 5.6 hours for 1000 steps');
  });

  it('shows a model’s cost by part, adding up', () => {
    const table = facts('model');
    const numbers = [...table.matchAll(/^\| [a-z -]+ \| ([\d,]+) \|$/gm)].map(([, count = '']) => Number(count.replaceAll(',', '')));
    const total = Number(/\| Parameters \| ([\d,]+) \|/.exec(table)?.[1]?.replaceAll(',', ''));
    expect(numbers.length).toBeGreaterThan(3);
    expect(numbers.reduce((sum, count) => sum + count, 0)).toBe(total);
  });

  it('lists what is in effect without being written', () => {
    expect(facts('schedule', 'deepnorm', ['schedule.warmup'])).toBe('Not written, so in effect: `name` cosine, `final` 0.1');
    expect(facts('engine', 'deepnorm', ['engine.name', 'engine.workers'])).toBe('');
  });

  it('is silent where there is nothing to compute', () => {
    expect(facts('optimiser.beta1')).toBe('');
    expect(facts('nonsense')).toBe('');
  });
});
