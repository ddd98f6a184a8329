import fc from 'fast-check';
import { encode as wholeEncode } from 'gpt-tokenizer/encoding/r50k_base';
import { describe, expect, test } from 'vitest';
import { openTokeniser } from '../../../src/data/tokeniser';

const bytes = await openTokeniser('bytes');
const gpt2 = await openTokeniser('gpt2');

describe.each([bytes, gpt2])('$name', (tokeniser) => {
  test('gives back any text it was given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const tokens = tokeniser.encode(text);
        expect(tokeniser.decode(tokens)).toBe(text);
        for (const token of tokens) expect(token >= 0 && token < tokeniser.vocabulary).toBe(true);
        const length = [...tokens].reduce((sum, token) => sum + tokeniser.byteLength(token), 0);
        expect(length).toBe(Buffer.byteLength(text));
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  test('encodes UTF-8 as it encodes the text', () => {
    const text = 'Call me Ishmael. Ça ira — 鯨 🐋\n\n  Loomings.';
    expect([...tokeniser.encodeBytes(Buffer.from(text))]).toEqual([...tokeniser.encode(text)]);
  });

  test('refuses a token outside its vocabulary', () => {
    expect(() => tokeniser.decode([tokeniser.vocabulary])).toThrow(RangeError);
    expect(() => tokeniser.decode([-1])).toThrow(RangeError);
  });
});

describe('bytes', () => {
  test('is the UTF-8 encoding', () => {
    expect([...bytes.encode('aé')]).toEqual([97, 0xc3, 0xa9]);
    expect(bytes.vocabulary).toBe(256);
  });
});

describe('gpt2', () => {
  test('has the vocabulary and the tokens of GPT-2', () => {
    expect(gpt2.vocabulary).toBe(50257);
    expect([...gpt2.encode('Hello world')]).toEqual([15496, 995]);
    expect([...gpt2.encode("it's  1851\n\n")]).toEqual([270, 338, 220, 1248, 4349, 628]);
  });

  test('takes special tokens in a text as ordinary text', () => {
    const tokens = gpt2.encode('<|endoftext|>');
    expect(tokens).not.toContain(50256);
    expect(gpt2.decode(tokens)).toBe('<|endoftext|>');
  });

  test('half a character leaves nothing behind for the next text', () => {
    const [half] = gpt2.encode('鯨');
    expect(gpt2.decode([half ?? 0])).toBe('\ufffd');
    expect(gpt2.decode(gpt2.encode('whale'))).toBe('whale');
  });

  test('long texts have the tokens they would have in one piece', () => {
    const words = ['whale', ' the', '\n\n', '  ', '\t', '\u3000', '鯨', "'s", '12', '...', '\u00a0 ', '\r\n'];
    const letters = fc.sample(fc.array(fc.constantFrom(...words), { minLength: 20_000, maxLength: 20_000 }), { numRuns: 3, seed: 2 });
    for (const text of letters.map((parts) => parts.join(''))) {
      expect([...gpt2.encode(text)]).toEqual(wholeEncode(text));
    }
  });

  test('a word without end takes bounded time and is still the same text', () => {
    const text = '鯨'.repeat(20_000) + 'ab'.repeat(20_000);
    expect(gpt2.decode(gpt2.encode(text))).toBe(text);
  });
});
