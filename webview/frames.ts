// One drawing per animation frame at most, and none while nobody looks.

export class Frames {
  private wanted = false;

  constructor(private readonly draw: () => void) {
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.wanted) requestAnimationFrame(this.run);
    });
  }

  /** Draws at the next frame, or when the page is shown again. */
  request(): void {
    if (this.wanted) return;
    this.wanted = true;
    if (!document.hidden) requestAnimationFrame(this.run);
  }

  private readonly run = (): void => {
    if (!this.wanted || document.hidden) return;
    this.wanted = false;
    this.draw();
  };
}

/** Lets work run at most once per interval: at once if it rested long enough, else when it has. */
export class Paced {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private last = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly milliseconds: number,
    private readonly work: () => void,
  ) {}

  request(): void {
    if (this.timer !== undefined) return;
    const wait = Math.max(0, this.last + this.milliseconds - performance.now());
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.last = performance.now();
      this.work();
    }, wait);
  }
}
