// Keeps the heatmap's picture complete: asks for what is new, at most ten times a second and never
// while an answer is still out. When the question changes (statistic, zoom, size, superseded run) the
// old picture stays until the new one is as complete, so that nothing flashes.

import type { Tile, TileRequest } from '../../src/experiment/view';
import { Paced } from '../frames';
import { type Grid, planColumns, sameCut, sameGrid } from '../grid';
import { Picture } from '../picture';
import { Patience } from './patience';

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
}

export class PictureLoader {
  /** What to draw. */
  shown: Picture | undefined;
  private next: Picture | undefined;
  private wish: PictureWish | undefined;
  private busy = false;
  private readonly patience = new Patience();
  private readonly paced = new Paced(INTERVAL, () => void this.pump());

  constructor(
    private readonly ask: (request: TileRequest) => Promise<Tile>,
    private readonly changed: () => void,
    private readonly failed: (reason: unknown) => void,
  ) {}

  /** Says what is wanted now; cheap to call every frame. */
  want(wish: PictureWish): void {
    this.wish = wish;
    if (this.shown && this.about(this.shown, wish) && sameCut(this.shown.grid, wish.grid) && !sameGrid(this.shown.grid, wish.grid)) {
      this.shown = this.shown.widened(wish.grid);
      this.next = undefined;
    }
    const target = this.next ?? this.shown;
    if (!target || !this.fits(target, wish)) {
      const back = this.shown && this.fits(this.shown, wish);
      this.next = back ? undefined : new Picture(wish.statistic, wish.generation, wish.grid);
      if (!this.shown || this.shown.generation !== wish.generation) this.show();
    }
    if (this.lacking(wish)) this.paced.request();
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
    this.shown = this.next;
    this.next = undefined;
  }

  private async pump(): Promise<void> {
    const { wish } = this;
    const target = this.next ?? this.shown;
    if (this.busy || !wish || !target || document.hidden || this.patience.lost) return;
    this.busy = true;
    try {
      for (const question of planColumns(target.grid, target.received, wish.recorded, MOST_CELLS)) {
        const { rows, height } = target.grid;
        const columns = { from: question.from, to: question.to };
        const tile = await this.ask({ statistic: target.statistic, rows, columns, width: question.width, height });
        if (target !== this.next && target !== this.shown) break;
        target.place(tile);
        if (target === this.next && target.received >= Math.min(wish.recorded, target.grid.columns.to)) this.show();
        this.changed();
      }
    } catch (reason) {
      this.patience.lose(reason, this.failed);
      this.wish = undefined;
    } finally {
      this.busy = false;
    }
    if (this.wish && this.lacking(this.wish)) this.paced.request();
  }
}
