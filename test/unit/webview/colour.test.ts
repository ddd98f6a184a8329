import { describe, expect, test } from 'vitest';
import { colourMap, INFINITE_COLOUR, MAP_SIZE, NAN_COLOUR, type Rgb, toLab, ZERO_COLOUR } from '../../../webview/heatmap/colour';

const map = colourMap();
const entries = Array.from(
  { length: MAP_SIZE },
  (_, entry): Rgb => [map[3 * entry] ?? 0, map[3 * entry + 1] ?? 0, map[3 * entry + 2] ?? 0],
);
const labs = entries.map(toLab);
const distance = (one: readonly number[], other: readonly number[]): number =>
  Math.hypot(...one.map((value, axis) => value - (other[axis] ?? 0)));

describe('the colour map', () => {
  test('rises in lightness all the way, so that it reads without colour', () => {
    for (let entry = 8; entry < MAP_SIZE; entry++) expect(labs[entry]?.[0]).toBeGreaterThan(labs[entry - 8]?.[0] ?? 1);
    expect((labs.at(-1)?.[0] ?? 0) - (labs[0]?.[0] ?? 1)).toBeGreaterThan(0.6);
  });

  test('takes steps that look equal', () => {
    const steps = Array.from({ length: MAP_SIZE / 16 - 1 }, (_, index) => distance(labs[16 * index] ?? [], labs[16 * (index + 1)] ?? []));
    expect(Math.max(...steps) / Math.min(...steps)).toBeLessThan(1.3);
  });

  test('never comes near the colours of what is no number', () => {
    for (const special of [NAN_COLOUR, INFINITE_COLOUR, ZERO_COLOUR]) {
      const nearest = Math.min(...labs.map((lab) => distance(lab, toLab(special))));
      expect(nearest).toBeGreaterThan(0.075);
    }
    expect(distance(toLab(NAN_COLOUR), toLab(INFINITE_COLOUR))).toBeGreaterThan(0.15);
  });
});
