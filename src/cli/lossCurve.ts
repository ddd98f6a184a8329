// A curve of any length in little memory: when it has filled its places, neighbours are averaged.

const PLACES = 512;

export class LossCurve {
  private means: number[] = [];
  private perPlace = 1;
  private sum = 0;
  private count = 0;

  push(value: number): void {
    this.sum += value;
    this.count += 1;
    if (this.count < this.perPlace) return;
    this.means.push(this.sum / this.count);
    this.sum = this.count = 0;
    if (this.means.length < PLACES) return;
    this.means = Array.from({ length: PLACES / 2 }, (_, i) => ((this.means[2 * i] ?? 0) + (this.means[2 * i + 1] ?? 0)) / 2);
    this.perPlace *= 2;
  }

  /** Means over equally many values, the last over those that have come so far; NaN and infinity stay. */
  points(): readonly number[] {
    return this.count > 0 ? [...this.means, this.sum / this.count] : this.means;
  }
}
