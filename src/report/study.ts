// A study with what its runs have come to, laid out as the table that its axes make.

import type { Finding } from '../experiment/finding';
import { type AxisValue, type Study, valueTitle } from '../experiment/study';
import type { RunFacts } from './runFacts';
import { type Verdict, verdictOf } from './verdict';

/** A cell as it is found on disk. */
export interface FoundCell {
  readonly values: readonly AxisValue[];
  /** Everything that validation says about its configuration. */
  readonly findings: readonly Finding[];
  readonly run?: RunFacts;
}

export interface StudyCell extends FoundCell {
  readonly verdict: Verdict | 'invalid' | 'not run';
}

export interface StudyGrid {
  /** The names of the values of all axes but the last, and of the last. */
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** `cells[row][column]`. */
  readonly cells: readonly (readonly StudyCell[])[];
}

/** @param found in the order of `cellsOf` */
export function studyGrid({ axes }: Study, found: readonly FoundCell[]): StudyGrid {
  const width = axes.at(-1)?.values.length ?? 1;
  const names = (values: readonly AxisValue[], first: number) =>
    values.map((value, i) => valueTitle(axes[first + i]?.field ?? '', value)).join(', ');
  const cells = found.map((cell): StudyCell => ({ ...cell, verdict: judged(cell) }));
  const rows = Array.from({ length: cells.length / width }, (_, r) => cells.slice(r * width, (r + 1) * width));
  return {
    rows: rows.map(([cell]) => names(cell?.values.slice(0, -1) ?? [], 0)),
    columns: (axes.at(-1)?.values ?? []).map((value) => names([value], axes.length - 1)),
    cells: rows,
  };
}

function judged({ findings, run }: FoundCell): StudyCell['verdict'] {
  if (run) return verdictOf(run);
  return findings.some(({ severity }) => severity === 'error') ? 'invalid' : 'not run';
}
