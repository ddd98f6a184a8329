// One event file of an observed run: what follows it and what it has said so far, and the care for
// its index in `derived/`.

import type { BlockPlace } from './blocks';
import { blockPlace, loadIndex, saveIndex } from './derived';
import { FileHistory } from './history';
import { EventFileTail } from './tail';

/** An index is written anew after this many further bytes, or at rest after this long; what is missing in it is read again. */
const SAVE_AFTER_BYTES = 64 * 1024 * 1024;
const SAVE_AFTER_MS = 120_000;

export class Follower {
  private savedOffset = 0;
  private savedAt = Number.NEGATIVE_INFINITY;

  private constructor(
    private readonly place: BlockPlace,
    readonly history: FileHistory,
    readonly tail: EventFileTail,
  ) {}

  /** Goes on from the index where there is one that fits, else from the file's beginning. */
  static async open(eventFile: string, memoryBytes?: number): Promise<Follower> {
    const place = blockPlace(eventFile, memoryBytes);
    const known = await loadIndex(eventFile, place);
    if (known === undefined) return Follower.anew(eventFile, memoryBytes);
    const follower = new Follower(place, known.history, new EventFileTail(eventFile, known.resting));
    follower.savedOffset = known.resting.offset;
    follower.savedAt = performance.now();
    return follower;
  }

  /** From the file's beginning, whatever an index says. */
  static anew(eventFile: string, memoryBytes?: number): Follower {
    const place = blockPlace(eventFile, memoryBytes);
    const tail = new EventFileTail(eventFile);
    return new Follower(place, new FileHistory(tail.name, place), tail);
  }

  /** Saves the index where it lags; only between two reads, so that offset and history agree. */
  async save(when: 'due' | 'ending'): Promise<void> {
    const { resting } = this.tail;
    const behind = resting.offset - this.savedOffset;
    const due = when === 'ending' || behind >= SAVE_AFTER_BYTES || performance.now() - this.savedAt >= SAVE_AFTER_MS;
    if (behind <= 0 || !due) return;
    this.savedOffset = resting.offset;
    this.savedAt = performance.now();
    await saveIndex(this.history, this.place, resting);
  }

  close(): void {
    this.history.blocks?.close();
  }
}
