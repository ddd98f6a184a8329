// What a table of runs says about each: how it went, and where its configuration is unlike the others'.

import type { RunText } from '../../src/experiment/view';
import { formatCount, formatMeasured, formatValue } from '../axes';
import { pointAt } from '../curves';
import type { Words } from '../words';
import type { RunFacts, ShownRun } from './runSet';

/** A cell: what sorts and what is shown. */
export interface Cell {
  /** Undefined sorts last, whatever the direction. */
  readonly value: number | string | undefined;
  readonly text: string;
}

export interface TableColumn {
  readonly id: string;
  readonly title: string;
  /** Longer words about it. */
  readonly detail: string;
  readonly kind: 'measure' | 'configuration';
  /** One for every run. */
  readonly cells: readonly Cell[];
}

function codeOf(text: string): string {
  try {
    const payload: unknown = JSON.parse(text);
    const code = typeof payload === 'object' && payload !== null && 'code' in payload ? payload.code : undefined;
    return typeof code === 'string' ? code : '';
  } catch {
    return '';
  }
}

function saysDiverged({ tag, text }: RunText): boolean {
  return tag === 'alert' && /^(non-finite|diverge)(?!.*-over$)/.test(codeOf(text));
}

/** The first step at which a run was no longer sound: an alert of divergence, or a loss that is no finite number. */
export function divergedAt({ texts, curves }: Pick<ShownRun, 'texts' | 'curves'>): number | undefined {
  const loss = curves.get('loss/train');
  const bad = loss ? loss.flags.findIndex((flag) => flag !== 0) : -1;
  const steps = texts.filter(saysDiverged).map(({ step }) => step);
  if (loss && bad >= 0) steps.push(loss.steps[bad] ?? Number.NaN);
  return steps.length === 0 ? undefined : Math.min(...steps);
}

/** Mean of a smoothed curve's end, else the last value: one step's loss alone says little. */
export function finalLoss({ curves, status }: Pick<ShownRun, 'curves' | 'status'>): number | undefined {
  const curve = curves.get('loss/train');
  const smooth = curve?.smoothed?.[pointAt(curve, Number.POSITIVE_INFINITY)];
  return smooth !== undefined && Number.isFinite(smooth) ? smooth : status.record?.metrics['loss/train'];
}

type Plain = string | number | boolean | null;

/** A configuration as paths of fields with plain values; lists become texts. */
export function flatten(value: unknown, path = ''): ReadonlyMap<string, Plain> {
  if (value === undefined) return new Map();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const plain = ['string', 'number', 'boolean'].includes(typeof value) || value === null ? (value as Plain) : JSON.stringify(value);
    return new Map([[path, plain]]);
  }
  const entries = Object.entries(value).flatMap(([name, inner]) => [...flatten(inner, path === '' ? name : `${path}.${name}`)]);
  return new Map(entries);
}

/** Only the fields in which configurations differ, in the order of the first one that has them; runs without one count as unlike. */
export function differences(
  runs: readonly Pick<RunFacts, 'config'>[],
): { readonly field: string; readonly values: (Plain | undefined)[] }[] {
  const flat = runs.map(({ config }) => flatten(config));
  const fields = new Set(flat.flatMap((fieldsOf) => [...fieldsOf.keys()]));
  fields.delete('name');
  return [...fields].flatMap((field) => {
    const values = flat.map((fieldsOf) => fieldsOf.get(field));
    return values.every((value) => value === values[0]) ? [] : [{ field, values }];
  });
}

function number(value: number | undefined, format: (value: number) => string): Cell {
  return value === undefined ? { value, text: '–' } : { value: Number.isNaN(value) ? undefined : value, text: format(value) };
}

/** The columns of a table of runs: measures first, then every field in which their configurations differ. */
export function columnsOf(runs: readonly ShownRun[], words: Words): TableColumn[] {
  const measure = (id: string, cell: (run: ShownRun) => Cell): TableColumn => ({
    id,
    title: words.text(`compare.${id}`),
    detail: words.optional(`compare.${id}Detail`) ?? '',
    kind: 'measure',
    cells: runs.map(cell),
  });
  const metric = (run: ShownRun, tag: string): number | undefined => run.status.record?.metrics[tag];
  return [
    measure('state', ({ status }) => ({ value: status.state, text: words.text(`state.${status.state}`) })),
    measure('steps', ({ status }) => number(status.record?.step, formatCount)),
    measure('loss', (run) => number(finalLoss(run), formatMeasured)),
    measure('validation', (run) => number(metric(run, 'loss/validation'), formatMeasured)),
    measure('speed', (run) => number(metric(run, 'tokens_per_second'), formatCount)),
    measure('parameters', ({ status }) => number(status.record?.parameters, formatCount)),
    measure('diverged', (run) => {
      const step = divergedAt(run);
      return step === undefined
        ? { value: undefined, text: words.text('compare.no') }
        : { value: step, text: words.text('compare.atStep', { step }) };
    }),
    ...differences(runs).map(({ field, values }): TableColumn => {
      const cells = values.map((value): Cell => {
        if (value === undefined || value === null) return { value: undefined, text: '–' };
        return typeof value === 'number' ? { value, text: formatValue(value, 6) } : { value: String(value), text: String(value) };
      });
      return { id: field, title: field, detail: '', kind: 'configuration', cells };
    }),
  ];
}

/** Indices of runs in the order of a column; those without a value come last either way. */
export function sorted(cells: readonly Cell[], descending: boolean): number[] {
  return cells
    .map((_, index) => index)
    .sort((a, b) => {
      const [one, other] = [cells[a]?.value, cells[b]?.value];
      if (one === undefined || other === undefined) return one === other ? a - b : one === undefined ? 1 : -1;
      const order = typeof one === 'number' && typeof other === 'number' ? one - other : String(one).localeCompare(String(other));
      return (descending ? -order : order) || a - b;
    });
}
