// Counts of a step to the histograms over depth that the event file carries: one tensor [rows, bins] each
// for activations, their gradients and weights.

import type { HistogramLayout } from '../experiment/events';
import { EMBEDDING_ROW, HEAD_ROW, layerRow } from '../experiment/tags';
import { binsOf, countInto, HISTOGRAM_EDGES, HISTOGRAM_NAMES, type HistogramName } from '../model/histogram';
import { flatOf } from './memory';
import type { Partials } from './pass';
import type { Recorder } from './recorder';
import { allBlocks, type Weights } from './weights';

/** Whether a step's histograms are counted. @param every 0 for never. */
export function hasHistograms(step: number, every: number): boolean {
  return every > 0 && (step === 1 || step % every === 0);
}

/** The rows and edges of a kind of histogram of a model this deep; only weights have a head. */
export function histogramLayout(name: HistogramName, layers: number): HistogramLayout {
  const streams = [EMBEDDING_ROW, ...Array.from({ length: layers }, (_, i) => layerRow(i + 1))];
  return { rows: name === 'weights' ? [...streams, HEAD_ROW] : streams, edges: [...HISTOGRAM_EDGES[name]] };
}

/** Counts of streams, row-major [layers + 1, bins]. @param elements of one stream over the whole step. */
export function streamHistogram(name: 'activations' | 'gradients', partials: Partials, elements: number): Float32Array {
  return Float32Array.from(
    partials.flatMap((row, l) => {
      const part = l === 0 ? 'embedding' : 'feed_forward';
      return binsOf(name, (partial) => row.get(`${part}.${partial}`) ?? Number.NaN, elements);
    }),
  );
}

/** Counts of every place's parameters as they are now, row-major [layers + 2, bins]. */
export function weightHistogram(weights: Weights): Float32Array {
  const edges = HISTOGRAM_EDGES.weights;
  const blocks = allBlocks(weights);
  const bins = edges.length + 1;
  const values = new Float64Array(blocks.length * bins);
  blocks.forEach(({ weight }, row) => {
    countInto(values.subarray(row * bins, (row + 1) * bins), edges, flatOf(weight));
  });
  return Float32Array.from(values);
}

/** Writes the histograms of steps into a run's event file. */
export class HistogramRecorder {
  private readonly layouts: ReadonlyMap<HistogramName, HistogramLayout>;

  constructor(
    private readonly recorder: Recorder,
    layers: number,
  ) {
    this.layouts = new Map(HISTOGRAM_NAMES.map((name) => [name, histogramLayout(name, layers)]));
  }

  /** @param partials of a step with histograms. @param elements of one stream over the whole step: B·T·C. */
  record(step: number, partials: Partials, elements: number, weights: Weights): void {
    for (const [name, layout] of this.layouts) {
      const counts = name === 'weights' ? weightHistogram(weights) : streamHistogram(name, partials, elements);
      this.recorder.histogram(step, name, layout, counts);
    }
  }
}
