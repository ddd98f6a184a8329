// Scalars as charts, one for each quantity, with every compared run laid over the panel's own: one
// cursor and one zoomed part for all of them.

import { formatValue, type Scale, steady, type Transform } from '../axes';
import { html, Kept, setText } from '../dom';
import type { SaveDoor } from '../export/saveMenu';
import type { CurveChoices } from '../selection';
import type { Words } from '../words';
import { Chart, type ChartContent } from './chart';
import { acrossScale, type ChartLine, placesOf, timeUnit, tokensPerStep, toneClass, upScale } from './lines';
import type { RunFacts, RunSet, ShownRun } from './runSet';

/** Charts with a place and a scale of their own; every other tag is a chart after them. */
const CHARTS: readonly { readonly tags: readonly string[]; readonly title: string; readonly up: Transform }[] = [
  { tags: ['loss/train', 'loss/validation', 'loss/validation_averaged'], title: 'curve.loss', up: 'linear' },
  { tags: ['gradient_norm'], title: 'curve.gradientNorm', up: 'log' },
  { tags: ['lr'], title: 'curve.lr', up: 'linear' },
  { tags: ['tokens_per_second'], title: 'curve.speed', up: 'linear' },
];

/** Share of an axis, about a pixel, by which it may be longer than it must: it rests while a run grows by that. */
const GIVE = 1 / 256;

/** Points of a curve: about two to a pixel of a wide chart. */
const POINTS = 1500;

interface Plan {
  readonly id: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly up: Transform;
}

interface Planned {
  readonly plans: readonly Plan[];
  /** Seconds to a unit of the x axis as drawn, 1 unless it is one of time. */
  readonly unit: number;
  /** One for every plan. */
  readonly charts: readonly ChartContent[];
}

/** The charts for the tags that runs recorded. */
export function chartsOf(tags: ReadonlySet<string>, words: Words): Plan[] {
  const known = CHARTS.filter((chart) => chart.tags.some((tag) => tags.has(tag)));
  const rest = [...tags].filter((tag) => !CHARTS.some((chart) => chart.tags.includes(tag)));
  return [
    ...known.map((chart) => ({ id: chart.title, title: words.text(chart.title), tags: chart.tags, up: chart.up })),
    ...rest.map((tag) => ({ id: tag, title: tag, tags: [tag], up: 'linear' as const })),
  ];
}

/** The lines of a chart: one run's tags in colours of their own; several runs each in its colour, further tags dashed. */
export function linesOf(tags: readonly string[], runs: readonly ShownRun[], choices: CurveChoices, words: Words): ChartLine[] {
  return runs.flatMap((run) =>
    tags.flatMap((tag, index): ChartLine[] => {
      const curve = run.curves.get(tag);
      const x = curve && placesOf(curve, run, choices.along);
      if (!curve || !x || curve.steps.length === 0) return [];
      const part = words.optional(`scalar.${tag}`) ?? '';
      if (runs.length === 1) {
        return [{ name: part, class: ['line-train', 'line-validation', 'line-averaged'][index] ?? 'line-train', curve, x }];
      }
      return [
        {
          name: [run.name, part].filter(Boolean).join(', '),
          class: `${toneClass(run.tone)}${['', ' second', ' third'][index] ?? ''}`,
          curve,
          x,
        },
      ];
    }),
  );
}

export class ChartGrid {
  readonly element = html('div', { class: 'charts', 'data-testid': 'charts' });
  readonly announcer = html('div', { class: 'unseen', role: 'status', 'aria-live': 'polite' });
  private readonly charts = new Map<string, Chart>();
  private readonly kept = new Kept<Planned>();
  private cursor: { readonly place: number; readonly chart: Chart; readonly spoken: boolean } | undefined;
  private zoom: { readonly along: string; readonly part: Pick<Scale, 'low' | 'high'> } | undefined;
  private choices: CurveChoices | undefined;
  private unit = 1;
  private drawn: readonly ChartContent[] = [];

  /**
   * @param redraw asks for another frame
   * @param door where saved files go
   * @param shows which tags have a place here
   */
  constructor(
    private readonly redraw: () => void,
    private readonly door: SaveDoor,
    private readonly shows: (tag: string) => boolean = () => true,
  ) {}

  /** Whether only a part of the x axis is seen. */
  get zoomed(): boolean {
    return this.zoom !== undefined && this.zoom.along === this.choices?.along;
  }

  /** What the charts show, and where their cursor stands on the x axis as drawn. */
  get shown(): { readonly charts: readonly ChartContent[]; readonly place: number | undefined } {
    return { charts: this.drawn, place: this.cursor && this.cursor.place / this.unit };
  }

  /** Shows the whole x axis again. */
  open(): void {
    this.zoom = undefined;
    this.redraw();
  }

  update(words: Words, choices: CurveChoices, set: RunSet): void {
    this.choices = choices;
    set.wantCurves(POINTS, choices.smoothing, (run) => this.stepsOf(run, choices));
    const { plans, unit, charts } = this.kept.get([words, choices, set.runs, this.zoom], () => this.plan(words, choices, set.runs));
    this.unit = unit;
    this.drawn = charts;
    this.arrange(plans);
    plans.forEach(({ id }, index) => {
      const chart = this.charts.get(id);
      const content = charts[index];
      if (!chart || !content) return;
      const place = this.cursor && this.cursor.place / unit;
      chart.update(content, place, words);
      if (place === undefined || this.cursor?.chart !== chart || !this.cursor.spoken) return;
      setText(this.announcer, chart.readout(content, `${content.acrossTitle} ${formatValue(place)}`));
    });
  }

  private plan(words: Words, choices: CurveChoices, runs: readonly ShownRun[]): Planned {
    const tags = runs.flatMap(({ extent }) => extent.scalars).filter(this.shows);
    const plans = chartsOf(new Set(tags), words);
    const drawn = plans.map((plan) => ({ plan, lines: linesOf(plan.tags, runs, choices, words) }));
    const all = drawn.flatMap(({ lines }) => lines);
    const whole = steady(acrossScale(all, choices.across), GIVE);
    const time = choices.along === 'time' ? timeUnit(whole.high) : undefined;
    const unit = time?.seconds ?? 1;
    const zoom = this.zoom?.along === choices.along && this.zoom.part.high > this.zoom.part.low ? this.zoom.part : undefined;
    const across = zoom ? { ...zoom, transform: choices.across } : whole;
    const charts = drawn.map(
      ({ plan, lines }): ChartContent => ({
        title: plan.title,
        lines: unit === 1 ? lines : lines.map((line) => ({ ...line, x: line.x.map((place) => place / unit) })),
        across: { ...across, low: across.low / unit, high: across.high / unit },
        up: steady(upScale(lines, choices.up === 'auto' ? plan.up : choices.up, across), GIVE),
        acrossTitle: time ? words.text('along.timeIn', { unit: words.text(time.key) }) : words.text(`along.${choices.along}`),
        empty: words.text('curve.none'),
      }),
    );
    return { plans, unit, charts };
  }

  private arrange(plans: readonly Plan[]): void {
    const wanted = plans.map(({ id }) => id);
    if (wanted.join('|') === [...this.charts.keys()].join('|')) return;
    const kept = new Map(this.charts);
    this.charts.clear();
    for (const id of wanted) {
      const wishes = {
        point: (place: number | undefined, chart: Chart) => {
          this.cursor =
            place === undefined ? undefined : { place: place * this.unit, chart, spoken: document.activeElement === chart.element };
          this.redraw();
        },
        zoom: (part: Pick<Scale, 'low' | 'high'> | undefined) => {
          const { along } = this.choices ?? {};
          this.zoom = part && along && { along, part: { low: part.low * this.unit, high: part.high * this.unit } };
          this.redraw();
        },
      };
      this.charts.set(id, kept.get(id) ?? new Chart(wishes, this.redraw, this.door));
    }
    this.element.replaceChildren(...[...this.charts.values()].map(({ element }) => element));
  }

  /** The steps to ask for: a zoomed part in more detail, where steps can be told from the axis. */
  private stepsOf(run: RunFacts, { along }: CurveChoices): { readonly from: number; readonly to: number } {
    const whole = { from: 0, to: run.extent.lastScalarStep + 1 };
    const each = along === 'step' ? 1 : along === 'tokens' ? tokensPerStep(run) : undefined;
    if (!this.zoom || this.zoom.along !== along || each === undefined) return whole;
    const { low, high } = this.zoom.part;
    const from = Math.max(0, Math.floor(low / each) - 1);
    return { from, to: Math.max(from, Math.min(whole.to, Math.ceil(high / each) + 2)) };
  }
}
