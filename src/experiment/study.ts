// A study: one experiment and the fields that are varied, every value of one with every value of the
// others. Each combination, a cell, is an ordinary configuration whose runs are ordinary runs, so nothing
// else has to know what a study is.

import path from 'node:path';
import { getNodeValue } from 'jsonc-parser';
import { FIELD_PATHS } from './draft';
import { applyEdits, editsToSet } from './edits';
import { Failure } from './failure';
import { LONGEST_NAME } from './fields';
import { render } from './messages';
import { nearest } from './nearest';
import { isRecord } from './record';
import { readConfigurationText } from './sources';
import { parse } from './syntax';

export type AxisValue = string | number | boolean;

export interface Axis {
  /** Dotted path of the field that is varied. */
  readonly field: string;
  readonly values: readonly AxisValue[];
}

export interface Study {
  readonly name: string;
  /** The study as its author wrote it. */
  readonly text: string;
  /** The experiment that every cell starts from, as text: the file that `base` names, or what stands there. */
  readonly base: string;
  /** That path as it was written, where there is one. */
  readonly baseFile?: string;
  /** What paths in the experiment are relative to. */
  readonly folder: string;
  /** At least one; the last is what a table has as columns. */
  readonly axes: readonly Axis[];
}

export interface Cell {
  /** One for each axis. */
  readonly values: readonly AxisValue[];
  /** The cell's configuration, named after study and values. */
  readonly text: string;
}

const KEYS = ['name', 'base', 'axes'];
/** Nobody trains as many, and a few axes more would fill the memory with combinations. */
const MOST_CELLS = 10_000;
const OPTIONS = 'model.schemeOptions.';

/**
 * Reads `*.study.json`: `{ "name"?, "base": path or configuration, "axes": { field: [value, …], … } }`, JSON
 * with comments. Throws `Failure` `configuration-unreadable` or `study-…`, which name file, field and remedy.
 */
export async function readStudy(file: string): Promise<Study> {
  return await studyOf(file, await readConfigurationText(file));
}

/**
 * A study as somebody is writing it. Throws as `readStudy` does.
 * @param file where it lies, or will
 * @param read the file that `base` names
 */
export async function studyOf(file: string, text: string, read = readConfigurationText): Promise<Study> {
  const value = parsedObject(text, file);
  const unknown = Object.keys(value).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw new Failure('study-unknown-field', { path: file, field: unknown, choices: KEYS.join(', ') });
  const { name = path.basename(file).replace(/(\.study)?\.jsonc?$/, ''), base } = value;
  if (typeof name !== 'string' || name.trim() === '') throw new Failure('study-name', { path: file, value: JSON.stringify(name) });
  const axes = axesOf(value.axes, file);
  if (isRecord(base)) return { name, text, base: `${JSON.stringify(base, undefined, 2)}\n`, folder: path.dirname(file), axes };
  if (typeof base !== 'string') throw new Failure('study-base', { path: file, value: JSON.stringify(base) ?? 'missing' });
  const baseFile = path.resolve(path.dirname(file), base);
  const baseText = await read(baseFile);
  parsedObject(baseText, baseFile);
  return { name, text, base: baseText, baseFile: base, folder: path.dirname(baseFile), axes };
}

/**
 * Every combination, the last axis changing fastest.
 * @param most cells to make, the first ones; all where absent
 */
export function cellsOf({ name, base, axes }: Study, most?: number): readonly Cell[] {
  const combinations = axes.reduce<readonly (readonly AxisValue[])[]>(
    (rows, { values }) => rows.flatMap((row) => values.map((value) => [...row, value])),
    [[]],
  );
  return combinations.slice(0, most).map((values) => {
    const varied = values.reduce<string>((text, value, i) => applyEdits(text, editsToSet(text, axes[i]?.field ?? '', value)), base);
    return { values, text: applyEdits(varied, editsToSet(varied, 'name', cellName(name, values))) };
  });
}

/** `post-ln × heads 2`. */
export function cellTitle({ axes }: Pick<Study, 'axes'>, values: readonly AxisValue[]): string {
  return values.map((value, i) => valueTitle(axes[i]?.field ?? '', value)).join(' × ');
}

/** A text says by itself what it is a value of; a number does not. */
export function valueTitle(field: string, value: AxisValue): string {
  return typeof value === 'string' ? value : `${field.split('.').at(-1) ?? field} ${value}`;
}

/** Also a folder's name: without slashes, and not too long to be one. */
function cellName(name: string, values: readonly AxisValue[]): string {
  const whole = [name, ...values].join('-').replace(/[/\\\p{Cc}]+/gu, '-');
  return [...whole].slice(0, LONGEST_NAME).join('').trim();
}

function axesOf(value: unknown, file: string): readonly Axis[] {
  if (!isRecord(value) || Object.keys(value).length === 0) throw new Failure('study-axes', { path: file });
  const cells = Object.values(value).reduce<number>((product, values) => product * (Array.isArray(values) ? values.length : 1), 1);
  if (cells > MOST_CELLS) throw new Failure('study-too-many', { path: file, value: cells, limit: MOST_CELLS });
  return Object.entries(value).map(([field, values]) => {
    if (!(FIELD_PATHS as readonly string[]).includes(field) && !field.startsWith(OPTIONS)) throw unknownAxis(field, file);
    const sound = Array.isArray(values) && values.length > 0 && values.every((one) => /^(string|number|boolean)$/.test(typeof one));
    if (!sound) throw new Failure('study-axis-values', { path: file, field, value: JSON.stringify(values) });
    const twice = values.find((one, i) => values.indexOf(one) !== i) as AxisValue | undefined;
    if (twice !== undefined) throw new Failure('study-axis-twice', { path: file, field, value: String(twice) });
    return { field, values: values as AxisValue[] };
  });
}

function unknownAxis(field: string, file: string): Failure {
  const suggestion = nearest(field, FIELD_PATHS);
  return suggestion === undefined
    ? new Failure('study-unknown-axis', { path: file, field })
    : new Failure('study-unknown-axis-nearest', { path: file, field, suggestion });
}

function parsedObject(text: string, file: string): Readonly<Record<string, unknown>> {
  const parsed = parse(text);
  if ('finding' in parsed) throw new Failure('study-not-json', { path: file, detail: render(parsed.finding.code, parsed.finding.args) });
  const value: unknown = getNodeValue(parsed.root);
  if (!isRecord(value)) throw new Failure('study-not-json', { path: file, detail: render('not-an-object', { value: typeof value }) });
  return value;
}
