// The words above a configuration's model.
import { describe, expect, it } from 'vitest';
import { formatCount, formatMemory, sizeLine } from '../../../src/extension/config/lensText';
import { english } from './helpers';

describe('the size line', () => {
  it('reads as a person would say it', () => {
    expect(sizeLine({ layers: 100, parameters: 5_065_000, bytes: 312e6 }, english)).toBe('100 layers · 5.1 M parameters · about 0.3 GB');
    expect(sizeLine({ layers: 1000, parameters: 815_490_000, bytes: 13.4e9 }, english)).toBe(
      '1000 layers · 815 M parameters · about 13 GB',
    );
  });

  it('tells a step’s time once this machine was timed', () => {
    const size = { layers: 2, parameters: 1000, bytes: 1e9, secondsPerStep: 2.1437 };
    expect(sizeLine(size, english)).toBe('2 layers · 1.0 k parameters · about 1.0 GB · 2.1 s/step measured here');
  });

  it('changes unit only once the rounded number needs it', () => {
    expect([0, 950, 1000, 99_950, 999_499, 999_999, 1_050_000, 2.5e9].map(formatCount)).toEqual([
      '0',
      '950',
      '1.0 k',
      '100 k',
      '999 k',
      '1.0 M',
      '1.1 M',
      '2.5 B',
    ]);
    expect([1, 40e6, 99e6, 100e6, 9.94e9, 12.6e9].map(formatMemory)).toEqual(['1 MB', '40 MB', '99 MB', '0.1 GB', '9.9 GB', '13 GB']);
  });
});
