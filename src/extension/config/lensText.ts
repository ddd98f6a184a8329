// The line above a configuration's model, in words: how deep, how big, how much memory.
import type { Translate } from '../translate';

const SCALES: readonly (readonly [number, string])[] = [
  [1e12, 'T'],
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'k'],
];

/** `5.1 M`, `815 M`, `900`: a count a person can hold. */
export function formatCount(count: number): string {
  // Rounded to three digits first, so that 999 999 reads 1 M and not 1000 k.
  const rounded = count === 0 ? 0 : Number(count.toPrecision(3));
  const [size, unit] = SCALES.find(([scale]) => rounded >= scale) ?? [1, ''];
  const value = rounded / size;
  const digits = unit === '' || value >= 100 ? 0 : 1;
  return unit === '' ? String(Math.round(value)) : `${value.toFixed(digits)} ${unit}`;
}

/** `0.3 GB`, `13 GB`, `40 MB`; decimal units, as memory estimates are anyway rough. */
export function formatMemory(bytes: number): string {
  const gigabytes = bytes / 1e9;
  if (gigabytes >= 10) return `${Math.round(gigabytes)} GB`;
  if (gigabytes >= 0.1) return `${gigabytes.toFixed(1)} GB`;
  return `${Math.max(1, Math.round(bytes / 1e6))} MB`;
}

/** Two digits of a time that varies with whatever else the machine does. */
export function formatSeconds(seconds: number): string {
  return String(Number(seconds.toPrecision(2)));
}

export interface ModelSize {
  readonly layers: number;
  readonly parameters: number;
  readonly bytes: number;
  /** Where this machine was timed. */
  readonly secondsPerStep?: number;
}

export function sizeLine(size: ModelSize, t: Translate): string {
  return [
    t('{layers} layers', { layers: size.layers }),
    t('{count} parameters', { count: formatCount(size.parameters) }),
    t('about {memory}', { memory: formatMemory(size.bytes) }),
    ...(size.secondsPerStep === undefined ? [] : [t('{seconds} s/step measured here', { seconds: formatSeconds(size.secondsPerStep) })]),
  ].join(' · ');
}
