// Keeps the heatmap's picture complete: asks for what is new, at most ten times a second and never
// while an answer is still out. When the question changes (statistic, zoom, size, superseded run) the
// old picture stays until the new one is as complete, so that nothing flashes.

import type { Span, Tile, TileRequest } from '../../src/experiment/view';
import { Paced } from '../frames';
import { type ColumnQuestion, type Grid, planColumns, sameCut, sameGrid } from '../grid';
import { Picture } from '../picture';
import { Patience } from './patience';
import { SparePictures } from './spare';

/** Cells of one answer: about 2 MB, so that a large picture appears in parts. */
const MOST_CELLS = 1 << 18;
const INTERVAL = 100;

export interface PictureWish {
  /** Column of the depth layout. */
  readonly statistic: string;
  readonly generation: number;
  readonly grid: Grid;
  /** Columns recorded so far. */
  readonly recorded: number;
  /** Columns of the depth layout that may be wanted next. */
  readonly others: readonly string[];
}

export class PictureLoader {
  /** What to draw. */
  shown: Picture | undefined;
  private next: Picture | undefined;
  private wish: PictureWish | undefined;
  private busy = false;
  private readonly patience = new Patience();
  private readonly paced = new Paced(INTERVAL, () => void this.pump());
  private readonly spare = new SparePictures(
    (picture, recorded) => this.tiles(picture, recorded),
    () => !this.busy && !this.patience.lost && this.wish !== undefined && !this.lacking(this.wish),
  );

  constructor(
    private readonly ask: (request: TileRequest) => Promise<Tile>,
    private readonly changed: () => void,
    private readonly failed: (reason: unknown) => void,
  ) {}

  /** Says what is wanted now; cheap to call every frame. */
  want(wish: PictureWish): void {
    this.wish = wish;
    this.spare.want(wish);
    if (this.shown && this.about(this.shown, wish) && sameCut(this.shown.grid, wish.grid) && !sameGrid(this.shown.grid, wish.grid)) {
      this.shown = this.shown.widened(wish.grid);
      this.next = undefined;
    }
    const target = this.next ?? this.shown;
    if (!target || !this.fits(target, wish)) {
      const back = this.shown && this.fits(this.shown, wish);
      this.next = back ? undefined : (this.spare.take(wish) ?? new Picture(wish.statistic, wish.generation, wish.grid));
      if (!this.shown || this.shown.generation !== wish.generation || !this.lacking(wish)) this.show();
      // Another question is a person's, and does not wait for the pace of what is new.
      if (this.lacking(wish)) void this.pump();
    } else if (this.lacking(wish)) this.paced.request();
  }

  private about(picture: Picture, wish: PictureWish): boolean {
    return picture.statistic === wish.statistic && picture.generation === wish.generation;
  }

  private fits(picture: Picture, wish: PictureWish): boolean {
    return this.about(picture, wish) && sameGrid(picture.grid, wish.grid);
  }

  private lacking(wish: PictureWish): boolean {
    const target = this.next ?? this.shown;
    return target !== undefined && target.received < Math.min(wish.recorded, target.grid.columns.to);
  }

  private show(): void {
    if (!this.next) return;
    if (this.shown) this.spare.keep(this.shown);
    this.shown = this.next;
    this.next = undefined;
  }

  private question({ statistic, grid }: Picture, part: ColumnQuestion | undefined): Promise<Tile> | undefined {
    if (!part) return undefined;
    const { rows, height } = grid;
    const answer = this.ask({ statistic, rows, columns: { from: part.from, to: part.to }, width: part.width, height });
    // Where the one before it fails, nobody waits for this one.
    answer.catch(() => undefined);
    return answer;
  }

  /** Answers that fill a picture, in order, as they come. */
  private async *tiles(picture: Picture, recorded: number): AsyncIterable<Tile> {
    const questions = planColumns(picture.grid, picture.received, recorded, MOST_CELLS);
    let ahead = this.question(picture, questions[0]);
    for (const index of questions.keys()) {
      const answer = ahead;
      // The next one is on its way while this one is waited for: the last is a single cell, and not worth a round trip.
      ahead = this.question(picture, questions[index + 1]);
      const tile = await answer;
      if (tile) yield tile;
    }
  }

  private async pump(): Promise<void> {
    const { wish } = this;
    const target = this.next ?? this.shown;
    if (this.busy || !wish || !target || document.hidden || this.patience.lost) return;
    this.busy = true;
    try {
      for await (const tile of this.tiles(target, wish.recorded)) {
        // One that got more room meanwhile takes what was asked for it: while a long history is read, that is most of them.
        if (target !== this.next && target !== this.shown && !widens(target, this.shown, tile.columns)) break;
        const into = target === this.next ? target : (this.shown ?? target);
        into.place(tile);
        if (into === this.next && into.received >= Math.min(wish.recorded, into.grid.columns.to)) this.show();
        this.changed();
      }
    } catch (reason) {
      this.patience.lose(reason, this.failed);
      this.wish = undefined;
    } finally {
      this.busy = false;
    }
    if (!this.wish || !this.lacking(this.wish)) return;
    if (target === (this.next ?? this.shown)) this.paced.request();
    else void this.pump();
  }
}

/** Whether `shown` is `target` with more or less room at its end, and an answer for these columns still has its place in it. */
function widens(target: Picture, shown: Picture | undefined, { to }: Span): boolean {
  if (!shown || shown.statistic !== target.statistic || shown.generation !== target.generation) return false;
  return sameCut(shown.grid, target.grid) && to <= shown.grid.columns.to;
}
