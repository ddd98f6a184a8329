// Sizes on a disk, as file browsers of most systems count them: in decimal units.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `0 B`, `812 B`, `3.4 kB`, `12 MB`, `1.3 GB`. @param bytes finite, at least 0 */
export function formatBytes(bytes: number): string {
  let power = 0;
  let value = Math.round(bytes);
  // 999.6 kB rounds to the next unit's 1.0.
  while (power < UNITS.length - 1 && (power === 0 ? value >= 1000 : Number(value.toPrecision(3)) >= 1000)) {
    value /= 1000;
    power += 1;
  }
  return `${power === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}
