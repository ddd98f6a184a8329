// The nearest matrix whose rows stand upright on one another, roughly: Muon's whole cost. Plain loops over
// float64 blocks of four rows, which V8 keeps in registers; memory is found once and grows to the largest.

/** Coefficients that reach singular values of about 1 soonest rather than exactly (kellerjordan.github.io/posts/muon). */
const [A, B, C] = [3.4445, -4.775, 2.0315];
const ITERATIONS = 5;
/** Keeps a matrix of zeros what it is. */
const EPSILON = 1e-7;
/** Rows are made up to a multiple of it by rows of zeros, which change nothing. */
const BLOCK = 4;

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
  const needed = 2 * whole * columns + 2 * whole * whole;
  if (memory.length < needed) memory = new Float64Array(needed);
  return { rows: whole, columns, x: memory.subarray(0, whole * columns).fill(0) };
}

/**
 * X / ‖X‖ through five quintic Newton–Schulz iterations, X ← aX + (bXXᵀ + c(XXᵀ)²)X: singular values come to
 * lie between about 0.7 and 1.2.
 * @returns [rows, columns], until the next workspace is asked for.
 */
export function orthogonalise({ rows, columns, x }: Workspace): Float64Array {
  const size = rows * columns;
  let [from, to] = [x, memory.subarray(size, 2 * size)];
  const gram = memory.subarray(2 * size, 2 * size + rows * rows);
  const mixed = memory.subarray(2 * size + rows * rows, 2 * size + 2 * rows * rows);
  let squares = 0;
  for (let i = 0; i < size; i++) squares += (from[i] as number) ** 2;
  const inverse = 1 / (Math.sqrt(squares) + EPSILON);
  for (let i = 0; i < size; i++) from[i] = (from[i] as number) * inverse;
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    products(from, rows, columns, gram);
    // A product of rows with rows is also the square of a symmetric matrix.
    products(gram, rows, rows, mixed);
    for (let i = 0; i < rows * rows; i++) mixed[i] = B * (gram[i] as number) + C * (mixed[i] as number);
    mix(mixed, from, rows, columns, to);
    [from, to] = [to, from];
  }
  return from;
}

/** out = X·Xᵀ, [rows, rows]. */
function products(x: Float64Array, rows: number, columns: number, out: Float64Array): void {
  for (let i = 0; i < rows; i += 2) {
    const i0 = i * columns;
    const i1 = i0 + columns;
    for (let j = 0; j <= i; j += 2) {
      const j0 = j * columns;
      const j1 = j0 + columns;
      let [s00, s01, s10, s11] = [0, 0, 0, 0];
      for (let k = 0; k < columns; k++) {
        const a = x[i0 + k] as number;
        const b = x[i1 + k] as number;
        const c = x[j0 + k] as number;
        const d = x[j1 + k] as number;
        s00 += a * c;
        s01 += a * d;
        s10 += b * c;
        s11 += b * d;
      }
      out[i * rows + j] = out[j * rows + i] = s00;
      out[i * rows + j + 1] = out[(j + 1) * rows + i] = s01;
      out[(i + 1) * rows + j] = out[j * rows + i + 1] = s10;
      out[(i + 1) * rows + j + 1] = out[(j + 1) * rows + i + 1] = s11;
    }
  }
}

/** out = A·X + M·X for M [rows, rows]. */
function mix(m: Float64Array, x: Float64Array, rows: number, columns: number, out: Float64Array): void {
  for (let i = 0; i < rows * columns; i++) out[i] = A * (x[i] as number);
  for (let i = 0; i < rows; i += BLOCK) {
    const [o0, o1, o2, o3] = [i * columns, (i + 1) * columns, (i + 2) * columns, (i + 3) * columns];
    for (let k = 0; k < rows; k++) {
      const from = k * columns;
      const m0 = m[i * rows + k] as number;
      const m1 = m[(i + 1) * rows + k] as number;
      const m2 = m[(i + 2) * rows + k] as number;
      const m3 = m[(i + 3) * rows + k] as number;
      for (let j = 0; j < columns; j++) {
        const u = x[from + j] as number;
        out[o0 + j] = (out[o0 + j] as number) + m0 * u;
        out[o1 + j] = (out[o1 + j] as number) + m1 * u;
        out[o2 + j] = (out[o2 + j] as number) + m2 * u;
        out[o3 + j] = (out[o3 + j] as number) + m3 * u;
      }
    }
  }
}
