// Scales, ticks and numbers as labels: pure functions that every plot shares, so that the same value
// sits and reads the same everywhere.

export type Transform = 'log' | 'linear';

/** A closed range of data values; `low < high`, and `low > 0` under `log`. */
export interface Scale {
  readonly transform: Transform;
  readonly low: number;
  readonly high: number;
}

export interface Tick {
  readonly value: number;
  /** Empty for a minor tick. */
  readonly label: string;
}

/** Ranges below this are none: arithmetic on ticks needs room above the smallest numbers there are. */
const SMALLEST = 1e-290;

/**
 * A drawable scale around the data: a log scale of positive numbers, and never an empty range. Without
 * data (`low > high`) it is 0…1, or 1e-3…1 under `log`.
 */
export function scaleOver(transform: Transform, low: number, high: number): Scale {
  if (transform === 'log') {
    if (!(low > 0 && high >= low && Number.isFinite(high))) return { transform, low: 1e-3, high: 1 };
    return high / low < 1.02 ? { transform, low: low / 1.1, high: high * 1.1 } : { transform, low, high };
  }
  if (!(high >= low && Number.isFinite(low) && Number.isFinite(high))) return { transform, low: 0, high: 1 };
  const size = Math.max(Math.abs(low), Math.abs(high));
  const enough = Math.max(size * 1e-6, SMALLEST);
  const margin = size > SMALLEST ? size * 0.1 : 0.5;
  return high - low <= enough ? { transform, low: low - margin, high: high + margin } : { transform, low, high };
}

/** A linear scale widened to round ends, so that its ticks reach them; a log scale stays. */
export function rounded(scale: Scale): Scale {
  if (scale.transform === 'log') return scale;
  const step = niceStep((scale.high - scale.low) / 4);
  const low = Math.floor(scale.low / step + 1e-9) * step;
  return { ...scale, low, high: Math.ceil(scale.high / step - 1e-9) * step };
}

/** Position of a value, 0 at `low` and 1 at `high`; beyond them outside 0…1, −∞ for what a log scale lacks. */
export function toUnit(scale: Scale, value: number): number {
  if (scale.transform === 'linear') return (value - scale.low) / (scale.high - scale.low);
  if (value <= 0) return Number.NEGATIVE_INFINITY;
  return Math.log(value / scale.low) / Math.log(scale.high / scale.low);
}

/** Pixels as `at + per · level`, where levels are a scale's values or, under `log`, their logarithms. */
export interface Affine {
  readonly at: number;
  readonly per: number;
}

/** A value in the unit in which a scale is even; −∞ for what a log scale lacks. */
export function levelOf(transform: Transform, value: number): number {
  if (transform === 'linear') return value;
  return value > 0 ? Math.log(value) : Number.NEGATIVE_INFINITY;
}

/** Where a scale's levels stand when its ends stand at two pixels. */
export function affineOf({ transform, low, high }: Scale, atLow: number, atHigh: number): Affine {
  const from = levelOf(transform, low);
  const per = (atHigh - atLow) / (levelOf(transform, high) - from);
  return { at: atLow - per * from, per };
}

/** Pixels of a scale's values when its ends stand at two pixels; not finite for what a log scale lacks. */
export function placing(scale: Scale, atLow: number, atHigh: number): (value: number) => number {
  const { at, per } = affineOf(scale, atLow, atHigh);
  return (value) => at + per * levelOf(scale.transform, value);
}

/** A scale widened by less than a share of its length at either end, so that it stays put while its ends tremble. */
export function steady({ transform, low, high }: Scale, share: number): Scale {
  const [from, to] = transform === 'log' ? [Math.log2(low), Math.log2(high)] : [low, high];
  const step = 2 ** Math.floor(Math.log2((to - from) * share));
  if (!(step > 0 && Number.isFinite(step))) return { transform, low, high };
  const ends = [Math.floor(from / step) * step, Math.ceil(to / step) * step] as const;
  return transform === 'log' ? { transform, low: 2 ** ends[0], high: 2 ** ends[1] } : { transform, low: ends[0], high: ends[1] };
}

/** The value at a position; inverse of `toUnit`. */
export function fromUnit(scale: Scale, unit: number): number {
  if (scale.transform === 'linear') return scale.low + unit * (scale.high - scale.low);
  return scale.low * (scale.high / scale.low) ** unit;
}

/** The smallest of 1, 2, 5 × 10^k that is at least `rough`. */
export function niceStep(rough: number): number {
  if (!(rough > 0) || !Number.isFinite(rough)) return 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const lead = rough / power;
  const nice = lead <= 1 + 1e-9 ? 1 : lead <= 2 + 1e-9 ? 2 : lead <= 5 + 1e-9 ? 5 : 10;
  return nice * power;
}

function multiples(step: number, low: number, high: number): number[] {
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * step);
}

/** Ticks at round values of a scale: at least two labels where that is possible, hardly more than `wanted`. */
export function ticks(scale: Scale, wanted: number): Tick[] {
  return scale.transform === 'log' ? logTicks(scale, wanted) : linearTicks(scale, wanted);
}

function linearTicks(scale: Scale, wanted: number): Tick[] {
  let step = niceStep((scale.high - scale.low) / Math.max(1, wanted));
  let values = multiples(step, scale.low, scale.high);
  for (let finer = 2; values.length < 2 && finer <= 8; finer *= 2) {
    step = niceStep((scale.high - scale.low) / (finer * Math.max(1, wanted)));
    values = multiples(step, scale.low, scale.high);
  }
  return values.map((value) => ({ value, label: tickLabel(value, step) }));
}

const MINOR = [2, 3, 4, 5, 6, 7, 8, 9];

function logTicks(scale: Scale, wanted: number): Tick[] {
  const from = Math.log10(scale.low);
  const to = Math.log10(scale.high);
  if (to - from < 0.7) return linearTicks({ ...scale, transform: 'linear' }, wanted);
  const inside = (mantissas: readonly number[]): number[] =>
    multiples(1, Math.floor(from), Math.ceil(to))
      .flatMap((decade) => mantissas.map((mantissa) => Number(`${mantissa}e${decade}`)))
      .filter((value) => value >= scale.low * (1 - 1e-9) && value <= scale.high * (1 + 1e-9));
  const decades = multiples(1, from, to);
  if (decades.length < 2) {
    const dense = inside([1, 2, 5]);
    const values = dense.length <= Math.max(3, wanted) ? dense : inside([1, 3]);
    return values.map((value) => ({ value, label: formatValue(value, 2) }));
  }
  const stride = Math.ceil(decades.length / Math.max(2, wanted));
  const minor = to - from <= 5 ? inside(MINOR).map((value) => ({ value, label: '' })) : [];
  return [
    ...decades.map((decade) => ({ value: Number(`1e${decade}`), label: decade % stride === 0 ? powerLabel(decade) : '' })),
    ...minor,
  ].sort((one, other) => one.value - other.value);
}

/** A power of ten as axes write it. */
function powerLabel(exponent: number): string {
  if (exponent >= -2 && exponent <= 3) return String(Number(`1e${exponent}`));
  const digits = [...Math.abs(exponent).toString()].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('');
  return `10${exponent < 0 ? '⁻' : ''}${digits}`;
}

function tickLabel(value: number, step: number): string {
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (magnitude >= 1e5 || step < 1e-3) {
    const digits = Math.max(0, Math.floor(Math.log10(magnitude)) - Math.floor(Math.log10(step) + 1e-9));
    return exponent(value, Math.min(digits, 6));
  }
  return typographic(value.toFixed(Math.min(8, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)))));
}

/** A measured number: always four significant digits, so that columns of them line up. */
export function formatMeasured(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatValue(value);
  const magnitude = Math.abs(value);
  if (magnitude >= 1e5 || magnitude < 1e-3) return typographic(value.toExponential(3).replace('+', ''));
  return typographic(magnitude >= 1e4 ? value.toFixed(0) : value.toPrecision(4));
}

/** Ticks with the labels taken off that would come closer than `least` to the one before, in units of `place`. */
export function spaced(all: readonly Tick[], place: (value: number) => number, least: number): Tick[] {
  let last = Number.NaN;
  return all.map((tick) => {
    if (tick.label === '') return tick;
    if (Math.abs(place(tick.value) - last) < least) return { ...tick, label: '' };
    last = place(tick.value);
    return tick;
  });
}

/** A number in short: up to `significant` digits, powers of ten outside 0.001…99999, signs for what is not finite. */
export function formatValue(value: number, significant = 4): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (magnitude >= 1e5 || magnitude < 1e-3) return exponent(value, significant - 1);
  return typographic(String(Number(value.toPrecision(significant))));
}

/** A whole number with thin spaces between thousands. */
export function formatCount(value: number): string {
  const digits = Math.round(value).toString();
  return digits.length < 5 ? typographic(digits) : typographic(digits).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

function exponent(value: number, digits: number): string {
  const [lead = '', power = ''] = value.toExponential(digits).split('e');
  const mantissa = lead.includes('.') ? lead.replace(/\.?0+$/, '') : lead;
  return typographic(`${mantissa}e${power.replace('+', '')}`);
}

function typographic(text: string): string {
  return text.replaceAll('-', '−');
}
