// The runs laid beside a dashboard's own: opened when a person chooses them, told to the page as one
// list, then followed like the dashboard's own run. Free of `vscode`, like the session that owns it.
import type { ExperimentConfig } from '../../experiment/config';
import { isRecord } from '../../experiment/record';
import type { RunView } from '../../observe/runView';
import type { ComparedRun, ComparedTab, HostMessage } from '../../protocol/messages';
import { Lifetime } from '../lifetime';

/** More could not be told apart on the page. */
export const MOST_COMPARED = 11;

interface Beside {
  readonly directory: string;
  readonly view: RunView;
}

export class ComparedRuns extends Lifetime {
  private readonly runs = new Map<number, Beside>();
  private numbers = 0;
  private told = 0;
  private showing: ComparedTab | undefined;
  private active = true;

  /** @param post says something to the page, and whether it listened */
  constructor(
    private readonly open: (directory: string) => RunView,
    private readonly post: (message: HostMessage) => boolean,
  ) {
    super();
    this.own({
      dispose: () => {
        for (const { view } of this.runs.values()) view.close();
      },
    });
  }

  get directories(): readonly string[] {
    return [...this.runs.values()].map(({ directory }) => directory);
  }

  view(run: number): RunView | undefined {
    return this.runs.get(run)?.view;
  }

  /** Adds runs, as far as there is room and they are not there yet, and tells. @param show the tab to bring to the front */
  add(directories: readonly string[], show?: ComparedTab): void {
    for (const directory of directories) {
      if (this.isOver || this.runs.size >= MOST_COMPARED || this.directories.includes(directory)) continue;
      const run = ++this.numbers;
      const view = this.open(directory);
      this.runs.set(run, { directory, view });
      view.onStatus((status) => void this.post({ type: 'compared-status', run, status }));
      view.onExtent((extent, texts) => void this.post({ type: 'compared-extent', run, extent, texts }));
      view.setActive(this.active);
    }
    void this.tell(show);
  }

  dismiss(run: number): void {
    this.runs.get(run)?.view.close();
    if (this.runs.delete(run)) void this.tell();
  }

  setActive(active: boolean): void {
    this.active = active;
    for (const { view } of this.runs.values()) view.setActive(active);
  }

  /** Tells the page all there are; of several tellings under way only the last one speaks. */
  async tell(show?: ComparedTab): Promise<void> {
    const telling = ++this.told;
    this.showing = show ?? this.showing;
    const found = await Promise.all([...this.runs].map(([run, { view }]) => snapshotOf(run, view)));
    if (telling !== this.told || this.isOver) return;
    // A page that does not listen yet is told when it does.
    const runs = found.filter((each) => each !== undefined);
    if (this.post({ type: 'compared', runs, ...(this.showing && { show: this.showing }) })) this.showing = undefined;
  }
}

/** A run that cannot be opened just now is left out; its status comes when it can. */
async function snapshotOf(run: number, view: RunView): Promise<ComparedRun | undefined> {
  const snapshot = await view.snapshot().catch(() => undefined);
  if (!snapshot) return undefined;
  const { status, extent, texts, config } = snapshot;
  return { run, status, extent, texts, ...(isRecord(config) && { config: config as unknown as ExperimentConfig }) };
}
