// Playback: the cursor walks through the recorded steps by itself, so that the profile moves as it
// did in training. It walks in time, not in columns: a long run plays as quickly as a short one.

import { reducedMotion } from './dom';
import type { Intents, Look } from './view';

/** Seconds for what the step axis shows, at normal speed. */
const SECONDS = 20;
/** Milliseconds between moves. */
const TICK = 50;
/** Where a person asked for less motion: a slide show. */
const CALM_TICK = 1000;

export const SPEEDS = [0.25, 0.5, 1, 2, 4] as const;

/**
 * Where the cursor goes next.
 *
 * @param position column, with a fraction
 * @param seconds since the last move
 * @param length columns that the step axis shows
 */
export function nextPosition(position: number, seconds: number, length: number, speed: number): number {
  return position + (seconds * speed * length) / SECONDS;
}

export class Playback {
  private timer: ReturnType<typeof setInterval> | undefined;
  private position = 0;
  private last = 0;
  /** The step it moved to: another one in the selection means that a person moved the cursor meanwhile. */
  private moved: number | undefined;

  constructor(
    private readonly intents: Intents,
    private readonly look: () => Look | undefined,
    private readonly changed: () => void,
  ) {
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.pause();
    });
  }

  get playing(): boolean {
    return this.timer !== undefined;
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  pause(): void {
    if (!this.playing) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.changed();
  }

  private play(): void {
    const view = this.look()?.view;
    if (!view?.cursor) return;
    const { from, to } = view.window.columns;
    const end = Math.min(to, view.extent.columns) - 1;
    const { column } = view.cursor;
    // From the beginning again where it stands at the end, or out of sight.
    this.position = column >= end || column < from ? from : column;
    this.moved = view.selection.step;
    this.last = performance.now();
    this.timer = setInterval(() => this.tick(), reducedMotion() ? CALM_TICK : TICK);
    this.changed();
  }

  private tick(): void {
    const view = this.look()?.view;
    if (!view?.cursor) {
      this.pause();
      return;
    }
    const { selection, window, extent, cursor } = view;
    const now = performance.now();
    if (selection.step !== this.moved) this.position = cursor.column;
    const length = Math.min(window.columns.to, extent.columns) - window.columns.from;
    this.position = nextPosition(this.position, (now - this.last) / 1000, length, selection.speed);
    this.last = now;
    const end = window.columns.from + length - 1;
    const column = Math.min(end, Math.floor(this.position));
    this.intents.moveTo({ row: selection.row, column }, false);
    this.moved = this.look()?.view.selection.step;
    if (column >= end) this.pause();
  }
}
