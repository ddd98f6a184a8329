// Alerts from made-up losses and depth pictures: when they come, that they come once, and when they go.

import { describe, expect, it } from 'vitest';
import type { WatchdogConfig } from '../../../src/experiment/config';
import { MESSAGES, render } from '../../../src/experiment/messages';
import { randomStream } from '../../../src/experiment/random';
import { WATCHED_STATISTICS } from '../../../src/experiment/watchdogFields';
import { STATISTICS } from '../../../src/model/statistics';
import type { Alert } from '../../../src/trainer/watchdog/alert';
import { spread } from '../../../src/trainer/watchdog/lossAlerts';
import { Watchdog } from '../../../src/trainer/watchdog/watchdog';
import { smallConfig } from './harness';

const DEFAULTS = smallConfig().watchdog;

interface Told extends Alert {
  readonly at: number;
}

/** What is said of losses, the first being step 1's; saved and read back at every step, as checkpoints may do. */
function heard(losses: readonly number[], change: Partial<WatchdogConfig> = {}, entropy?: number): Told[] {
  const config = { ...DEFAULTS, ...change };
  let watchdog = new Watchdog(config, entropy);
  return losses.flatMap((loss, i) => {
    const alerts = watchdog.step(i + 1, loss).map((alert) => ({ ...alert, at: i + 1 }));
    watchdog = new Watchdog(config, entropy, JSON.parse(JSON.stringify(watchdog.state)));
    return alerts;
  });
}

const brief = (told: readonly Told[]): string[] => told.map(({ code, at }) => `${at} ${code}`);

/** A loss that falls from `from` towards 3 with the noise of small batches. */
function falling(steps: number, from = 5.5, noise = 0.1): number[] {
  const random = randomStream(3);
  return Array.from({ length: steps }, (_, i) => 3 + (from - 3) * Math.exp(-i / 200) + noise * random.normal());
}

describe('the loss', () => {
  it('has a median and a robust deviation, which one outlier does not move', () => {
    expect(spread([1, 2, 3, 4, 1000])).toEqual({ median: 3, deviation: 1.4826 });
    expect(spread([2, 2, 2, 2])).toEqual({ median: 2, deviation: 0.02 });
    const random = randomStream(1);
    const { median, deviation } = spread(Array.from({ length: 20_001 }, () => 10 + 2 * random.normal()));
    expect(Math.abs(median - 10)).toBeLessThan(0.05);
    expect(Math.abs(deviation - 2)).toBeLessThan(0.05);
  });

  it('raises nothing while it falls, noise and a steep start included', () => {
    expect(heard([...Array.from({ length: 30 }, (_, i) => 12 - i / 5), ...falling(2000)])).toEqual([]);
  });

  it('spikes once however long it wavers, and is over once', () => {
    const losses = falling(200);
    losses.splice(150, 6, 8, 6, 9, 4.9, 8, 8);
    expect(brief(heard(losses))).toEqual(['151 loss-spike', '159 loss-spike-over']);
    expect(heard(losses)[0]).toMatchObject({ value: '8.000', since: 151 });
    expect(heard(losses, { lossSpike: 0 })).toEqual([]);
  });

  it('diverges when a spike stays, and says nothing more until it is back', () => {
    const losses = [...falling(100), ...new Array<number>(300).fill(7), ...falling(50, 3)];
    expect(brief(heard(losses))).toEqual(['101 loss-spike', '150 divergence', '403 divergence-over']);
    expect(brief(heard(losses, { divergence: 0 }))).toEqual(['101 loss-spike', '403 loss-spike-over']);
  });

  it('rests on the entropy of single tokens only when it stays there', () => {
    const flat = (steps: number) => Array.from({ length: steps }, (_, i) => 3.15 + 0.03 * Math.sin(i));
    const config = { plateau: 100, lossSpike: 0 };
    expect(brief(heard([...falling(100), ...flat(300), ...new Array<number>(200).fill(2)], config, 3.17))).toEqual([
      '232 plateau',
      '495 plateau-over',
    ]);
    expect(heard(flat(400), { ...config, plateau: 0 }, 3.17)).toEqual([]);
    expect(heard(flat(400), config, 2.8)).toEqual([]);
    expect(heard(flat(400), config)).toEqual([]);
  });
});

const LAYERS = 40;
const COLUMNS = [...new Set(Object.values(WATCHED_STATISTICS))] as readonly string[];
type Picture = Readonly<Record<string, (layer: number) => number>>;
const HEALTHY: Picture = {
  gradient_rms: () => 1e-4,
  token_cosine: (layer) => 0.2 + layer / 100,
  attention_entropy: () => 2,
  update_ratio: () => 1e-3,
};

function reading(step: number, picture: Picture, columns = COLUMNS, decay = 1e-4) {
  const rows = ['embedding', ...Array.from({ length: LAYERS }, (_, i) => `layer ${i + 1}`), 'head'];
  const values = new Float32Array(rows.length * columns.length);
  const absent: [number, number][] = columns.flatMap((_, c) => [
    [0, c],
    [LAYERS + 1, c],
  ]);
  for (let l = 1; l <= LAYERS; l++)
    columns.forEach((name, c) => {
      values[l * columns.length + c] = picture[name]?.(l) ?? 0;
    });
  return { step, layout: { rows, columns, absent }, values, decay };
}

function seen(pictures: readonly Picture[], change: Partial<WatchdogConfig> = {}, columns = COLUMNS): Told[] {
  const watchdog = new Watchdog({ ...DEFAULTS, ...change }, undefined);
  return pictures.flatMap((picture, i) =>
    watchdog.depth(reading(i + 1, { ...HEALTHY, ...picture }, columns)).map((alert) => ({ ...alert, at: i + 1 })),
  );
}

const often = (picture: Picture, times: number): Picture[] => new Array<Picture>(times).fill(picture);

describe('the picture over depth', () => {
  it('is made of statistics that exist', () => {
    expect(STATISTICS.map(({ descriptor }) => descriptor.name)).toEqual(expect.arrayContaining([...COLUMNS]));
  });

  it.each<[string, Picture, Partial<Alert>, Partial<WatchdogConfig>]>([
    ['vanishing-gradients', { gradient_rms: (l) => 10 ** (l - LAYERS) }, { place: 'layer 34', layers: 34 }, { vanishingGradients: 0 }],
    [
      'exploding-gradients',
      { gradient_rms: (l) => 10 ** ((LAYERS - l) / 2) },
      { place: 'layer 30', layers: 30 },
      { explodingGradients: 0 },
    ],
    ['rank-collapse', { token_cosine: (l) => (l < 13 ? 0.5 : 0.999) }, { place: 'layer 13', layers: 28 }, { rankCollapse: 1 }],
    [
      'attention-collapse',
      { attention_entropy: (l) => (l === 7 || l === 9 ? 0.01 : 2) },
      { place: 'layer 7', layers: 2 },
      { attentionCollapse: 0 },
    ],
    ['dead-layers', { update_ratio: (l) => (l > 5 && l < 9 ? 1e-4 : 1e-3) }, { place: 'layer 6', layers: 3 }, { deadLayers: 0 }],
  ])('%s is one alert after patience, and one when it is over', (code, bad, where, off) => {
    const told = seen([...often({}, 2), ...often(bad, 20), ...often({}, 10)]);
    expect(brief(told)).toEqual([`5 ${code}`, `25 ${code}-over`]);
    expect(told[0]).toMatchObject({ ...where, since: 3 });
    for (const alert of told) expect(render(alert.code, { ...(alert as never as Record<string, string>), step: 5 })).not.toMatch(/[{}]/);
    expect(MESSAGES[code]).toBeDefined();
    expect(seen(often(bad, 9), off)).toEqual([]);
    expect(seen([...often(bad, 2), ...often({}, 1), ...often(bad, 2)])).toEqual([]);
    // Recorded by a trainer that knows no such statistic.
    expect(seen(often(bad, 9), {}, [])).toEqual([]);
  });

  it('does not flicker around a threshold', () => {
    const around = Array.from({ length: 60 }, (_, i): Picture => ({ token_cosine: () => (i % 10 < 5 ? 0.991 : 0.989) }));
    expect(brief(seen(around))).toEqual(['3 rank-collapse']);
  });

  it('does not call a layer dead that nothing is meant to move', () => {
    const watchdog = new Watchdog(DEFAULTS, undefined);
    for (let step = 1; step < 9; step++) {
      const still = { ...reading(step, { ...HEALTHY, update_ratio: () => 0 }), decay: undefined };
      expect(watchdog.depth(still)).toEqual([]);
    }
  });
});
