// Text to tokens and back: bytes (256, nothing to learn), GPT-2's byte-pair encoding (50257), and what an
// encoder needs besides. Tokens are kept as small as their vocabulary allows: a corpus of bytes costs one
// byte per token, and one of GPT-2 tokens two.

/** Tokens in the smallest unsigned type that holds the vocabulary. */
export type TokenArray = Uint8Array | Uint16Array | Uint32Array;

/** Tokens that stand for no text. */
export interface SpecialTokens {
  /** [PAD]: fills a short sequence. */
  readonly pad: number;
  /** [CLS]: the first, whose stream stands for the whole. */
  readonly classify: number;
  /** [SEP]: ends a segment. */
  readonly separate: number;
  /** [MASK]: hides a token that is asked for. */
  readonly mask: number;
}

export interface Tokeniser {
  readonly name: string;
  /** V: tokens are 0 … V − 1. */
  readonly vocabulary: number;
  /** Where it can feed an encoder. */
  readonly special?: SpecialTokens;
  encode(text: string): Int32Array;
  /** The same tokens for text that is already UTF-8, without a string or an array of numbers of its size. */
  encodeBytes(utf8: Uint8Array): TokenArray;
  /** Bytes that are no whole character become U+FFFD. Throws a RangeError for a token outside the vocabulary. */
  decode(tokens: ArrayLike<number>): string;
  /** Bytes of text that a token stands for. */
  byteLength(token: number): number;
}

/** Opens a tokeniser; GPT-2's merges (half a megabyte) are loaded only when asked for. */
export async function openTokeniser(name: 'bytes' | 'gpt2'): Promise<Tokeniser> {
  return name === 'bytes' ? byteTokeniser : await openGpt2();
}

// `ignoreBOM` keeps a byte order mark in the text: what was read must come out again.
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const utf8Encoder = new TextEncoder();

function outside(token: number | undefined, vocabulary: number): RangeError {
  return new RangeError(`token ${token} is outside the vocabulary of ${vocabulary}`);
}

export const byteTokeniser: Tokeniser = {
  name: 'bytes',
  vocabulary: 256,
  encode: (text) => Int32Array.from(utf8Encoder.encode(text)),
  encodeBytes: (utf8) => utf8,
  decode(tokens) {
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i];
      if (token === undefined || !(token >= 0 && token < 256)) throw outside(token, 256);
    }
    return utf8Decoder.decode(Uint8Array.from(tokens));
  },
  byteLength: () => 1,
};

// A piece of text is encoded at a time. GPT-2's splitting pattern never joins a character that is not
// white space with white space after it, so cutting between the two changes no token. Text without
// such a place is cut anyway: merging one endless word takes time quadratic in its length.
const PIECE_LEAST = 8192;
const PIECE_MOST = 2 * PIECE_LEAST;

function isAsciiSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}

/** Where the piece that begins at `start` ends: an offset into UTF-8 text, always between characters. */
function pieceEnd(utf8: Uint8Array, start: number): number {
  if (utf8.length - start <= PIECE_MOST) return utf8.length;
  for (let end = start + PIECE_LEAST; end < start + PIECE_MOST; end++) {
    if (!isAsciiSpace(utf8[end]) || isAsciiSpace(utf8[end - 1])) continue;
    // The character before may be one of Unicode's other spaces.
    if (!/\s$/.test(utf8Decoder.decode(utf8.subarray(end - 4, end)))) return end;
  }
  let end = start + PIECE_LEAST;
  while (((utf8[end] ?? 0) & 0xc0) === 0x80) end += 1;
  return end;
}

/** Tokens of UTF-8 text, a piece at a time, in an array of the smallest type that holds them. */
export function encodeInPieces(utf8: Uint8Array, encode: (text: string) => readonly number[], vocabulary: number): TokenArray {
  const type = vocabulary > 2 ** 16 ? Uint32Array : Uint16Array;
  let tokens: TokenArray = new type(Math.ceil(utf8.length / 3) + 16);
  let count = 0;
  for (let start = 0; start < utf8.length; ) {
    const end = pieceEnd(utf8, start);
    const piece = encode(utf8Decoder.decode(utf8.subarray(start, end)));
    if (count + piece.length > tokens.length) {
      const larger: TokenArray = new type(Math.max(2 * tokens.length, count + piece.length));
      larger.set(tokens.subarray(0, count));
      tokens = larger;
    }
    tokens.set(piece, count);
    count += piece.length;
    start = end;
  }
  return tokens.slice(0, count);
}

async function openGpt2(): Promise<Tokeniser> {
  const [{ encode }, { default: ranks }] = await Promise.all([
    import('gpt-tokenizer/encoding/r50k_base'),
    import('gpt-tokenizer/bpeRanks/r50k_base'),
  ]);
  // The end-of-text mark comes after the merges; written out in a text it is ordinary text.
  const bytesOf = [...ranks.map((rank) => (typeof rank === 'string' ? utf8Encoder.encode(rank) : Uint8Array.from(rank)))];
  bytesOf.push(utf8Encoder.encode('<|endoftext|>'));
  const options = { disallowedSpecial: new Set<string>() };

  function tokenBytes(token: number | undefined): Uint8Array {
    const bytes = bytesOf[token ?? -1];
    if (bytes === undefined) throw outside(token, bytesOf.length);
    return bytes;
  }

  function encodeBytes(utf8: Uint8Array): TokenArray {
    return encodeInPieces(utf8, (text) => encode(text, options), bytesOf.length);
  }

  return {
    name: 'gpt2',
    vocabulary: bytesOf.length,
    encode: (text) => Int32Array.from(encodeBytes(utf8Encoder.encode(text))),
    encodeBytes,
    // The package's own decode keeps half a character from one call for the next.
    decode: (tokens) => utf8Decoder.decode(Buffer.concat(Array.from(tokens, tokenBytes))),
    byteLength: (token) => tokenBytes(token).length,
  };
}
