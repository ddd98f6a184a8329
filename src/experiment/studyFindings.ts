// What is wrong or doubtful in a study: why it is none, or the findings of its cells, each told once, at the axis value
// that makes it or at what all cells share. The same for the terminal and for editors.

import { findNodeAtLocation, type Node, parseTree } from 'jsonc-parser';
import type { Failure } from './failure';
import type { Finding, TextRange } from './finding';
import { type AxisValue, cellsOf, cellTitle, type Study } from './study';
import { parse } from './syntax';
import type { Validation } from './validate';

export interface StudyFinding {
  /** Without edits, and with its place in the file that a person wrote. */
  readonly finding: Finding;
  /** Whether its range lies in the experiment's own file rather than in the study. */
  readonly inBase: boolean;
  /** Which cells have it, where not all do: args of the message `study-some-cells`. */
  readonly some?: { readonly value: number; readonly of: number; readonly cell: string };
}

/**
 * @param validate of a cell's text
 * @param most cells to look at, the first ones; all where absent
 */
export function studyFindings(study: Study, validate: (text: string) => Validation, most?: number): readonly StudyFinding[] {
  const cells = cellsOf(study, most);
  const told = new Map<string, { finding: Finding; cells: (readonly AxisValue[])[] }>();
  for (const { values, text } of cells) {
    for (const finding of validate(text).findings) {
      const key = JSON.stringify([finding.code, finding.field, finding.args.value]);
      const known = told.get(key) ?? { finding, cells: [] };
      known.cells.push(values);
      told.set(key, known);
    }
  }
  return [...told.values()].map(({ finding, cells: having }) => {
    const [first = []] = having;
    const some = { value: having.length, of: cells.length, cell: cellTitle(study, first) };
    const { inBase, range } = placeOf(study, finding, first);
    // The cells' own texts are nowhere to be edited: what would mend them is said, not done.
    const fixes = finding.fixes.map(({ title }) => ({ title, edits: [] }));
    return { inBase, finding: { ...finding, range, fixes }, ...(having.length < cells.length && { some }) };
  });
}

/** What `studyOf` has thrown about a text, with its place there. */
export function failureFinding(text: string, failure: Failure): Finding {
  const { code, args } = failure;
  return { code, severity: 'error', field: String(args.field ?? ''), args, range: placeOfFailure(text, failure), fixes: [] };
}

function placeOfFailure(text: string, { code, args }: Failure): TextRange {
  const parsed = parse(text);
  if ('finding' in parsed) return parsed.finding.range;
  const { root } = parsed;
  const field = String(args.field ?? '');
  if (code === 'study-unknown-field') return nameAt(root, [field]);
  if (code === 'study-unknown-axis' || code === 'study-unknown-axis-nearest') return nameAt(root, ['axes', field]);
  if (code === 'study-axis-values' || code === 'study-axis-twice') return rangeOf(root, ['axes', field]);
  if (code === 'study-axes' || code === 'study-too-many') return rangeOf(root, ['axes']);
  if (code === 'study-name') return rangeOf(root, ['name']);
  return rangeOf(root, ['base']);
}

/** Where something stands in a study's text; what is around it, where it is missing. */
export function studyPlace(text: string, path: readonly string[]): TextRange {
  return rangeOf(parseTree(text), path);
}

function nameAt(root: Node | undefined, path: readonly string[]): TextRange {
  const name = root && findNodeAtLocation(root, [...path])?.parent?.children?.[0];
  return name ? { offset: name.offset, length: name.length } : rangeOf(root, path);
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
