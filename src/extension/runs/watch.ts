// What this window knows of its runs. Watching starts when the view is shown, a run is started, or
// there are runs to find again after a reload; before that nothing is read and no thread exists.
import * as vscode from 'vscode';
import type { RunSummary } from '../../observe/runView';
import { Lifetime, type Owned } from '../lifetime';
import type { RunsFolders } from './folders';
import type { Observing } from './observing';

export class RunsWatch extends Lifetime {
  private readonly changed = this.own(new vscode.EventEmitter<void>());
  readonly onDidChange = this.changed.event;

  private statuses = new Map<string, RunSummary>();
  private first: Promise<void> | undefined;
  private watching: Owned | undefined;

  constructor(
    private readonly folders: RunsFolders,
    private readonly observing: Observing,
  ) {
    super();
    this.own(folders.onDidChange(() => this.first && this.watch()));
    this.own({ dispose: () => this.watching?.dispose() });
  }

  /** As last seen; empty before `listed` has resolved. */
  get all(): readonly RunSummary[] {
    return [...this.statuses.values()];
  }

  status(directory: string): RunSummary | undefined {
    return this.statuses.get(directory);
  }

  /** Starts watching if need be; resolves once every folder has been listed. */
  listed(): Promise<void> {
    this.first ??= this.folders.found().then(() => this.watch());
    return this.first;
  }

  private watch(): Promise<void> {
    if (this.isOver) return Promise.resolve();
    this.watching?.dispose();
    return new Promise((resolve) => {
      let first = true;
      this.watching = this.observing.get().watchRuns(this.folders.all, (news) => {
        if (first) this.statuses = new Map();
        first = false;
        for (const run of news) {
          if (run.state === 'missing') this.statuses.delete(run.directory);
          else this.statuses.set(run.directory, run);
        }
        this.changed.fire();
        resolve();
      });
    });
  }
}
