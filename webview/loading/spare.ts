// Pictures that are not shown: those that were, and those of the statistics that a person may choose next,
// asked for while nothing else is. Choosing one of them shows it at once. A picture of another cut is of no
// use, so a zoom drops them all; together they never take more than a share of the memory that a page may have.

import type { Tile } from '../../src/experiment/view';
import { sameCut, sameGrid } from '../grid';
import { Picture } from '../picture';
import type { PictureWish } from './pictures';

/** Cells of all spare pictures together: about 36 MB. */
const MOST_SPARE_CELLS = 1 << 22;
/** Between two of them, so that what a person does comes first. */
const REST = 150;
/** A run whose columns grow by more in one rest is still being read: its pictures would not stay of use. */
const READING = 1.05;

export class SparePictures {
  private readonly pictures = new Map<string, Picture>();
  /** Not asked for again until the cut is another one. */
  private readonly refused = new Set<string>();
  private wish: PictureWish | undefined;
  private busy = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param ask fills a picture up to what is recorded
   * @param resting whether nothing else is to be asked for now
   */
  constructor(
    private readonly ask: (picture: Picture, recorded: number) => AsyncIterable<Tile>,
    private readonly resting: () => boolean,
  ) {}

  /** Says what is shown, and so what else may be; cheap to call every frame. */
  want(wish: PictureWish): void {
    const before = this.wish;
    this.wish = wish;
    if (before && (before.generation !== wish.generation || !sameCut(before.grid, wish.grid))) {
      this.pictures.clear();
      this.refused.clear();
    }
    this.schedule();
  }

  /** The picture that a wish is about, with the room that it wants, if there is one; it is spare no more. */
  take({ statistic, grid }: PictureWish): Picture | undefined {
    const picture = this.pictures.get(statistic);
    this.pictures.delete(statistic);
    return picture && !sameGrid(picture.grid, grid) ? picture.widened(grid) : picture;
  }

  /** Keeps what was shown until now, if it is of any use; the one kept for longest makes room. */
  keep(picture: Picture): void {
    const { wish } = this;
    if (!wish || picture.generation !== wish.generation || !sameCut(picture.grid, wish.grid)) return;
    this.pictures.set(picture.statistic, picture);
    for (const oldest of this.pictures.keys()) {
      if (this.cells() <= MOST_SPARE_CELLS) break;
      this.pictures.delete(oldest);
    }
  }

  private cells(): number {
    return [...this.pictures.values()].reduce((sum, { grid }) => sum + grid.width * grid.height, 0);
  }

  /** The next statistic worth a picture, if there is room for it. */
  private missing(): string | undefined {
    if (!this.wish) return undefined;
    const { grid, statistic, others } = this.wish;
    if (this.cells() + grid.width * grid.height > MOST_SPARE_CELLS) return undefined;
    return others.find((name) => name !== statistic && !this.pictures.has(name) && !this.refused.has(name));
  }

  private schedule(): void {
    if (this.timer !== undefined || this.busy || this.missing() === undefined) return;
    const recorded = this.wish?.recorded ?? 0;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.prepare(recorded);
    }, REST);
  }

  private async prepare(recorded: number): Promise<void> {
    const { wish } = this;
    const statistic = this.missing();
    // Whoever is shown again, or answered again, draws a frame, which schedules anew.
    if (!wish || statistic === undefined || document.hidden) return;
    if (this.resting() && wish.recorded <= recorded * READING) {
      this.busy = true;
      const picture = new Picture(statistic, wish.generation, wish.grid);
      try {
        for await (const tile of this.ask(picture, wish.recorded)) picture.place(tile);
        if (this.wish?.statistic !== statistic) this.keep(picture);
      } catch {
        // Whoever chooses it is told.
        this.refused.add(statistic);
      }
      this.busy = false;
    }
    this.schedule();
  }
}
