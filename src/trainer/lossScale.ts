// The power of 2 by which cotangents in halves are multiplied (../model/precision.ts): as large as goes, and smaller once
// a gradient has come out infinite. A step whose gradients did is taken again from the same batch, so that nothing of the
// data is lost, and a resumed run goes on with the scale that it had.

export interface LossScaleState {
  readonly scale: number;
  /** Steps since it last changed. */
  readonly clean: number;
}

const FIRST = 2 ** 15;
const LARGEST = 2 ** 24;
/** Clean steps after which twice as much is tried. */
const PATIENCE = 200;
const SHRINKAGE = 16;

export class LossScale {
  constructor(public state: LossScaleState = { scale: FIRST, clean: 0 }) {}

  get scale(): number {
    return this.state.scale;
  }

  /** A step's gradients are finite. */
  passed(): void {
    const { scale, clean } = this.state;
    const grows = clean + 1 >= PATIENCE && scale < LARGEST;
    this.state = grows ? { scale: 2 * scale, clean: 0 } : { scale, clean: clean + 1 };
  }

  /** They are not. @returns whether a smaller scale is worth a try. */
  overflowed(): boolean {
    const { scale } = this.state;
    if (scale === 1) return false;
    this.state = { scale: Math.max(1, scale / SHRINKAGE), clean: 0 };
    return true;
  }
}
