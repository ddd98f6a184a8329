// Profiles at the cursor and at pinned steps: the latest wish wins, one question at a time, and what
// was seen lately is kept, so that a cursor moving back and forth asks nothing.

import type { Profile, ProfileRequest } from '../../src/experiment/view';
import { Patience } from './patience';

const KEPT = 256;

export class ProfileLoader {
  /** Counts arrivals. */
  version = 0;
  private readonly kept = new Map<string, Profile>();
  private wishes: readonly ProfileRequest[] = [];
  private generation = -1;
  private busy = false;
  private readonly patience = new Patience();

  constructor(
    private readonly ask: (request: ProfileRequest) => Promise<Profile>,
    private readonly changed: () => void,
    private readonly failed: (reason: unknown) => void,
  ) {}

  profile(request: ProfileRequest): Profile | undefined {
    return this.kept.get(keyOf(request));
  }

  /** Says what is wanted now, most urgent first; cheap to call every frame. */
  want(wishes: readonly ProfileRequest[], generation: number): void {
    if (generation !== this.generation) this.kept.clear();
    this.generation = generation;
    this.wishes = wishes;
    void this.pump();
  }

  private async pump(): Promise<void> {
    if (this.busy || document.hidden || this.patience.lost) return;
    this.busy = true;
    try {
      for (let wish = this.lacking(); wish; wish = this.lacking()) {
        const { generation } = this;
        const profile = await this.ask(wish);
        if (generation !== this.generation) continue;
        this.kept.set(keyOf(wish), profile);
        const oldest = this.kept.keys().next().value;
        if (this.kept.size > KEPT && oldest !== undefined) this.kept.delete(oldest);
        this.version++;
        this.changed();
      }
    } catch (reason) {
      this.patience.lose(reason, this.failed);
      this.wishes = [];
    } finally {
      this.busy = false;
    }
  }

  private lacking(): ProfileRequest | undefined {
    return this.wishes.find((wish) => !this.kept.has(keyOf(wish)));
  }
}

function keyOf(request: ProfileRequest): string {
  return `${'column' in request ? request.column : `step ${request.step}`} ${request.statistics.join(' ')}`;
}
