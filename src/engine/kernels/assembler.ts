// Writes the few loops over flat memory that plain JavaScript is too slow for as a WebAssembly module. An
// instruction is the bytes of its operands and then its own; a loop's body is a list of such expressions.
// Opcodes: webassembly.github.io/spec, "Binary Format", and the fixed-width SIMD proposal.

/** Bytes that leave one value on the stack, or none where they are a statement. */
export type Code = readonly number[];

const TYPE = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type Type = keyof typeof TYPE;

/** An unsigned number in LEB128. */
function leb(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function signedLeb(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest >= -64 && rest < 64) return [...bytes, rest & 0x7f];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

const simd =
  (opcode: number) =>
  (...operands: readonly Code[]): Code => [...operands.flat(), 0xfd, ...leb(opcode)];

export const get = (local: number): Code => [0x20, ...leb(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...leb(local)];
export const constant = (value: number): Code => [0x41, ...signedLeb(value)];
export const plus = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
const below = (a: Code, b: Code): Code => [...a, ...b, 0x49];

const bytesOfFloat = (value: number): number[] => [...new Uint8Array(Float32Array.of(value).buffer)];
const fourTimes = (bytes: readonly number[]): Code => [0xfd, 0x0c, ...bytes, ...bytes, ...bytes, ...bytes];

/** Four float32. `pmax(a, b)` keeps a NaN in `a`. A comparison gives all bits or none. */
export const f32x4 = {
  all: (value: number): Code => fourTimes(bytesOfFloat(value)),
  splat: simd(0x13),
  greater: simd(0x44),
  neg: simd(0xe1),
  sqrt: simd(0xe3),
  add: simd(0xe4),
  sub: simd(0xe5),
  mul: simd(0xe6),
  div: simd(0xe7),
  pmax: simd(0xeb),
  abs: simd(0xe0),
  /** Of bits. */
  and: simd(0x4e),
  or: simd(0x50),
  /** Of bits as whole numbers. */
  shiftLeft: (value: Code, by: number): Code => simd(0xab)(value, constant(by)),
  addWhole: simd(0xae),
} as const;

/** Two float64. */
export const f64x2 = { add: simd(0xf0), mul: simd(0xf2) } as const;

/** Both float64 added. */
export const sumOfTwo = (pair: Code): Code => [...lane(0x21, pair, 0), ...lane(0x21, pair, 1), 0xa0];
const lane = (opcode: number, value: Code, index: number): Code => [...value, 0xfd, opcode, index];

/** All four float32 of a local added, as a float32. */
export const sumOfFour = (local: number): Code => {
  const [a, b, c, d] = [0, 1, 2, 3].map((index) => lane(0x1f, get(local), index)) as [Code, Code, Code, Code];
  return [...a, ...b, 0x92, ...c, ...d, 0x92, 0x92];
};

/** The two lower ones of four float32 as float64; and the two upper ones. */
export const lower = simd(0x5f);
export const upper = (value: Code): Code => lower([...value, ...value, 0xfd, 0x0d, ...UPPER_HALF]);
const UPPER_HALF = Array.from({ length: 16 }, (_, i) => 8 + (i % 8));

const at = (alignment: number, offset: number): Code => [alignment, ...leb(offset)];

/** 16 bytes at an address plus offset, in bytes; the address may be any. */
export const load = (address: Code, offset = 0): Code => [...address, 0xfd, 0x00, ...at(2, offset)];
export const store = (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0xfd, 0x0b, ...at(2, offset)];

/** One float32 at an address, four times; the first of four to an address. */
export const loadOne = (address: Code): Code => [...address, 0xfd, 0x09, ...at(2, 0)];
export const storeOne = (address: Code, value: Code): Code => [...address, ...lane(0x1f, value, 0), 0x38, ...at(2, 0)];

/** A whole number of 32 bits. */
export const loadWhole = (address: Code, offset: number): Code => [...address, 0x28, ...at(2, offset)];

export const storeWhole = (address: Code, value: Code): Code => [...address, ...value, 0x36, ...at(2, 0)];

/** The body at least once, and again while `counter`, which it changes, is below `end`. */
export const loop = (counter: number, end: Code, ...body: readonly Code[]): Code => [
  ...[0x03, 0x40],
  ...body.flat(),
  ...below(get(counter), end),
  ...[0x0d, 0x00, 0x0b],
];

export interface LoopFunction {
  readonly name: string;
  readonly parameters: readonly Type[];
  /** Types of its locals, numbered after the parameters. */
  readonly locals: readonly Type[];
  readonly results: readonly Type[];
  /** Statements, and then the results. */
  readonly body: Code;
}

/** A memory of any size; one that threads share has to be declared as such, with the largest size that there is. */
const MEMORY = { own: [0x00, 0x01], shared: [0x03, 0x01, ...leb(65_536)] } as const;

/** A module that exports the functions and works on the memory `host.memory`. */
export function assemble(functions: readonly LoopFunction[], memory: keyof typeof MEMORY): Uint8Array<ArrayBuffer> {
  const text = (value: string): number[] => [...leb(value.length), ...new TextEncoder().encode(value)];
  const vector = (items: readonly Code[]): number[] => [...leb(items.length), ...items.flat()];
  const sized = (bytes: Code): number[] => [...leb(bytes.length), ...bytes];
  const section = (id: number, items: readonly Code[]): number[] => [id, ...sized(vector(items))];
  const types = (list: readonly Type[]): number[] => vector(list.map((type) => [TYPE[type]]));
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(
      1,
      functions.map(({ parameters, results }) => [0x60, ...types(parameters), ...types(results)]),
    ),
    ...section(2, [[...text('host'), ...text('memory'), 0x02, ...MEMORY[memory]]]),
    ...section(
      3,
      functions.map((_, i) => leb(i)),
    ),
    ...section(
      7,
      functions.map(({ name }, i) => [...text(name), 0x00, ...leb(i)]),
    ),
    ...section(
      10,
      functions.map(({ locals, body }) => sized([...vector(locals.map((type) => [1, TYPE[type]])), ...body, 0x0b])),
    ),
  ]);
}
