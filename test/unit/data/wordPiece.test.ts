// WordPiece against google-research/bert's own test cases (tokenization_test.py) and its rules.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { configuredTokeniser } from '../../../src/data/configuredTokeniser';
import { openWordPiece, wordsOf } from '../../../src/data/wordPiece';
import { scratch } from '../experiment/scratch';

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const PIECES = ['want', '##want', '##ed', 'wa', 'un', 'runn', '##ing', ','];

function vocabulary(lines: readonly string[], end = '\n'): string {
  const file = path.join(scratch(), 'vocab.txt');
  writeFileSync(file, lines.join(end) + end);
  return file;
}

describe('basic tokenisation', () => {
  it.each([
    [' \tHeLLo!how  \n Are yoU?  ', true, ['hello', '!', 'how', 'are', 'you', '?']],
    ['H\u{e9}llo', true, ['hello']],
    [' \tHeLLo!how  \n Are yoU?  ', false, ['HeLLo', '!', 'how', 'Are', 'yoU', '?']],
    ['H\u{e9}llo', false, ['H\u{e9}llo']],
    ['ah\u{535a}\u{63a8}zz', true, ['ah', '\u{535a}', '\u{63a8}', 'zz']],
    ['a\u{0}b\u{200d}c\u{fffd}d', true, ['abcd']],
    ['$5^`x`~“y”', true, ['$', '5', '^', '`', 'x', '`', '~', '“', 'y', '”']],
    ['かな 한글', false, ['かな', '한글']],
    ['', true, []],
  ])('cuts %j into words (lower case: %s)', (text, lowerCase, words) => {
    expect(wordsOf(text, lowerCase)).toEqual(words);
  });
});

describe('WordPiece', () => {
  it('takes the longest piece first, as the published cases have it', async () => {
    const { encode, decode, vocabulary: size } = await openWordPiece(vocabulary([...SPECIAL, ...PIECES]), true);
    const pieces = (text: string) => [...encode(text)].map((token) => [...SPECIAL, ...PIECES][token]);
    expect(pieces('unwanted running')).toEqual(['un', '##want', '##ed', 'runn', '##ing']);
    expect(pieces('unwantedX running')).toEqual(['[UNK]', 'runn', '##ing']);
    expect([...encode('UNwant\u{e9}d,running')]).toEqual([9, 6, 7, 12, 10, 11]);
    expect(decode(encode('UNwanted,running'))).toBe('unwanted , running');
    expect(size).toBe(13);
  });

  it('knows no word of more than 100 characters', async () => {
    const { encode } = await openWordPiece(vocabulary([...SPECIAL, 'a', '##a']), true);
    expect([...encode('a'.repeat(100))]).toEqual([5, ...new Array(99).fill(6)]);
    expect([...encode('a'.repeat(101))]).toEqual([1]);
  });

  it('takes special tokens written in a text for ordinary text', async () => {
    const { encode, special } = await openWordPiece(vocabulary([...SPECIAL, '[', ']', 'mask']), true);
    expect([...encode('[MASK]')]).toEqual([5, 7, 6]);
    expect(special).toEqual({ pad: 0, classify: 2, separate: 3, mask: 4 });
  });

  it('gives long texts the tokens that they would have in one piece', async () => {
    const { encode, encodeBytes } = await openWordPiece(vocabulary([...SPECIAL, ...PIECES], '\r\n'), true);
    const text = 'unwanted, running\n'.repeat(3000);
    expect([...encodeBytes(new TextEncoder().encode(text))]).toEqual([...encode(text)]);
  });

  it.each([
    ['vocabulary-special-missing', ['[PAD]', '[UNK]', '[CLS]', 'a'], { missing: '[SEP], [MASK]' }],
    ['vocabulary-duplicate', [...SPECIAL, 'a', 'b', 'a'], { line: 8, before: 6, piece: 'a' }],
    ['vocabulary-empty-line', [...SPECIAL, '', 'b'], { line: 6 }],
  ])('refuses a file with one clear error: %s', async (code, lines, args) => {
    const file = vocabulary(lines);
    const expected = { code, args: { field: 'data.vocabularyFile', value: file, ...args } };
    await expect(openWordPiece(file, true)).rejects.toMatchObject(expected);
  });

  it('says that a file cannot be read', async () => {
    await expect(openWordPiece(path.join(scratch(), 'none.txt'), true)).rejects.toMatchObject({ code: 'vocabulary-unreadable' });
  });
});

describe('golden tokens', () => {
  // Vocabulary and tokens by Hugging Face's tokenizers 0.23.3 (BertWordPieceTokenizer): prose, and characters of many scripts.
  const folder = path.join(import.meta.dirname, '../../fixtures/wordpiece');
  const golden = readFileSync(path.join(folder, 'golden.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { text: string; uncased: number[]; cased: number[] });

  it.each(['uncased', 'cased'] as const)('are those of another implementation (%s)', async (which) => {
    const { encode } = await openWordPiece(path.join(folder, 'vocab.txt'), which === 'uncased');
    expect(golden).toHaveLength(36);
    for (const one of golden) expect([...encode(one.text)], one.text).toEqual(one[which]);
  });
});

describe('bytes for an encoder', () => {
  it('are followed by four special tokens', async () => {
    const data = { tokeniser: 'bytes', vocabularyFile: '', lowerCase: true } as const;
    const encoder = await configuredTokeniser({ data, model: { architecture: 'bert' } });
    expect(encoder.vocabulary).toBe(260);
    expect(new Set(Object.values(encoder.special ?? {}))).toEqual(new Set([256, 257, 258, 259]));
    expect((await configuredTokeniser({ data, model: { architecture: 'gpt' } })).vocabulary).toBe(256);
  });
});
