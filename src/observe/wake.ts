// A pause that can be cut short: how a look at files comes early when something hints at a change.

/** Hints come in bursts; looks do not. */
const SHORTEST_PAUSE_MS = 25;

export class Wake {
  private hinted = false;
  private cut: (() => void) | undefined;

  /** Ends the pause that lasts, or the next one. */
  now(): void {
    this.hinted = true;
    this.cut?.();
  }

  /** Resolves after `milliseconds`, or soon after a hint. */
  async after(milliseconds: number): Promise<void> {
    if (!this.hinted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.cut = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.cut = undefined;
    }
    if (this.hinted) await new Promise((resolve) => setTimeout(resolve, SHORTEST_PAUSE_MS));
    this.hinted = false;
  }
}
