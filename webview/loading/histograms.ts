// Histograms over depth at the cursor's step. They are recorded at a pace of their own, so most steps
// share one: an answer says at which steps there are any, and only another of those is a new question.

import type { Histogram, HistogramRequest } from '../../src/experiment/view';
import { Patience } from './patience';

const KEPT = 64;

export interface HistogramWish extends HistogramRequest {
  /** The newest step that there is one of. */
  readonly newest: number;
  readonly generation: number;
}

/** The last of ascending steps at or before a step, else the first. */
export function stepBefore(steps: readonly number[], step: number): number | undefined {
  return steps.findLast((at) => at <= step) ?? steps[0];
}

export class HistogramLoader {
  private readonly kept = new Map<number, Histogram>();
  private name = '';
  private generation = -1;
  private steps: readonly number[] = [];
  /** The newest step as it was when `steps` was told. */
  private toldAt = Number.NaN;
  private wish: HistogramWish | undefined;
  private busy = false;
  private readonly patience = new Patience();

  constructor(
    private readonly ask: (request: HistogramRequest) => Promise<Histogram>,
    private readonly changed: () => void,
    private readonly failed: (reason: unknown) => void,
  ) {}

  /** Says what is wanted now, cheap to call every frame, and gives it as far as it is here. */
  want(wish: HistogramWish): Histogram | undefined {
    if (wish.name !== this.name || wish.generation !== this.generation) {
      this.kept.clear();
      this.steps = [];
    }
    this.name = wish.name;
    this.generation = wish.generation;
    this.wish = wish;
    const found = this.found(wish);
    if (!found) void this.pump();
    return found;
  }

  private found({ step, newest }: HistogramWish): Histogram | undefined {
    const fresh = this.toldAt === newest || step < (this.steps.at(-1) ?? 0);
    const at = fresh ? stepBefore(this.steps, step) : undefined;
    return at === undefined ? undefined : this.kept.get(at);
  }

  private async pump(): Promise<void> {
    if (this.busy || document.hidden || this.patience.lost) return;
    this.busy = true;
    try {
      while (this.wish && !this.found(this.wish)) {
        const { name, step, newest, generation } = this.wish;
        const histogram = await this.ask({ name, step });
        if (name !== this.name || generation !== this.generation) continue;
        this.steps = histogram.steps;
        this.toldAt = newest;
        this.kept.set(histogram.step, histogram);
        const oldest = this.kept.keys().next().value;
        if (this.kept.size > KEPT && oldest !== undefined) this.kept.delete(oldest);
        this.changed();
      }
    } catch (reason) {
      this.patience.lose(reason, this.failed);
      this.wish = undefined;
    } finally {
      this.busy = false;
    }
  }
}
