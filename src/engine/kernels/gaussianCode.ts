// exp(−z²) and erf(z) on four float32 at a time, without branches. What is written is short chains rather than few
// instructions: a processor has some ninety of a loop's instructions in flight, and waits for the longest chain.

import { type Code, f32x4 } from './assembler';

/** Where code puts what it needs more than once. */
export interface Scratch {
  /** Computes a vector here; what reads it. */
  aside(code: Code): Code;
  /** A number four times. */
  all(value: number): Code;
}

/** 2^f for |f| ≤ ½ from the lowest power up, fitted to a relative error of 8e-8 with 1 at 0. */
const POWER_OF_TWO = [
  1, 0.6931469670550092, 0.24022119712865814, 0.05550713283953402, 0.009675541936359333, 0.0013276470343887882,
] as const;
const LEAST_POWER = -127;
const MANTISSA_BITS = 23;
/** 1.5·2^23: a float32 of this size has no bits for a fraction, and its lowest bits are a whole number in two's complement. */
const NO_FRACTION = 12_582_912;

/** A polynomial of degree 5, from the lowest power up: three chains, each a third as long as one would be. */
function polynomial(scratch: Scratch, x: Code, coefficients: readonly number[]): Code {
  const { add, mul } = f32x4;
  const square = scratch.aside(mul(x, x));
  const [a, b, c] = [0, 2, 4].map((i) =>
    add(scratch.all(coefficients[i] as number), mul(x, scratch.all(coefficients[i + 1] as number))),
  ) as [Code, Code, Code];
  return add(a, mul(square, add(b, mul(square, c))));
}

/**
 * exp(−(factor·x)²) = 2^n·2^f: n comes about where a large number leaves no place for a fraction, and goes to the
 * exponent's bits; below the least power that a float32 has it is 0.
 * @param x where reading it twice costs nothing.
 */
export function gaussianCode(scratch: Scratch, x: Code, factor: number): Code {
  const { add, sub, mul, pmax, shiftLeft, addWhole } = f32x4;
  const exponent = mul(mul(x, x), scratch.all(-(factor ** 2) * Math.LOG2E));
  const y = scratch.aside(pmax(exponent, scratch.all(LEAST_POWER)));
  const shifted = scratch.aside(add(y, scratch.all(NO_FRACTION)));
  const f = scratch.aside(sub(y, sub(shifted, scratch.all(NO_FRACTION))));
  // The bits of 1 are an exponent of 0: n is added to it.
  return mul(polynomial(scratch, f, POWER_OF_TWO), addWhole(shiftLeft(shifted, MANTISSA_BITS), scratch.all(1)));
}

/**
 * erf(|z|) = 1 − exp(−z²)·t·Q(t), t = 1/(1 + p·|z|), the form of Abramowitz & Stegun 7.1.26; p and the coefficients of
 * Q are fitted to an absolute error of 1.3e-8, a fifth of float32's at 1.
 */
const PACE = 0.3875;
const TAIL = [
  0.23607109682382194, 0.07451203633197112, 0.6926025153512909, -0.6975552595037317, 0.9269523326351317, -0.2325827092982251,
] as const;

/** erf(factor·x). @param gaussian exp(−(factor·x)²). */
export function erfCode(scratch: Scratch, x: Code, gaussian: Code, factor: number): Code {
  const { add, sub, mul, div, neg, abs, and, or } = f32x4;
  const t = scratch.aside(div(scratch.all(1), add(mul(abs(x), scratch.all(PACE * Math.abs(factor))), scratch.all(1))));
  const tail = mul(mul(gaussian, t), polynomial(scratch, t, TAIL));
  const sign = and(factor < 0 ? neg(x) : x, scratch.all(-0));
  return or(sub(scratch.all(1), tail), sign);
}
