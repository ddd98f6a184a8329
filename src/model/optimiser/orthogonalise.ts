// The nearest matrix whose rows stand upright on one another, roughly: Muon's whole cost. Plain loops over
// float64 blocks of four rows, which V8 keeps in registers; memory is found once and grows to the largest.

/** Coefficients that reach singular values of about 1 soonest rather than exactly (kellerjordan.github.io/posts/muon). */
const [A, B, C] = [3.4445, -4.775, 2.0315];
const ITERATIONS = 5;
/** Keeps a matrix of zeros what it is. */
const EPSILON = 1e-7;
/** Rows are made up to a multiple of it by rows of zeros, which change nothing. */
const BLOCK = 4;
/** Small matrices that are worked with at once. */
const SQUARES = 5;

/** Of one shape; `x` is [rows, columns], rows ≤ columns, with zeros in the rows that make up the last block. */
export interface Workspace {
  readonly rows: number;
  readonly columns: number;
  readonly x: Float64Array;
}

let memory: Float64Array = new Float64Array(0);

/** Room for a matrix; what it held before is lost. @param rows at most `columns`. */
export function workspace(rows: number, columns: number): Workspace {
  const whole = Math.ceil(rows / BLOCK) * BLOCK;
  const needed = 2 * whole * columns + SQUARES * whole * whole;
  if (memory.length < needed) memory = new Float64Array(needed);
  return { rows: whole, columns, x: memory.subarray(0, whole * columns).fill(0) };
}

/**
 * X / ‖X‖ through five quintic Newton–Schulz iterations, X ← aX + (bXXᵀ + c(XXᵀ)²)X: singular values come to
 * lie between about 0.7 and 1.2. An iteration multiplies X by a polynomial P of S = XXᵀ, so that only products of
 * small symmetric matrices that commute are taken (S ← PSP, Q ← PQ), and X is multiplied once, by Q.
 * @returns [rows, columns], until the next workspace is asked for.
 */
export function orthogonalise({ rows, columns, x }: Workspace): Float64Array {
  const size = rows * columns;
  const out = memory.subarray(size, 2 * size);
  const square = (which: number): Float64Array => memory.subarray(2 * size + which * rows * rows, 2 * size + (which + 1) * rows * rows);
  const [s, p, product] = [square(0), square(1), square(2)];
  let [q, next] = [square(3), square(4)];
  let squares = 0;
  for (let i = 0; i < size; i++) squares += (x[i] as number) ** 2;
  const inverse = 1 / (Math.sqrt(squares) + EPSILON);
  for (let i = 0; i < size; i++) x[i] = (x[i] as number) * inverse;
  multiply(x, x, rows, columns, s);
  for (let iteration = 1; iteration <= ITERATIONS; iteration++) {
    multiply(s, s, rows, rows, p);
    for (let i = 0; i < rows * rows; i++) p[i] = B * (s[i] as number) + C * (p[i] as number);
    for (let i = 0; i < rows * rows; i += rows + 1) p[i] = A + (p[i] as number);
    if (iteration === 1) q.set(p);
    else {
      multiply(p, q, rows, rows, next);
      [q, next] = [next, q];
    }
    if (iteration === ITERATIONS) break;
    multiply(p, s, rows, rows, product);
    multiply(p, product, rows, rows, s);
  }
  apply(q, x, rows, columns, out);
  return out;
}

/** out = X·Yᵀ, [rows, rows], of matrices whose product is symmetric: only one half is computed. */
function multiply(x: Float64Array, y: Float64Array, rows: number, columns: number, out: Float64Array): void {
  for (let i = 0; i < rows; i += BLOCK) {
    const [i0, i1, i2, i3] = [i * columns, (i + 1) * columns, (i + 2) * columns, (i + 3) * columns];
    for (let j = 0; j < i + BLOCK; j += 2) {
      const [j0, j1] = [j * columns, (j + 1) * columns];
      let [a0, a1, b0, b1, c0, c1, d0, d1] = [0, 0, 0, 0, 0, 0, 0, 0];
      for (let k = 0; k < columns; k++) {
        const u = y[j0 + k] as number;
        const v = y[j1 + k] as number;
        const a = x[i0 + k] as number;
        a0 += a * u;
        a1 += a * v;
        const b = x[i1 + k] as number;
        b0 += b * u;
        b1 += b * v;
        const c = x[i2 + k] as number;
        c0 += c * u;
        c1 += c * v;
        const d = x[i3 + k] as number;
        d0 += d * u;
        d1 += d * v;
      }
      put(out, rows, i, j, a0, a1);
      put(out, rows, i + 1, j, b0, b1);
      put(out, rows, i + 2, j, c0, c1);
      put(out, rows, i + 3, j, d0, d1);
    }
  }
}

/** Two neighbours of a row, and their mirror images. */
function put(out: Float64Array, rows: number, i: number, j: number, left: number, right: number): void {
  out[i * rows + j] = out[j * rows + i] = left;
  out[i * rows + j + 1] = out[(j + 1) * rows + i] = right;
}

/** out = Q·X for Q [rows, rows]. */
function apply(q: Float64Array, x: Float64Array, rows: number, columns: number, out: Float64Array): void {
  out.fill(0);
  for (let i = 0; i < rows; i += BLOCK) {
    const [o0, o1, o2, o3] = [i * columns, (i + 1) * columns, (i + 2) * columns, (i + 3) * columns];
    for (let k = 0; k < rows; k++) {
      const from = k * columns;
      const q0 = q[i * rows + k] as number;
      const q1 = q[(i + 1) * rows + k] as number;
      const q2 = q[(i + 2) * rows + k] as number;
      const q3 = q[(i + 3) * rows + k] as number;
      for (let j = 0; j < columns; j++) {
        const u = x[from + j] as number;
        out[o0 + j] = (out[o0 + j] as number) + q0 * u;
        out[o1 + j] = (out[o1 + j] as number) + q1 * u;
        out[o2 + j] = (out[o2 + j] as number) + q2 * u;
        out[o3 + j] = (out[o3 + j] as number) + q3 * u;
      }
    }
  }
}
