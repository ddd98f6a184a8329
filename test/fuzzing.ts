// Hostile and broken input by the thousand, from kept seeds. Every suite runs a short version; `npm run fuzz` asks for
// 10 000 cases of each property and prints what they cost: the slowest case and the peak of memory.

import fc from 'fast-check';
import { expect } from 'vitest';

const asked = process.env.FATHOM_FUZZ_RUNS;

/** Cases of a property here. */
const RUNS = Number(asked ?? 150);

/** A case that takes longer hangs as far as a person is concerned. */
const HANG_MS = 1000;

/**
 * Checks every generated value; `check` throws where it was not dealt with. Each value must leave the prototypes of
 * objects as they were, and with `npm run fuzz` take less than a second.
 * @param seed kept, so that what failed once fails again
 * @param share of the cases, where one is dear in the short version; the long version has them all
 */
export async function fuzz<T>(name: string, seed: number, values: fc.Arbitrary<T>, check: (value: T) => unknown, share = 1): Promise<void> {
  const before = process.memoryUsage.rss();
  let peak = before;
  let slowest = 0;
  let cases = 0;
  // What a case costs is the processor's time where that is less: a busy machine is slow, and hangs nobody. A case that
  // waits for ever is ended by the test's own limit.
  const timed = async (value: T): Promise<number> => {
    const [begun, before] = [performance.now(), process.cpuUsage()];
    await check(value);
    const { user, system } = process.cpuUsage(before);
    return Math.min(performance.now() - begun, (user + system) / 1000);
  };
  const property = fc.asyncProperty(values, async (value) => {
    cases++;
    let took = await timed(value);
    // Whatever else the process did meanwhile, such as collecting garbage, it does not do again.
    if (asked !== undefined && took > HANG_MS) took = Math.min(took, await timed(value));
    slowest = Math.max(slowest, took);
    if (cases % 16 === 0) peak = Math.max(peak, process.memoryUsage.rss());
    expect(Object.keys(Object.prototype).concat(Object.keys(Array.prototype))).toEqual([]);
    if (asked !== undefined) expect(took).toBeLessThan(HANG_MS);
  });
  await fc.assert(property, { seed, numRuns: asked === undefined ? Math.ceil(RUNS * share) : RUNS });
  if (asked === undefined) return;
  const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  console.log(
    `${name}: ${cases} cases, 0 crashes, slowest ${slowest.toFixed(1)} ms, memory ${mebibytes(peak)} at most, ${mebibytes(peak - before)} more than before`,
  );
}

export interface Harm {
  /** Taken modulo the length of what is harmed. */
  readonly at: number;
  readonly kind: 'flip' | 'cut' | 'insert' | 'end' | 'repeat';
  readonly bytes: Uint8Array;
}

/** What happens to files: flipped, missing, foreign and repeated bytes, and an early end. */
export const harms = fc.record<Harm>({
  at: fc.nat(2 ** 20),
  kind: fc.constantFrom('flip', 'cut', 'insert', 'end', 'repeat'),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
});

export function harmed(bytes: Buffer, { at: anywhere, kind, bytes: some }: Harm): Buffer {
  const at = anywhere % Math.max(1, bytes.length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (kind) {
    case 'flip':
      return Buffer.concat([
        before,
        Buffer.from(after.subarray(0, some.length).map((byte, index) => byte ^ (some[index] ?? 0))),
        after.subarray(some.length),
      ]);
    case 'cut':
      return Buffer.concat([before, after.subarray(some.length)]);
    case 'insert':
      return Buffer.concat([before, some, after]);
    case 'end':
      return before;
    case 'repeat':
      return Buffer.concat([before, after, after]);
  }
}

/** `good` after one to three accidents. */
export function harmedOf(good: Buffer): fc.Arbitrary<Buffer> {
  return fc.array(harms, { minLength: 1, maxLength: 3 }).map((list) => list.reduce(harmed, good));
}

/** Names that file systems, terminals or objects take for something else. */
export const hostileNames: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    ...['..', '.', '', '/', '\\', 'a/b', '..\\..\\x', '../../../../etc/passwd', '/etc/passwd', 'C:\\x', 'C:', '\\\\server\\share'],
    ...[
      'con',
      'NUL',
      'aux.txt',
      'COM1',
      'lpt9.json',
      'a.',
      'a ',
      ' ',
      '~',
      '-rf',
      '$(touch x)',
      '`x`',
      '%PATH%',
      'a\nb',
      '\u0000',
      'a\u0000b',
    ],
    ...[
      '\u202egnp.exe',
      '\u200f\u05d0\u05d1',
      '\ud800',
      '\udc00x',
      'e\u0301',
      '\ufeff',
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
    ],
  ),
  fc.integer({ min: 1, max: 5000 }).map((length) => 'x'.repeat(length)),
  fc.integer({ min: 1, max: 200 }).map((length) => '\u{1f9ea}'.repeat(length)),
  fc.integer({ min: 1, max: 200 }).map((length) => `a${'\u{20000}'.repeat(length)}`),
  fc.integer({ min: 1, max: 200 }).map((length) => '漢'.repeat(length)),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.string({ unit: fc.constantFrom('.', '/', '\\', ':', 'a', '\u0007', '\u202e'), maxLength: 30 }),
);

/** Any JSON, with the names among its keys that a reader looks for. */
export function treesWith(names: readonly string[]): fc.Arbitrary<unknown> {
  const key = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...names, '__proto__', 'constructor') }, fc.string());
  const leaf = fc.oneof(
    fc.integer(),
    fc.double(),
    hostileNames,
    fc.boolean(),
    fc.constantFrom<unknown>(null, 0, -1, 1, 1e9, 1e21, 2 ** 53, Number.MAX_VALUE, 'auto', ...names),
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 6, noNullPrototype: true }),
    ),
  }));
  return tree;
}

/** `message` with the part at some path, chosen by `turns`, put otherwise. */
export function spoilt(message: unknown, turns: readonly number[], value: unknown): unknown {
  const [turn, ...rest] = turns;
  if (turn === undefined || typeof message !== 'object' || message === null || ArrayBuffer.isView(message)) return value;
  if (Array.isArray(message)) return message.map((each, at) => (at === turn % message.length ? spoilt(each, rest, value) : each));
  const keys = Object.keys(message);
  const key = keys[turn % Math.max(1, keys.length)] ?? 'type';
  return { ...message, [key]: spoilt((message as Record<string, unknown>)[key], rest, value) };
}
