// What the event files of a run say, put together: each file's own history, of which a later file's
// session start hides what it supersedes. Nothing is ever moved or rewritten for that, so a file may
// be read late, or anew, without touching the others.

import type { DepthLayout, RunEvent } from '../experiment/events';
import type { FileProblem, RunExtent, RunText } from '../experiment/view';
import type { BlockPlace } from './blocks';
import { BlockStore } from './blocks';
import { ColumnStore } from './columns';
import { GrowingFloat32, GrowingFloat64 } from './growing';
import { HistogramStore, type KeptHistogram } from './histograms';

export interface ScalarHistory {
  readonly steps: GrowingFloat64;
  readonly values: GrowingFloat32;
  /** Seconds since the epoch. */
  readonly times: GrowingFloat64;
}

/** Each costs a kilobyte before it has a second value, and nobody looks at as many curves. */
const MOST_TAGS = 2000;

/** One event file's content. */
export class FileHistory {
  readonly scalars = new Map<string, ScalarHistory>();
  readonly texts: RunText[] = [];
  readonly problems: FileProblem[] = [];
  histograms = new HistogramStore();
  columns: ColumnStore | undefined;
  blocks: BlockStore | undefined;
  /** Step from which on older files are superseded. */
  sessionStart: number | undefined;

  constructor(
    readonly name: string,
    private readonly place: BlockPlace,
  ) {}

  get isEmpty(): boolean {
    return this.columns === undefined && this.scalars.size === 0 && this.texts.length === 0 && this.histograms.names.length === 0;
  }

  apply(event: RunEvent): void {
    switch (event.kind) {
      case 'version':
        return;
      case 'session-start':
        this.sessionStart ??= event.step;
        return;
      case 'scalars':
        for (const [tag, value] of Object.entries(event.values)) this.addScalar(tag, event.step, value, event.wallTime);
        return;
      case 'depth':
        this.addColumn(event);
        return;
      case 'histogram':
        if (!this.histograms.add(event)) this.report('events-histogram', { step: event.step });
        return;
      case 'text':
        this.texts.push({ step: event.step, tag: event.tag, text: event.text });
        return;
      default:
        event satisfies never;
    }
  }

  /** Reports a problem of this file; one of each kind is enough. */
  report(code: string, args: FileProblem['args'] = {}): void {
    if (!this.problems.some((known) => known.code === code)) this.problems.push({ code, args: { file: this.name, ...args } });
  }

  newBlocks(layout: DepthLayout, checksums?: ReturnType<BlockStore['checksums']>): BlockStore {
    this.blocks = new BlockStore({ rows: layout.rows.length, statistics: layout.columns.length }, this.place, checksums);
    return this.blocks;
  }

  private addScalar(tag: string, step: number, value: number, time: number): void {
    let history = this.scalars.get(tag);
    if (history === undefined) {
      if (this.scalars.size >= MOST_TAGS) {
        this.report('events-too-many-tags', { limit: MOST_TAGS });
        return;
      }
      history = { steps: new GrowingFloat64(), values: new GrowingFloat32(), times: new GrowingFloat64() };
      this.scalars.set(tag, history);
    }
    const last = history.steps.last();
    if (step === last) {
      history.values.replaceLast(value);
      history.times.replaceLast(time);
    } else if (step < last) {
      this.report('events-out-of-order', { step, after: last });
    } else {
      history.steps.push(step);
      history.values.push(value);
      history.times.push(time);
    }
  }

  private addColumn(event: RunEvent & { readonly kind: 'depth' }): void {
    const layout = this.columns?.layout ?? event.layout;
    if (layout === undefined) {
      this.report('events-unnamed-statistics', { step: event.step });
      return;
    }
    const [rows, statistics] = [layout.rows.length, layout.columns.length];
    if (event.rows !== rows || event.columns !== statistics || event.values.length !== rows * statistics || rows * statistics === 0) {
      this.report('events-other-shape', { step: event.step, rows: event.rows, columns: event.columns });
      return;
    }
    this.columns ??= new ColumnStore(layout, this.newBlocks(layout));
    const last = this.columns.steps.last();
    if (event.step <= last) this.report('events-out-of-order', { step: event.step, after: last });
    else this.columns.append(event.step, event.values);
  }
}

/** Columns [from, to) of one file's store, shown as columns `first` … of the run. */
export interface Stretch {
  readonly columns: ColumnStore;
  readonly from: number;
  readonly to: number;
  readonly first: number;
}

/** Points [from, to) of one file's scalar. */
export interface ScalarStretch {
  readonly scalar: ScalarHistory;
  readonly from: number;
  readonly to: number;
}

export class RunHistory {
  private list: readonly FileHistory[] = [];

  /** Counts from `generation` on: a watcher that starts again must not repeat an earlier count. */
  constructor(private generation = 0) {}

  /** In the order of their names. */
  get files(): readonly FileHistory[] {
    return this.list;
  }

  setFiles(files: readonly FileHistory[]): void {
    this.list = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Applies events of one of the files and notices when they change what was shown before instead of adding to it. */
  apply(file: FileHistory, events: readonly RunEvent[]): void {
    const late = this.list.slice(this.list.indexOf(file) + 1).some((later) => !later.isEmpty);
    const before = late ? this.shown() : 0;
    for (const event of events) {
      if (event.kind !== 'session-start') {
        file.apply(event);
        continue;
      }
      // A file begins with it; more of them say nothing, and a million would be a million looks at everything.
      if (file.sessionStart !== undefined) continue;
      const shown = this.shown();
      file.apply(event);
      if (this.shown() < shown) this.generation++;
    }
    if (late && this.shown() !== before) this.generation++;
  }

  /** Whatever was shown may be gone or different: pictures start anew. */
  restart(): void {
    this.generation++;
  }

  /** The first file's rows, and every statistic of every file; undefined until something is recorded. */
  layout(): DepthLayout | undefined {
    const stretches = this.stretches();
    const first = stretches[0]?.columns.layout;
    if (first === undefined) return undefined;
    if (stretches.every((stretch) => stretch.columns.layout === first)) return first;
    return { ...first, columns: [...new Set(stretches.flatMap((stretch) => stretch.columns.layout.columns))] };
  }

  /** The columns that are shown, in order; their steps ascend. */
  stretches(): readonly Stretch[] {
    const stretches: Stretch[] = [];
    const rows = this.rows();
    let first = 0;
    this.each(
      (file) => (file.columns?.rows === rows ? file.columns?.steps : undefined),
      (file, from, to) => {
        if (file.columns === undefined) return;
        stretches.push({ columns: file.columns, from, to, first });
        first += to - from;
      },
    );
    return stretches;
  }

  /** The points of a scalar that are shown, in order; their steps ascend. */
  scalar(tag: string): readonly ScalarStretch[] {
    const stretches: ScalarStretch[] = [];
    this.each(
      (file) => file.scalars.get(tag)?.steps,
      (file, from, to) => {
        const scalar = file.scalars.get(tag);
        if (scalar !== undefined) stretches.push({ scalar, from, to });
      },
    );
    return stretches;
  }

  /** Histograms of a kind that are shown, steps ascending. */
  histograms(name: string): readonly KeptHistogram[] {
    const cuts = this.cuts();
    const found: KeptHistogram[] = [];
    for (const [index, file] of this.list.entries()) {
      const reached = found.at(-1)?.step ?? Number.NEGATIVE_INFINITY;
      found.push(...file.histograms.before(name, cuts[index] ?? 0).filter(({ step }) => step > reached));
    }
    return found;
  }

  texts(): readonly RunText[] {
    const cuts = this.cuts();
    return this.list.flatMap((file, index) => file.texts.filter((text) => text.step < (cuts[index] ?? 0)));
  }

  problems(): readonly FileProblem[] {
    const rows = this.rows();
    for (const file of this.list) {
      if (file.columns === undefined || file.columns.rows === rows) continue;
      file.report('events-other-shape', { rows: file.columns.rows, columns: file.columns.layout.columns.length });
    }
    return this.list.flatMap((file) => file.problems);
  }

  extent(): RunExtent {
    const layout = this.layout();
    const stretches = this.stretches();
    const [first, last] = [stretches[0], stretches.at(-1)];
    const tags = [...new Set(this.list.flatMap((file) => [...file.scalars.keys()]))];
    const kinds = [...new Set(this.list.flatMap((file) => file.histograms.names))].flatMap((name): [string, number][] => {
      const newest = this.histograms(name).at(-1);
      return newest ? [[name, newest.step]] : [];
    });
    const shown = tags.map((tag) => ({ tag, last: this.scalar(tag).at(-1) })).filter((each) => each.last !== undefined);
    return {
      ...(layout && { layout }),
      columns: last === undefined ? 0 : last.first + last.to - last.from,
      firstStep: first?.columns.steps.at(first.from) ?? 0,
      lastStep: last?.columns.steps.at(last.to - 1) ?? 0,
      lastScalarStep: shown.reduce((step, each) => Math.max(step, each.last?.scalar.steps.at(each.last.to - 1) ?? 0), 0),
      scalars: shown.map((each) => each.tag),
      ...(kinds.length > 0 && { histograms: Object.fromEntries(kinds) }),
      generation: this.generation,
      texts: this.texts().length,
    };
  }

  /** Per file the step from which on a later file supersedes it. */
  private cuts(): readonly number[] {
    const cuts: number[] = [];
    let cut = Number.POSITIVE_INFINITY;
    for (const file of this.list.toReversed()) {
      cuts.unshift(cut);
      cut = Math.min(cut, file.sessionStart ?? Number.POSITIVE_INFINITY);
    }
    return cuts;
  }

  /** Calls `use` with each file's span of steps that is neither superseded nor older than what came before. */
  private each(
    stepsOf: (file: FileHistory) => GrowingFloat64 | undefined,
    use: (file: FileHistory, from: number, to: number) => void,
  ): void {
    const cuts = this.cuts();
    let reached = Number.NEGATIVE_INFINITY;
    for (const [index, file] of this.list.entries()) {
      const steps = stepsOf(file);
      if (steps === undefined) continue;
      const to = steps.lowerBound(cuts[index] ?? 0);
      let from = steps.lowerBound(reached);
      if (steps.at(from) === reached) from++;
      if (from >= to) continue;
      reached = steps.at(to - 1);
      use(file, from, to);
    }
  }

  /** Rows of the first file that recorded any; a file with another number of layers belongs to another model. */
  private rows(): number | undefined {
    return this.list.find((file) => file.columns !== undefined)?.columns?.rows;
  }

  private shown(): number {
    const { columns, scalars, texts } = this.extent();
    const points = scalars.reduce((sum, tag) => sum + this.scalar(tag).reduce((part, each) => part + each.to - each.from, 0), 0);
    return columns + points + texts;
  }
}
