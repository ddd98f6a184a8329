// What checkpoints were asked and can be asked, as the page knows it: the host's news of it, and the
// files of the run, asked for again whenever they changed and somebody looks.

import type { RunExtent, RunOutcomes } from '../../src/experiment/view';
import type { Job, JobKind, TaskFacts } from '../../src/protocol/messages';
import type { Host, News } from '../host';
import { Patience } from '../loading/patience';

/** One frame's truth about it; the same objects as long as nothing changed. */
export interface Asked {
  /** Undefined until they have come. */
  readonly outcomes: RunOutcomes | undefined;
  readonly tasks: readonly TaskFacts[];
  /** Whether the workspace lets anything run; undefined until the host has said. */
  readonly trusted: boolean | undefined;
  readonly jobs: Readonly<Partial<Record<JobKind, Job>>>;
}

export class Asking {
  asked: Asked = { outcomes: undefined, tasks: [], trusted: undefined, jobs: {} };
  private signature: string | undefined;
  private busy = false;
  private readonly patience = new Patience();

  constructor(
    private readonly host: Pick<Host, 'outcomes'>,
    private readonly changed: () => void,
    private readonly failed: (reason: unknown) => void,
  ) {}

  take(news: News): void {
    if (news.type === 'abilities') this.asked = { ...this.asked, trusted: news.trusted, tasks: news.tasks };
    if (news.type === 'job') this.asked = { ...this.asked, jobs: { ...this.asked.jobs, [news.job.kind]: news.job } };
    if (news.type === 'hello') {
      this.signature = undefined;
      this.asked = { ...this.asked, jobs: {} };
    }
  }

  /** Says that somebody looks, cheap to call every frame. */
  want({ outcomes: signature = 'none' }: RunExtent): void {
    if (signature === this.signature || this.busy || this.patience.lost) return;
    this.busy = true;
    this.signature = signature;
    void this.ask();
  }

  private async ask(): Promise<void> {
    try {
      const outcomes = await this.host.outcomes();
      this.asked = { ...this.asked, outcomes };
    } catch (reason) {
      this.signature = undefined;
      this.patience.lose(reason, this.failed);
    } finally {
      this.busy = false;
      this.changed();
    }
  }
}

/** Whether a sample of the run is what a job wrote: then it need not be shown twice. */
export function isKept({ step, about, texts }: Job, outcomes: RunOutcomes | undefined): boolean {
  const kept = (text: string): boolean =>
    outcomes?.samples.some((sample) => sample.step === step && sample.prompt === about && sample.text === text) === true;
  return texts.every(kept);
}
