// What came of commands to a trainer: it answers with a text event that names the command. Who waits for
// one is told so too when the trainer ends without having answered.
import type { CommandOutcome } from '../../experiment/control';
import { Failure } from '../../experiment/failure';
import { isRecord } from '../../experiment/record';
import { isEnded } from '../../experiment/run';
import type { RunStatus, RunText } from '../../experiment/view';
import type { RunView } from '../../observe/runView';
import { Lifetime } from '../lifetime';

/** Answers that came before anybody waited for them. */
const MOST_KEPT = 50;

interface Waiting {
  resolve(): void;
  reject(reason: Failure): void;
}

export class Outcomes extends Lifetime {
  private readonly waiting = new Map<string, Waiting>();
  private readonly known = new Map<string, CommandOutcome>();

  constructor(private readonly view: Pick<RunView, 'onExtent' | 'onStatus'>) {
    super();
    this.own(this.view.onExtent((_, texts) => this.take(texts)));
    this.own(this.view.onStatus((status) => this.follow(status)));
  }

  /** Resolves once the command was obeyed. Rejects with the `Failure` that refused it, or `apply-ended`. */
  of(id: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.settle(id);
    });
  }

  private take(texts: readonly RunText[]): void {
    for (const { tag, text } of texts) {
      const outcome = tag === 'command' ? outcomeOf(text) : undefined;
      if (!outcome) continue;
      this.known.set(outcome.id, outcome);
      const [oldest] = this.known.keys();
      if (this.known.size > MOST_KEPT && oldest !== undefined) this.known.delete(oldest);
      this.settle(outcome.id);
    }
  }

  private settle(id: string): void {
    const [waiting, outcome] = [this.waiting.get(id), this.known.get(id)];
    if (!waiting || !outcome) return;
    this.waiting.delete(id);
    if (outcome.outcome === 'obeyed') waiting.resolve();
    else waiting.reject(new Failure(outcome.why ?? 'command-malformed', outcome.args ?? { file: id }));
  }

  private follow({ state, record, directory }: RunStatus): void {
    const isOver = state === 'missing' || state === 'unreadable' || isEnded(state);
    if (!isOver) return;
    for (const { reject } of this.waiting.values()) reject(new Failure('apply-ended', { value: record?.id ?? directory, state }));
    this.waiting.clear();
  }
}

function outcomeOf(text: string): CommandOutcome | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isOutcome = isRecord(value) && typeof value.id === 'string' && (value.outcome === 'obeyed' || value.outcome === 'refused');
    return isOutcome ? (value as unknown as CommandOutcome) : undefined;
  } catch {
    return undefined;
  }
}
