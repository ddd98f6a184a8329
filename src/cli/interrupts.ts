// Ctrl-C: the first one asks the run to stop, the second one leaves it to itself.

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof EXIT_CODES;

/** `npm run` passes on the very signal that the terminal has already sent to everybody. */
const SAME_PRESS_MS = 300;

export class Interrupts {
  /** How often the person has asked. */
  count = 0;
  /** What a shell expects of a command that such a signal ended. */
  exitCode: number = EXIT_CODES.SIGINT;
  private heard = Number.NEGATIVE_INFINITY;
  private readonly listeners = (['SIGINT', 'SIGTERM'] as const).map((signal) => [signal, () => this.hear(signal)] as const);

  /** From now on signals are counted and no longer end the process. */
  listen(): void {
    for (const [signal, listener] of this.listeners) process.on(signal, listener);
  }

  close(): void {
    for (const [signal, listener] of this.listeners) process.off(signal, listener);
  }

  take(signal: Signal): void {
    this.count += 1;
    this.exitCode = EXIT_CODES[signal];
  }

  private hear(signal: Signal): void {
    const now = performance.now();
    if (now - this.heard >= SAME_PRESS_MS) this.take(signal);
    this.heard = now;
  }
}
