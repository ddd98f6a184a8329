// Pairs of questions in GLUE's format, as an encoder reads them.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { configuredTokeniser } from '../../../src/data/configuredTokeniser';
import { openPairs, pairBatch } from '../../../src/data/pairs';
import { FIRST_POSITION } from '../../../src/data/trainingData';
import { scratch } from '../experiment/scratch';

const HEADER = 'id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate';
const SPECIAL = { pad: 256, classify: 257, separate: 258, mask: 259 };
const bytes = (text: string): Int32Array => Int32Array.from(new TextEncoder().encode(text));

function table(lines: readonly string[]): string {
  const file = path.join(scratch(), 'train.tsv');
  writeFileSync(file, `${[HEADER, ...lines].join('\n')}\n`);
  return file;
}

const rows = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}\t0\t0\tq${i}a\tq${i}b\t${i % 2}`);

async function open(lines: readonly string[], fraction = 0.2) {
  const data = { tokeniser: 'bytes', vocabularyFile: '', lowerCase: true } as const;
  return openPairs(table(lines), await configuredTokeniser({ data, model: { architecture: 'bert' } }), fraction, 1);
}

describe('a pair', () => {
  it('stands between special tokens, with types and its length', () => {
    const { tokens, types, lengths, targets, places } = pairBatch(SPECIAL, [{ first: bytes('ab'), second: bytes('c'), label: 1 }], 8);
    expect([...tokens]).toEqual([257, 97, 98, 258, 99, 258, 256, 256]);
    expect([...(types ?? [])]).toEqual([0, 0, 0, 0, 1, 1, 0, 0]);
    expect([[...(lengths ?? [])], [...targets], [...(places ?? [])]]).toEqual([[6], [1], [0]]);
  });

  it('loses tokens of its longer text, and of the second where both are as long', () => {
    const { tokens } = pairBatch(SPECIAL, [{ first: bytes('abcdef'), second: bytes('xyz'), label: 0 }], 8);
    expect(String.fromCharCode(...tokens.filter((token) => token < 256))).toBe('abcxy');
  });
});

describe('a table of pairs', () => {
  it('is visited once in each epoch, in an order of its own, without its end', async () => {
    const data = await open(rows(10));
    const visited = (epoch: number) => Array.from(data.train(8, 16, { epoch, index: 0 }).tokens.filter((_, i) => i % 16 === 2));
    expect([...visited(0)].sort()).toEqual([...'01234567'].map((digit) => digit.charCodeAt(0)));
    expect(visited(1)).not.toEqual(visited(0));
    expect(data.description).toContain('10 pairs, of which 2 for validation');
    expect(data.validation(2, 16, 1)[0]?.targets).toEqual(Int32Array.of(0, 1));
  });

  it('goes on exactly from a position', async () => {
    const data = await open(rows(10));
    const whole = data.train(12, 16, FIRST_POSITION);
    const first = data.train(5, 16, FIRST_POSITION);
    const rest = (await open(rows(10))).train(7, 16, JSON.parse(JSON.stringify(first.next)));
    expect([...first.tokens, ...rest.tokens]).toEqual([...whole.tokens]);
    expect(rest.next).toEqual(whole.next);
  });

  it('leaves out the lines that lack columns, and says how many', async () => {
    const { description } = await open([...rows(9), '9\t0\t0\tonly one question']);
    expect(description).toContain('9 pairs');
    expect(description).toContain('1 lines');
  });

  it.each([
    ['evaluation-field-wrong', ['1\t0\t0\ta\tb\tmaybe']],
    ['evaluation-line-columns', ['1\t0\t0']],
    ['pairs-too-few', rows(1)],
  ])('refuses with one clear error: %s', async (code, lines) => {
    await expect(open(lines)).rejects.toMatchObject({ code });
  });
});
