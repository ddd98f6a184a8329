// BERT's tokeniser: text is cleaned and cut into words, and each word into the longest pieces that a
// vocabulary file knows (google-research/bert, tokenization.py; arXiv 1609.08144).

import { Failure } from '../experiment/failure';
import { readText } from '../experiment/files';
import { encodeInPieces, type SpecialTokens, type TokenArray, type Tokeniser } from './tokeniser';

const UNKNOWN = '[UNK]';
/** Their names in vocabulary files. */
const SPECIAL: Readonly<Record<keyof SpecialTokens, string>> = { pad: '[PAD]', classify: '[CLS]', separate: '[SEP]', mask: '[MASK]' };
/** What a piece that goes on with a word begins with. */
const CONTINUES = '##';
/** Stretches between white space whose tokens are remembered; a long text has no end of numbers and misspellings. */
const MOST_REMEMBERED = 500_000;
/** Longer ones are not worth it: texts without spaces have no end of them, and they would fill the memory. */
const LONGEST_REMEMBERED = 64;
/** A longer word is unknown as a whole. */
const LONGEST_WORD = 100;

/**
 * @param file vocab.txt: one token a line, the first of which is token 0
 * @param lowerCase whether letters are made small and their accents taken away first
 * Throws `Failure` `vocabulary-unreadable`, `vocabulary-empty-line`, `vocabulary-duplicate` or
 * `vocabulary-special-missing` (field `data.vocabularyFile`).
 */
export async function openWordPiece(file: string, lowerCase: boolean): Promise<Tokeniser> {
  const pieces = await readPieces(file);
  const tokens = new Map(pieces.map((piece, token) => [piece, token]));
  const named = (name: string): number => tokens.get(name) as number;
  const missing = [UNKNOWN, ...Object.values(SPECIAL)].filter((name) => !tokens.has(name));
  if (missing.length > 0) throw failure('vocabulary-special-missing', file, { missing: missing.join(', ') });
  const unknown = named(UNKNOWN);
  const remembered = new Map<string, readonly number[]>();
  const encodeChunk = (chunk: string): readonly number[] => {
    const known = remembered.get(chunk);
    if (known) return known;
    const made = partsOf(chunk, lowerCase).flatMap((word) => piecesOf(word, tokens) ?? [unknown]);
    if (chunk.length > LONGEST_REMEMBERED) return made;
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(chunk, made);
    return made;
  };
  const encode = (text: string): number[] => {
    const found: number[] = [];
    for (const chunk of chunksOf(text)) for (const token of encodeChunk(chunk)) found.push(token);
    return found;
  };
  const pieceOf = (token: number | undefined): string => {
    const piece = pieces[token ?? -1];
    if (piece === undefined) throw new RangeError(`token ${token} is outside the vocabulary of ${pieces.length}`);
    return piece;
  };
  return {
    name: 'wordpiece',
    vocabulary: pieces.length,
    special: {
      pad: named(SPECIAL.pad),
      classify: named(SPECIAL.classify),
      separate: named(SPECIAL.separate),
      mask: named(SPECIAL.mask),
    },
    encode: (text) => Int32Array.from(encode(text)),
    encodeBytes: (utf8): TokenArray => encodeInPieces(utf8, encode, pieces.length),
    decode: (given) =>
      Array.from(given, pieceOf)
        .map((piece, i) => (piece.startsWith(CONTINUES) ? piece.slice(CONTINUES.length) : (i > 0 ? ' ' : '') + piece))
        .join(''),
    byteLength: (token) => Buffer.byteLength(pieceOf(token).replace(/^##/, '')),
  };
}

async function readPieces(file: string): Promise<readonly string[]> {
  const text = await readText(file).catch((error: unknown) => {
    const detail = error instanceof Error ? error.message : String(error);
    throw failure('vocabulary-unreadable', file, { detail });
  });
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const seen = new Map<string, number>();
  lines.forEach((piece, i) => {
    if (piece === '') throw failure('vocabulary-empty-line', file, { line: i + 1 });
    const before = seen.get(piece);
    if (before !== undefined) throw failure('vocabulary-duplicate', file, { line: i + 1, piece, before });
    seen.set(piece, i + 1);
  });
  return lines;
}

function failure(code: string, value: string, args: Readonly<Record<string, string | number>>): Failure {
  return new Failure(code, { field: 'data.vocabularyFile', value, ...args });
}

/** Most texts, in which there is nothing to remove. */
const PLAIN = /^[\t\n\r -~]*$/;
/** Nothing that one sees: controls, formats, and what stands for lost characters. */
const INVISIBLE = /(?![\t\n\r])[\p{Cc}\p{Cf}\u{fffd}]/gu;
/** Characters that are words of their own, in BERT's ranges: it leaves kana and hangul alone. */
const IDEOGRAPH =
  /[\u{4e00}-\u{9fff}\u{3400}-\u{4dbf}\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b820}-\u{2ceaf}\u{f900}-\u{faff}\u{2f800}-\u{2fa1f}]/gu;
/** ASCII's symbols count as punctuation though Unicode calls some of them otherwise. */
const PUNCTUATION = String.raw`!-\/:-@\x5b-\x60\x7b-~\p{P}`;
const PARTS = new RegExp(`[${PUNCTUATION}]|[^${PUNCTUATION}]+`, 'gu');

/** BERT's basic tokenisation. */
export function wordsOf(text: string, lowerCase: boolean): string[] {
  return chunksOf(text).flatMap((chunk) => partsOf(chunk, lowerCase));
}

/** What stands between white space; nothing in one changes how another is cut. */
function chunksOf(text: string): string[] {
  return (PLAIN.test(text) ? text : text.replace(INVISIBLE, '')).split(/\s+/u);
}

function partsOf(chunk: string, lowerCase: boolean): string[] {
  const spaced = chunk.replace(IDEOGRAPH, ' $& ');
  const plain = lowerCase
    ? spaced
        .toLowerCase()
        .normalize('NFD')
        .replace(/\p{Mn}/gu, '')
    : spaced;
  return plain.split(' ').flatMap((word) => word.match(PARTS) ?? []);
}

/** The longest known piece first, and so on from where it ends; undefined where nothing fits. */
function piecesOf(word: string, tokens: ReadonlyMap<string, number>): readonly number[] | undefined {
  const characters = [...word];
  if (characters.length > LONGEST_WORD) return undefined;
  const found: number[] = [];
  for (let start = 0; start < characters.length; ) {
    let end = characters.length;
    let token: number | undefined;
    for (; end > start && token === undefined; end--)
      token = tokens.get((start > 0 ? CONTINUES : '') + characters.slice(start, end).join(''));
    if (token === undefined) return undefined;
    found.push(token);
    start = end + 1;
  }
  return found;
}
