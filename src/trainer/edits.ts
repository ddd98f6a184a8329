// What people changed in the configuration while it trained: each change is in `run.json` before a step uses
// it, and a run that resumes from before takes it again at the same step.

import type { AppliedEdit } from '../experiment/liveEdits';
import type { Recorder } from './recorder';

export class Edits {
  private all: readonly AppliedEdit[];

  /** @param taken how many of those in `run.json` the configuration of the checkpoint holds already. */
  constructor(
    private readonly recorder: Recorder,
    private taken = 0,
  ) {
    this.all = recorder.current.edits ?? [];
  }

  /** How many the configuration in force holds; checkpoints keep it. */
  get count(): number {
    return this.taken;
  }

  /** Those that an earlier start took and this one has not yet come to. */
  get ahead(): readonly AppliedEdit[] {
    return this.all.slice(this.taken);
  }

  /** Those that a step is the first to use. */
  due(step: number): readonly AppliedEdit[] {
    const due = this.ahead.filter((edit) => edit.step <= step);
    this.taken += due.length;
    for (const edit of due) this.tell(edit);
    return due;
  }

  /**
   * Keeps a new edit; those that are still ahead come with it, since the last word counts. Throws disk `Failure`s,
   * and then nothing has changed.
   */
  async add(edit: AppliedEdit): Promise<void> {
    const early = this.ahead.map((earlier) => ({ ...earlier, step: edit.step }));
    await this.keep([...this.all.slice(0, this.taken), ...early, edit]);
    this.taken = this.all.length;
    for (const each of [...early, edit]) this.tell(each);
  }

  /** A new event file supersedes what older ones say from the next step on: what holds from there is told again. */
  tellAgain(step: number): void {
    for (const edit of this.all.slice(0, this.taken)) if (edit.step > step) this.tell(edit);
  }

  /** The run has gone back to a step, and what was changed stays changed: it holds from the next step on. */
  async goneBack(step: number): Promise<void> {
    const again = (edit: AppliedEdit, at: number): boolean => at < this.taken && edit.step > step;
    await this.keep(this.all.map((edit, at) => (again(edit, at) ? { ...edit, step: step + 1 } : edit)));
    this.tellAgain(step);
  }

  private async keep(edits: readonly AppliedEdit[]): Promise<void> {
    const { recorder } = this;
    if (edits.length === 0) return;
    try {
      await recorder.enter(recorder.current.state, { edits });
      this.all = edits;
    } catch (error) {
      recorder.update({ edits: this.all });
      throw error;
    }
  }

  private tell({ id, step, changes }: AppliedEdit): void {
    this.recorder.text(step, 'edit', { id, changes });
  }
}
