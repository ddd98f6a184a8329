// Numbers as people read them in a terminal. Always in English form: logs are read by other machines.

/** `815,489,536`. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** Millions with two decimals: `815.49 M`. */
export function millions(value: number): string {
  return `${(value / 1e6).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })} M`;
}

const PREFIXES = ['', ' k', ' M', ' G', ' T', ' P'] as const;

/** Three figures and a prefix: `4.93 G`. */
export function compact(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  let power = Math.abs(value) < 1 ? 0 : Math.min(PREFIXES.length - 1, Math.floor(Math.log10(Math.abs(value)) / 3));
  // 999.6 rounds to the next prefix's 1.00.
  if (Number((value / 1000 ** power).toPrecision(3)) >= 1000 && power < PREFIXES.length - 1) power += 1;
  const scaled = value / 1000 ** power;
  const figures = Math.abs(scaled) >= 1000 ? scaled.toFixed(0) : scaled.toPrecision(3);
  return `${power === 0 && Number.isInteger(value) ? value : figures}${PREFIXES[power]}`;
}

/** Bytes in decimal units, as disks and the configuration's pages count: `1.93 GB`. */
export function bytes(value: number): string {
  const text = compact(value);
  return text.includes(' ') ? `${text}B` : `${text} B`;
}

/** A statistic over orders of magnitude: `3.4e-5`, `0.012`, `17.3`; NaN and Infinity as they are. */
export function magnitude(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size < 0.01 || size >= 10_000 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}
