// The key to the colours: the map with ticks of the current scale, and the colours of what is no
// number, each shown only where the picture can hold it.

import { formatValue, ticks, toUnit } from '../axes';
import { html, Memo, setAttributes, svg } from '../dom';
import type { View } from '../view';
import { colourMap, cssColour, INFINITE_COLOUR, MAP_SIZE, NAN_COLOUR, type Rgb, ZERO_COLOUR } from './colour';

const WIDTH = 220;

function ramp(): HTMLCanvasElement {
  const canvas = html('canvas', { width: MAP_SIZE, height: 1, class: 'ramp' });
  const context = canvas.getContext('2d');
  const image = new ImageData(MAP_SIZE, 1);
  const map = colourMap();
  for (let entry = 0; entry < MAP_SIZE; entry++) {
    image.data.set(map.subarray(3 * entry, 3 * entry + 3), 4 * entry);
    image.data[4 * entry + 3] = 255;
  }
  context?.putImageData(image, 0, 0);
  return canvas;
}

export class Legend {
  readonly element = html('div', { class: 'legend', role: 'img' });
  private readonly axis = svg('svg', { class: 'legend-axis', width: WIDTH, height: 18, 'aria-hidden': 'true' });
  private readonly swatches = html('div', { class: 'swatches', 'aria-hidden': 'true' });
  private readonly memo = new Memo();

  constructor() {
    this.element.append(html('div', { class: 'scale' }, ramp(), this.axis), this.swatches);
  }

  update({ words, scale, picture }: View): void {
    if (!this.memo.changed(words, scale.low, scale.high, scale.transform, picture === undefined)) return;
    setAttributes(this.element, { hidden: picture === undefined });
    const marks = ticks(scale, 4);
    this.axis.replaceChildren(
      ...marks.flatMap(({ value, label }) => {
        const unit = toUnit(scale, value);
        const length = label === '' ? 3 : 5;
        const x = unit * WIDTH;
        const anchor = unit < 0.08 ? 'start' : unit > 0.92 ? 'end' : 'middle';
        return [
          svg('line', { x1: x, x2: x, y1: 0, y2: length, class: 'tick' }),
          svg('text', { x, y: 15, 'text-anchor': anchor, class: 'tick-label' }, label),
        ];
      }),
    );
    const swatch = (colour: Rgb, key: string): HTMLElement => {
      const patch = html('span', { class: 'swatch' });
      patch.style.background = cssColour(colour);
      return html('span', { class: 'swatch-item' }, patch, words.text(key));
    };
    const special = [swatch(NAN_COLOUR, 'plot.nan'), swatch(INFINITE_COLOUR, 'plot.infinite')];
    if (scale.transform === 'log') special.push(swatch(ZERO_COLOUR, 'plot.zero'));
    this.swatches.replaceChildren(...special);
    const range = `${formatValue(scale.low)} – ${formatValue(scale.high)}`;
    setAttributes(this.element, { 'aria-label': `${words.text('plot.legend')}: ${range}` });
  }
}
