// Where a value stands on an axis, and which round values an axis is labelled with.

export interface Scale {
  readonly transform: 'linear' | 'log';
  /** `low < high`; above 0 on a log scale. */
  readonly low: number;
  readonly high: number;
}

/** A log scale spans at most this ratio: what is smaller still lies on its floor. */
const WIDEST = 1e18;

/**
 * A scale that holds every finite value; on a log scale every positive one, down to 10⁻¹⁸ of the largest.
 * Its ends are powers of ten, or round. Without values it is 0.1…1 or 0…1.
 */
export function scaleOver(transform: Scale['transform'], values: readonly number[]): Scale {
  const usable = values.filter((value) => Number.isFinite(value) && (transform === 'linear' || value > 0));
  const high = usable.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const least = usable.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  if (transform === 'log') {
    if (usable.length === 0) return { transform, low: 0.1, high: 1 };
    const top = Math.ceil(Math.log10(high) - 1e-9);
    const bottom = Math.floor(Math.log10(Math.max(least, high / WIDEST)) + 1e-9);
    return { transform, low: 10 ** Math.min(bottom, top - 1), high: 10 ** top };
  }
  if (usable.length === 0) return { transform, low: 0, high: 1 };
  const step = niceStep(high > least ? (high - least) / 4 : Math.max(1, Math.abs(high)) / 4);
  const low = Math.floor(least / step + 1e-9) * step;
  return { transform, low, high: Math.max(low + step, Math.ceil(high / step - 1e-9) * step) };
}

/** 0 at `low`, 1 at `high`; a finite value beyond them is drawn at the end. Undefined for NaN, and for infinity. */
export function place({ transform, low, high }: Scale, value: number): number | undefined {
  if (!Number.isFinite(value)) return undefined;
  const unit = transform === 'linear' ? (value - low) / (high - low) : value <= 0 ? 0 : Math.log(value / low) / Math.log(high / low);
  return Math.min(1, Math.max(0, unit));
}

export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** Round values with labels, hardly more than `wanted`. */
export function ticks({ transform, low, high }: Scale, wanted: number): readonly Tick[] {
  if (transform === 'log') {
    const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
    const step = Math.max(1, Math.ceil((last - first) / wanted));
    // Counted from the top, where a log scale's interest begins.
    const powers = Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => last - i * step).reverse();
    return powers.map((power) => ({ value: 10 ** power, label: power === 0 ? '1' : `10${superscript(power)}` }));
  }
  const step = niceStep((high - low) / wanted);
  const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const value = (first + i) * step;
    return { value, label: String(Number(value.toPrecision(6))) };
  });
}

/** The smallest of 1, 2, 5 × 10ᵏ that is at least `rough`. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return (([1, 2, 5] as const).find((lead) => lead * power >= rough * (1 - 1e-9)) ?? 10) * power;
}

function superscript(value: number): string {
  return [...String(value)].map((digit) => (digit === '-' ? '⁻' : ('⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)] ?? ''))).join('');
}
