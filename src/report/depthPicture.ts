// The depth view of one statistic of a run as a picture of its own: layer × step, the profile over layers at the first
// and the last step on the same layer axis, and the loss on the same step axis.

import type { StatisticDescriptor } from '../experiment/catalogue';
import { colourAt, heatmap } from './heatmap';
import type { Curve } from './runFacts';
import { place, type Scale, scaleOver, ticks } from './scale';
import { COLOURS, element, FAINT, GRID, label, picture, polyline, type Svg } from './svg';

export interface DepthHistory {
  /** Recorded steps, ascending. */
  readonly steps: readonly number[];
  /** For each of them, a value for each layer from the first to the last. */
  readonly columns: readonly (readonly number[])[];
  /** Nats per token. */
  readonly loss: Curve;
}

const MAP = { left: 64, top: 64, width: 440, height: 220 } as const;
const PROFILE = { left: 532, top: 64, width: 170, height: 220 } as const;
const LOSS = { left: 64, top: 312, width: 440, height: 76 } as const;
const LEGEND = { left: 532, top: 330, width: 170, height: 10 } as const;
const [WIDTH, HEIGHT] = [720, 428];

/** Names the run in its title. At least one step has to have been recorded. */
export function depthPicture(name: string, statistic: StatisticDescriptor, history: DepthHistory): Svg {
  const { steps, columns, loss } = history;
  const values = columns.flat();
  // A cosine of 1.0000001 is 1 to a reader, and to the scale's end.
  const rounded = values.map((value) => Number(value.toPrecision(6)));
  const scale = scaleOver(statistic.scale, rounded);
  const layers: Scale = { transform: 'linear', low: 0.5, high: (columns[0]?.length ?? 1) + 0.5 };
  const [first = 0, last = 1] = [steps[0], steps.at(-1)];
  const time: Scale = { transform: 'linear', low: first, high: Math.max(last, first + 1) };
  const unit = statistic.unit === '1' ? '' : `, ${statistic.unit}`;
  const title = `${name}: ${statistic.title.toLowerCase()}${unit}`;
  return picture(
    WIDTH,
    HEIGHT,
    title,
    label(16, 20, title, { size: 14, bold: true }),
    label(16, 42, statistic.formula, { colour: FAINT }),
    heatmap(columns, scale, MAP),
    frame(MAP),
    label(16, MAP.top + MAP.height / 2, 'layer', { colour: FAINT }),
    ...ticks(layers, 5).map((tick) =>
      label(MAP.left - 8, down(layers, tick.value, MAP), tick.label, { anchor: 'end', colour: FAINT, size: 10 }),
    ),
    profile(columns, scale, layers, [first, last]),
    ...lossPlot(loss, time),
    ...legend(scale, values),
  );
}

type Frame = { readonly left: number; readonly top: number; readonly width: number; readonly height: number };

const frame = ({ left, top, width, height }: Frame): Svg =>
  element('rect', { x: left, y: top, width, height, fill: 'none', stroke: FAINT });

const right = (scale: Scale, value: number, { left, width }: Frame): number => left + width * (place(scale, value) ?? 1);
const down = (scale: Scale, value: number, { top, height }: Frame): number => top + height * (1 - (place(scale, value) ?? 1));

function profile(columns: DepthHistory['columns'], scale: Scale, layers: Scale, [first, last]: readonly [number, number]): Svg {
  const line = (column: readonly number[], colour: string): Svg => {
    const points = column.map((value, i): [number, number] | undefined =>
      Number.isFinite(value) ? [right(scale, value, PROFILE), down(layers, i + 1, PROFILE)] : undefined,
    );
    return element('path', { d: polyline(points), fill: 'none', stroke: colour, 'stroke-width': 1.5 });
  };
  const marks = ticks(scale, 3);
  return element(
    'g',
    {},
    ...marks.map(({ value }) => element('path', { d: `M${right(scale, value, PROFILE)} ${PROFILE.top}v${PROFILE.height}`, stroke: GRID })),
    frame(PROFILE),
    line(columns[0] ?? [], COLOURS.before),
    line(columns.at(-1) ?? [], COLOURS.after),
    ...marks.map((tick) =>
      label(right(scale, tick.value, PROFILE), PROFILE.top + PROFILE.height + 12, tick.label, {
        anchor: 'middle',
        colour: FAINT,
        size: 10,
      }),
    ),
    label(PROFILE.left, PROFILE.top - 10, `step ${first}`, { colour: COLOURS.before }),
    label(PROFILE.left + PROFILE.width, PROFILE.top - 10, `step ${last}`, { colour: COLOURS.after, anchor: 'end' }),
  );
}

function lossPlot(loss: Curve, time: Scale): Svg[] {
  const scale = scaleOver(
    'linear',
    loss.map(([, value]) => value),
  );
  const points = loss.map(([step, value]): [number, number] | undefined =>
    Number.isFinite(value) ? [right(time, step, LOSS), down(scale, value, LOSS)] : undefined,
  );
  return [
    ...ticks(scale, 2).map((tick) =>
      label(LOSS.left - 8, down(scale, tick.value, LOSS), tick.label, { anchor: 'end', colour: FAINT, size: 10 }),
    ),
    frame(LOSS),
    element('path', { d: polyline(points), fill: 'none', stroke: COLOURS.after, 'stroke-width': 1.5 }),
    label(16, LOSS.top + LOSS.height / 2, 'loss', { colour: FAINT }),
    ...ticks(time, 6).map((tick) =>
      label(right(time, tick.value, LOSS), LOSS.top + LOSS.height + 12, tick.label, { anchor: 'middle', colour: FAINT, size: 10 }),
    ),
    label(LOSS.left + LOSS.width / 2, LOSS.top + LOSS.height + 28, 'step', { anchor: 'middle', colour: FAINT }),
  ];
}

function legend(scale: Scale, values: readonly number[]): Svg[] {
  const pieces = 24;
  const wide = LEGEND.width / pieces;
  const steps = Array.from({ length: pieces }, (_, i) =>
    element('rect', {
      x: LEGEND.left + i * wide,
      y: LEGEND.top,
      width: wide + 0.3,
      height: LEGEND.height,
      fill: colourAt((i + 0.5) / pieces),
    }),
  );
  const broken = values.filter((value) => !Number.isFinite(value)).length;
  return [
    ...steps,
    ...ticks(scale, 3).map((tick) =>
      label(right(scale, tick.value, LEGEND), LEGEND.top + 22, tick.label, { anchor: 'middle', colour: FAINT, size: 10 }),
    ),
    ...(broken === 0
      ? []
      : [label(LEGEND.left, LEGEND.top + 44, `pink, orange: ${broken} NaN or infinite`, { colour: COLOURS.alarm, size: 10 })]),
  ];
}
