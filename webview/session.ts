// What the page knows and what it wants: the host's latest news, a person's selection, and the loaders
// that bring the data for both. `look` assembles them into one frame's `View`, handing out the same
// objects as long as nothing changed, so that the parts can compare by identity.

import type { StatisticDescriptor } from '../src/experiment/catalogue';
import type { DepthLayout } from '../src/experiment/events';
import { isEnded } from '../src/experiment/run';
import { SCALAR_TAGS } from '../src/experiment/tags';
import type { ProfileRequest, Span } from '../src/experiment/view';
import { type Alert, alertsOf } from './alerts';
import { type Scale, scaleOver } from './axes';
import { Kept } from './dom';
import { capacity, planGrid, type Window } from './grid';
import { colourScale, type RangeMode, rangeVersion } from './heatmap/range';
import type { Host, News } from './host';
import { CurveLoader, type CurveWish } from './loading/curves';
import { HistogramLoader } from './loading/histograms';
import { PictureLoader } from './loading/pictures';
import { ProfileLoader } from './loading/profiles';
import type { Picture } from './picture';
import type { RunFacts } from './runs/runSet';
import { MOST_PINS, parseSelection, type Selection } from './selection';
import { columnName, recordedStatistics, type Statistic } from './statistics';
import type { Cursor, Look, Pin, Spreading, View } from './view';
import { Words } from './words';
import { clamped } from './zoom';

type Hello = Extract<News, { readonly type: 'hello' }>;

/** Sizes that decide how finely to ask: the heatmap in device pixels, its surface's limit, curves in CSS pixels. */
export interface Sizes {
  readonly heatmap: { readonly width: number; readonly height: number; readonly side: number };
  readonly curves: number;
}

interface Place {
  readonly row: number;
  readonly column: number;
}

/** Every message brings a copy of the layout; what is the same stays the same object, for who compares by identity. */
function sameLayout(one: DepthLayout | undefined, other: DepthLayout | undefined): boolean {
  const same = (a: readonly string[], b: readonly string[]): boolean =>
    a.length === b.length && a.every((name, index) => name === b[index]);
  if (!one || !other || !same(one.columns, other.columns) || !same(one.rows, other.rows)) return false;
  return String(one.absent) === String(other.absent);
}

export class Session {
  words = new Words();
  selection: Selection;
  /** Where the pointer rests. */
  hover: Place | undefined;
  private greeting: Hello | undefined;
  private readonly pictures: PictureLoader;
  private readonly curves: CurveLoader;
  private readonly profiles: ProfileLoader;
  private readonly histograms: HistogramLoader;
  private readonly kept = {
    statistics: new Kept<Statistic[]>(),
    others: new Kept<string[]>(),
    whole: new Kept<Window>(),
    window: new Kept<Window>(),
    scale: new Kept<Scale>(),
    valueRange: new Kept<Scale>(),
    cursor: new Kept<Cursor>(),
    pins: new Kept<readonly Pin[]>(),
    spread: new Kept<Spreading>(),
    alerts: new Kept<readonly Alert[]>(),
  };

  constructor(
    host: Host,
    private readonly descriptors: readonly StatisticDescriptor[],
    changed: () => void,
    failed: (reason: unknown) => void,
  ) {
    this.selection = parseSelection(host.state);
    this.pictures = new PictureLoader((request) => host.tile(request), changed, failed);
    this.curves = new CurveLoader((request) => host.series(request), changed, failed);
    this.histograms = new HistogramLoader((request) => host.histogram(request), changed, failed);
    this.profiles = new ProfileLoader((request) => host.profile(request), changed, failed);
  }

  /** Of the run that is shown; undefined before the host's greeting. */
  get directory(): string | undefined {
    return this.greeting?.status.directory;
  }

  /** What is known of the run, for who shows it beside others; undefined before the host's greeting. */
  get facts(): RunFacts | undefined {
    const { greeting } = this;
    return greeting && { status: greeting.status, extent: greeting.extent, texts: greeting.texts, config: greeting.config };
  }

  /** What the run is called; empty before the host's greeting. */
  get name(): string {
    const { status } = this.greeting ?? {};
    return status?.record?.name ?? status?.directory.split(/[\\/]/).at(-1) ?? '';
  }

  take(news: News): void {
    if (news.type === 'hello') {
      this.greeting = news;
      this.words = new Words(news.strings);
      return;
    }
    // What is said of compared runs is the run set's.
    if (!this.greeting || (news.type !== 'status' && news.type !== 'extent')) return;
    if (news.type === 'status') this.greeting = { ...this.greeting, status: news.status };
    else {
      // A new generation brings all its texts, any other message those that are new.
      const anew = news.extent.generation !== this.greeting.extent.generation;
      if (anew) this.hover = undefined;
      const texts = anew ? news.texts : news.texts.length > 0 ? [...this.greeting.texts, ...news.texts] : this.greeting.texts;
      const layout = sameLayout(this.greeting.extent.layout, news.extent.layout) ? this.greeting.extent.layout : news.extent.layout;
      this.greeting = { ...this.greeting, extent: { ...news.extent, ...(layout && { layout }) }, texts };
    }
  }

  /** Keeps a training step pinned; the oldest pin makes room. */
  pin(step: number): void {
    const pins = [...this.selection.pins.filter((pinned) => pinned !== step), step].slice(-MOST_PINS);
    this.selection = { ...this.selection, pins };
  }

  /** The training step of a recorded column, as far as that is known. */
  stepAt(column: number): number {
    const { shown } = this.pictures;
    return shown?.filled ? Math.round(shown.stepAt(column)) : (this.greeting?.extent.lastStep ?? 0);
  }

  /** Keeps a row pinned; the oldest pin makes room. */
  pinLayer(row: number): void {
    const layers = [...this.selection.layers.filter((pinned) => pinned !== row), row].slice(-MOST_PINS);
    this.selection = { ...this.selection, layers };
  }

  /** Puts the cursor at a recorded column, or on the newest step for ever. */
  moveTo(row: number, column: number | undefined): void {
    const step = column === undefined ? undefined : this.stepAt(column);
    this.hover = undefined;
    this.selection = { ...this.selection, row, step };
  }

  /** This frame's view, and the window that would show everything. Undefined before the host's greeting. */
  look(sizes: Sizes, playing: boolean): Look | undefined {
    if (!this.greeting) return undefined;
    const { status, extent, texts, config } = this.greeting;
    const { selection, words, kept } = this;
    const statistics = kept.statistics.get([extent.layout, words], () =>
      recordedStatistics(extent.layout?.columns ?? [], this.descriptors, words),
    );
    const statistic = statistics.find(({ name }) => name === selection.statistic) ?? statistics[0];
    const growing = !isEnded(status.state) && status.record?.kind !== 'probe';
    const planned = config && Math.ceil((status.record?.steps ?? config.training.steps) / config.training.recordEvery);
    const room = capacity(extent.columns, planned, growing);
    const rows = extent.layout?.rows.length ?? 1;
    const whole = kept.whole.get([room, rows], () => ({ columns: { from: 0, to: room }, rows: { from: 0, to: rows } }));
    const window = kept.window.get([selection.zoom, whole], () => clamped(selection.zoom, whole));
    if (statistic && sizes.heatmap.width > 0) {
      const grid = planGrid(window, sizes.heatmap, sizes.heatmap.side);
      const others = kept.others.get([statistics, selection.part], () => statistics.map((each) => this.columnFor(each)));
      const wish = { statistic: this.columnFor(statistic), generation: extent.generation, grid, recorded: extent.columns, others };
      this.pictures.want(wish);
    }
    const picture = extent.columns > 0 ? this.pictures.shown : undefined;
    const cursor = this.cursor(picture, rows);
    const profileAt = (column: number): ProfileRequest => ({
      statistics: statistic?.parts.map((part) => columnName(statistic.name, part)) ?? [],
      column,
    });
    const pinned = selection.pins.map((step) => ({ step, column: this.columnOf(step, picture) }));
    if (statistic && cursor && extent.columns > 0) {
      this.profiles.want([cursor.column, ...pinned.map(({ column }) => column)].map(profileAt), extent.generation);
    }
    this.wantCurves(statistic, cursor, picture, window, sizes.curves);
    const pins = pinned.map(({ step, column }) => ({ step, column, profile: this.profiles.profile(profileAt(column)) }));
    const scale = this.scale(kept.scale, selection.range, statistic, picture);
    const view: View = {
      words,
      status,
      extent,
      alerts: kept.alerts.get([texts, words], () => alertsOf(texts, words)),
      config,
      selection,
      statistics,
      statistic,
      window,
      picture,
      pictureVersion: picture?.version ?? 0,
      scale,
      valueRange: selection.range === 'all' ? this.scale(kept.valueRange, 'robust', statistic, picture) : scale,
      cursor,
      profile: cursor && this.profiles.profile(profileAt(cursor.column)),
      pins: kept.pins.get(
        pins.flatMap(({ step, column, profile }) => [step, column, profile]),
        () => pins,
      ),
      spread: this.spread(cursor),
      playing,
      curves: this.curves.curves,
    };
    return { view, whole };
  }

  /** The recorded column of a statistic's chosen part, or of its first where it has no such part. */
  private columnFor({ name, parts }: Statistic): string {
    const { part } = this.selection;
    return columnName(name, parts.includes(part) ? part : (parts[0] ?? 'layer'));
  }

  private scale(kept: Kept<Scale>, range: RangeMode, statistic: Statistic | undefined, picture: Picture | undefined): Scale {
    const { selection } = this;
    const transform = selection.transforms[statistic?.name ?? ''] ?? statistic?.transform ?? 'log';
    const version = picture && rangeVersion(picture, range);
    return kept.get([picture, version, range, transform, selection.extreme], () =>
      picture ? colourScale(picture, range, transform, selection.extreme) : scaleOver(transform, 1, 0),
    );
  }

  private spread(cursor: Cursor | undefined): Spreading | undefined {
    const { extent } = this.greeting ?? {};
    const name = this.selection.spread;
    const newest = name === undefined ? undefined : extent?.histograms?.[name];
    if (name === undefined || newest === undefined || !extent || !cursor) return undefined;
    const histogram = this.histograms.want({ name, step: cursor.step, newest, generation: extent.generation });
    return this.kept.spread.get([name, histogram], () => ({ name, histogram }));
  }

  private columnOf(step: number, picture: Picture | undefined): number {
    const last = Math.max(0, (this.greeting?.extent.columns ?? 0) - 1);
    if (!picture || picture.filled === 0) return last;
    return Math.max(0, Math.min(last, Math.round(picture.columnAt(step))));
  }

  private cursor(picture: Picture | undefined, rows: number): Cursor | undefined {
    const { hover, selection, greeting } = this;
    if (!greeting || greeting.extent.columns === 0) return undefined;
    const { columns, lastStep } = greeting.extent;
    const live = hover === undefined && selection.step === undefined;
    const row = Math.min(rows - 1, hover?.row ?? selection.row);
    const column = live ? columns - 1 : Math.min(columns - 1, hover?.column ?? this.columnOf(selection.step ?? 0, picture));
    const step = column === columns - 1 || !picture || picture.filled === 0 ? lastStep : Math.round(picture.stepAt(column));
    return this.kept.cursor.get([row, column, step, live], () => ({ row, column, step, live }));
  }

  private wantCurves(
    statistic: Statistic | undefined,
    cursor: Cursor | undefined,
    picture: Picture | undefined,
    window: Window,
    points: number,
  ): void {
    // A zoomed window is one of columns; which steps those are is known once some of them have come.
    if (!this.greeting || points < 1 || (this.selection.zoom && !picture?.filled)) return;
    const { extent } = this.greeting;
    const zoomedTo = (last: number): Span => {
      if (!this.selection.zoom || !picture) return { from: 0, to: last + 1 };
      const from = Math.max(0, Math.floor(picture.stepAt(window.columns.from - 1)));
      return { from, to: Math.max(from, Math.min(last + 1, Math.ceil(picture.stepAt(window.columns.to)) + 1)) };
    };
    const wishes: CurveWish[] = SCALAR_TAGS.filter((tag) => extent.scalars.includes(tag)).map((scalar) => ({
      source: { scalar },
      steps: zoomedTo(extent.lastScalarStep),
    }));
    if (statistic && cursor) {
      for (const row of new Set([cursor.row, ...this.selection.layers])) {
        wishes.push({ source: { statistic: this.columnFor(statistic), row }, steps: zoomedTo(extent.lastStep) });
      }
    }
    this.curves.want(wishes, Math.ceil(2 * points), extent.generation);
  }
}
