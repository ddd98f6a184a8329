// What a person types to find runs.
import { describe, expect, it } from 'vitest';
import { arrange, PAGE_ROWS, pageOf } from '../../../src/extension/runs/arrange';
import { parseFilter } from '../../../src/extension/runs/filter';
import { labelled, status } from './helpers';

const RUNS = [
  labelled(status({ id: '1-post', name: 'Post LN', state: 'failed', configuration: '/w/schemes.fathom.json' }), {
    tags: ['Eq 4'],
    star: true,
  }),
  labelled(status({ id: '2-pre', name: 'pre ln', state: 'finished' }), { tags: ['eq 5'], text: 'the sanity target' }),
  status({ id: '3-lost', name: 'foundation', state: 'running' }, 'lost'),
];

const found = (text: string) => RUNS.filter(parseFilter(text) ?? (() => true)).map(({ record }) => record?.id);

describe('the filter of the Runs view', () => {
  it('finds every word in name, folder, state, tags, note and configuration, upper and lower case alike', () => {
    expect(found('LN')).toEqual(['1-post', '2-pre']);
    expect(found('ln sanity')).toEqual(['2-pre']);
    expect(found('3-l')).toEqual(['3-lost']);
    expect(found('SCHEMES failed')).toEqual(['1-post']);
    expect(found('"eq 5"')).toEqual(['2-pre']);
    expect(found('nothing like that')).toEqual([]);
  });

  it('knows stars, states and tags, and the absence of each', () => {
    expect(found('@starred')).toEqual(['1-post']);
    expect(found('-@starred')).toEqual(['2-pre', '3-lost']);
    expect(found('@lost')).toEqual(['3-lost']);
    expect(found('@tag:"eq 4"')).toEqual(['1-post']);
    expect(found('-ln')).toEqual(['3-lost']);
  });

  it('asks for nothing while nothing is typed, or not yet', () => {
    for (const text of ['', '  ', '@', '-', '@tag:', '"']) expect(parseFilter(text)).toBeUndefined();
    expect(found('"post l')).toEqual(['1-post']);
    expect(found('@f')).toEqual(['1-post', '2-pre']);
  });
});

describe('an arrangement', () => {
  const many = Array.from({ length: 2 * PAGE_ROWS + 1 }, (_, i) =>
    status({ id: `run-${i}`, name: i % 2 ? 'odd' : 'even', state: 'finished' }),
  );

  it('gives a long group in pages, and every run once', () => {
    const arrangement = arrange(many, 'none', undefined, 0);
    const seen: string[] = [];
    let page: { group: string; from: number } | undefined = { group: arrangement.groups[0]?.id ?? '', from: 0 };
    const rests: number[] = [];
    while (page) {
      const { runs, rest, next } = pageOf(arrangement, page);
      expect(runs.length).toBeLessThanOrEqual(PAGE_ROWS);
      seen.push(...runs.map(({ directory }) => directory));
      rests.push(rest);
      page = next;
    }
    expect(new Set(seen).size).toBe(many.length);
    expect(rests).toEqual([1001, 501, 1]);
    expect(pageOf(arrangement, { group: 'gone', from: 0 })).toEqual({ runs: [], rest: 0 });
  });

  it('counts what passes, and has another shape only where another row is shown', () => {
    const all = arrange(many, 'none', undefined, 0);
    const odd = arrange(many, 'none', parseFilter('odd'), 0);
    expect([odd.shown, odd.total]).toEqual([PAGE_ROWS, many.length]);
    expect(odd.shape).not.toBe(all.shape);
    const later = many.map((run) => ({ ...run, problems: [] }));
    expect(arrange(later, 'none', undefined, 0).shape).toBe(all.shape);
  });
});
