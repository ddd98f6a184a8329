// After a refused question a loader rests before it asks again: what could not be answered now can
// seldom be answered a moment later, and a frame must not turn into a stream of questions.

import { Forgotten } from '../host';

const REST = 2000;

export class Patience {
  private until = Number.NEGATIVE_INFINITY;

  /** Whether to ask nothing for now. */
  get lost(): boolean {
    return performance.now() < this.until;
  }

  /** Takes a rejection: a question forgotten by a fresh greeting is nobody's fault, any other is told. */
  lose(reason: unknown, tell: (reason: unknown) => void): void {
    if (reason instanceof Forgotten) return;
    this.until = performance.now() + REST;
    tell(reason);
  }
}
