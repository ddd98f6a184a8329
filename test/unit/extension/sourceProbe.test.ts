// How far a look at a configuration's data reaches.
import { describe, expect, it, vi } from 'vitest';
import { confined } from '../../../src/extension/config/sourceProbe';

describe('a confined probe', () => {
  const touched = vi.fn(() => 'missing' as const);
  const probe = confined(touched, '/w/configs', '/w');

  it('looks inside the workspace folder', () => {
    expect(['corpus.txt', '../data/a.txt', '/w/b.txt', 'built-in:moby-dick'].map(probe)).toEqual(Array(4).fill('missing'));
    expect(touched).toHaveBeenCalledTimes(4);
  });

  it('touches nothing outside it', () => {
    touched.mockClear();
    const sources = ['../../etc/passwd', '/etc/passwd', '../..', '/wider/file', '../inside'];
    expect(sources.map(probe)).toEqual(['unknown', 'unknown', 'unknown', 'unknown', 'missing']);
    expect(touched).toHaveBeenCalledTimes(1);
  });
});
