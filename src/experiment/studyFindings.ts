// What is wrong or doubtful in a study: the findings of its cells, each told once, at the axis value that makes it or
// at what all cells share.

import { findNodeAtLocation, type Node, parseTree } from 'jsonc-parser';
import type { Finding, TextRange } from './finding';
import { type AxisValue, cellsOf, type Study } from './study';
import type { Validation } from './validate';

export interface StudyFinding {
  readonly finding: Finding;
  /** Whether `range` lies in the experiment's own file rather than in the study. */
  readonly inBase: boolean;
  readonly range: TextRange;
  /** The values of every cell that has it; all cells', where it is not about the axes. */
  readonly cells: readonly (readonly AxisValue[])[];
  /** Number of cells of the study. */
  readonly of: number;
}

/** @param validate of a cell's text */
export function studyFindings(study: Study, validate: (text: string) => Validation): readonly StudyFinding[] {
  const cells = cellsOf(study);
  const told = new Map<string, { finding: Finding; cells: (readonly AxisValue[])[] }>();
  for (const { values, text } of cells) {
    for (const finding of validate(text).findings) {
      const key = JSON.stringify([finding.code, finding.field, finding.args.value]);
      const known = told.get(key) ?? { finding, cells: [] };
      known.cells.push(values);
      told.set(key, known);
    }
  }
  return [...told.values()].map((each) => ({ ...each, ...placeOf(study, each.finding, each.cells[0] ?? []), of: cells.length }));
}

function placeOf(study: Study, { field }: Finding, values: readonly AxisValue[]): { inBase: boolean; range: TextRange } {
  const own = parseTree(study.text);
  const axis = study.axes.findIndex((candidate) => candidate.field === field);
  if (axis >= 0) {
    const index = study.axes[axis]?.values.indexOf(values[axis] ?? '') ?? 0;
    return { inBase: false, range: rangeOf(own, ['axes', field, index]) };
  }
  const inFile = study.baseFile !== undefined;
  const path = field === '' ? [] : field.split('.');
  return inFile ? { inBase: true, range: rangeOf(parseTree(study.base), path) } : { inBase: false, range: rangeOf(own, ['base', ...path]) };
}

/** The node at a path, or the name of the nearest property around where it would be; the opening brace where there is none. */
function rangeOf(root: Node | undefined, path: readonly (string | number)[]): TextRange {
  for (let length = path.length; root && length > 0; length--) {
    const node = findNodeAtLocation(root, path.slice(0, length));
    const at = node && length < path.length ? node.parent?.children?.[0] : node;
    if (at) return { offset: at.offset, length: at.length };
  }
  return { offset: root?.offset ?? 0, length: root ? 1 : 0 };
}
