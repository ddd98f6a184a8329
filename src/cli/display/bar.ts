// A progress bar that moves in eighths of a character.

import type { Line } from './text';

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** @param share done, of 1; beyond [0, 1] is cut. @param columns width in characters, at least 0. */
export function bar(share: number, columns: number): Line {
  const eighths = Math.round(Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0)) * columns * 8);
  const full = '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
  return [
    { text: full, style: 'cyan' },
    { text: '·'.repeat(columns - Math.ceil(eighths / 8)), style: 'dim' },
  ];
}
