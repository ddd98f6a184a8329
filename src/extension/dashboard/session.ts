// One dashboard's conversation with its page: a snapshot when the page is ready, changes while it is
// visible, answers to its questions. Free of `vscode`, so that it can be tested as it runs.
import type { ExperimentConfig } from '../../experiment/config';
import { Failure } from '../../experiment/failure';
import { isRecord } from '../../experiment/record';
import type { RunSnapshot, RunView } from '../../observe/runView';
import type { ConfigAction, ConfigEdit, ConfigState, Said } from '../../protocol/configuration';
import { parsePageMessage } from '../../protocol/guards';
import {
  type HostMessage,
  type PageMessage,
  PROTOCOL_VERSION,
  type RunAction,
  type SaveFile,
  type TaskFacts,
} from '../../protocol/messages';
import { Lifetime, type Owned } from '../lifetime';
import { ComparedRuns } from './compared';
import { type JobParts, Jobs } from './jobs';
import { Outcomes } from './outcomes';

/** The configuration of the dashboard's run, in its file and in its trainer. */
export interface ConfigForm extends Owned {
  state(edits: readonly ConfigEdit[]): Promise<ConfigState>;
  /** Does it, and says what was done. @param answered resolves when the trainer took the command of an id. Throws `Failure`. */
  change(wish: ConfigWish, answered: (id: string) => Promise<void>): Promise<Said>;
  onDidChange(listener: () => void): Owned;
}

export interface ConfigWish {
  readonly action: ConfigAction;
  readonly edits: readonly ConfigEdit[];
  /** Of the checkpoint to fork from. */
  readonly step?: number;
}

export interface SessionParts {
  readonly directory: string;
  readonly view: RunView;
  readonly strings: Readonly<Record<string, string>>;
  post(message: HostMessage): void;
  /** Opens a run to lay beside the dashboard's own. */
  open(directory: string): RunView;
  readonly form: ConfigForm;
  act(action: RunAction): void;
  /** Lets a person say where a file goes, and puts it there. */
  save(file: SaveFile): void;
  /** Words of a question that could not be answered. */
  explain(error: unknown): string;
  /** The page could not be given its snapshot. */
  failed(error: unknown): void;
  /** What checkpoints can be asked, and whether this workspace lets anything run. */
  abilities(): { readonly trusted: boolean; readonly tasks: readonly TaskFacts[] };
  readonly jobs: Omit<JobParts, 'tell' | 'explain'>;
  /** Something the page sent that is none of ours. */
  strange(message: unknown): void;
}

export class DashboardSession extends Lifetime {
  /** The page has its snapshot, so that changes mean something to it. */
  private greeted = false;
  private visible = true;
  readonly compared: ComparedRuns;
  private readonly jobs: Jobs;
  private readonly outcomes: Outcomes;

  constructor(private readonly parts: SessionParts) {
    super();
    const { view } = parts;
    this.compared = this.own(new ComparedRuns(parts.open, (message) => this.tell(message)));
    const { jobs, explain } = parts;
    this.jobs = this.own(new Jobs(parts.directory, { ...jobs, explain, tell: (job) => void this.tell({ type: 'job', job }) }));
    this.own({ dispose: () => view.close() });
    this.outcomes = this.own(new Outcomes(view));
    this.own(parts.form);
    this.own(parts.form.onDidChange(() => void this.tell({ type: 'config-changed' })));
    this.own(view.onStatus((status) => void this.tell({ type: 'status', status })));
    this.own(view.onExtent((extent, texts) => void this.tell({ type: 'extent', extent, texts })));
    view.setActive(true);
  }

  /** Takes whatever came from the page. */
  receive(raw: unknown): void {
    if (this.isOver) return;
    const message = parsePageMessage(raw);
    if (message) void this.answer(message);
    else this.parts.strange(raw);
  }

  /** A hidden page loses its content; it asks for a new snapshot when it is shown again. */
  setVisible(visible: boolean): void {
    if (visible === this.visible || this.isOver) return;
    this.visible = visible;
    if (!visible) this.greeted = false;
    this.parts.view.setActive(visible);
    this.compared.setActive(visible);
  }

  /** Says what may be asked of checkpoints; to be called again when that changes. */
  tellAbilities(): void {
    this.tell({ type: 'abilities', ...this.parts.abilities() });
  }

  private async answer(message: PageMessage): Promise<void> {
    switch (message.type) {
      case 'ready':
        return this.greet();
      case 'save':
        return this.parts.save(message.file);
      case 'dismiss':
        return this.compared.dismiss(message.run);
      case 'action':
        return this.parts.act(message.action);
      case 'evaluate':
        return this.jobs.evaluate(message.request);
      case 'generate':
        return this.jobs.generate(message.request);
      case 'end-job':
        return this.jobs.end(message.kind);
      case 'ask-outcomes':
        return this.reply(message.id, async (id) => ({ type: 'outcomes', id, outcomes: await this.parts.view.outcomes() }));
      case 'ask-tile':
        return this.reply(message.id, async (id) => ({ type: 'tile', id, tile: await this.about(message.run).tile(message.request) }));
      case 'ask-series':
        return this.reply(message.id, async (id) => ({
          type: 'series',
          id,
          series: await this.about(message.run).series(message.request),
        }));
      case 'ask-profile':
        return this.reply(message.id, async (id) => ({
          type: 'profile',
          id,
          profile: await this.about(message.run).profile(message.request),
        }));
      case 'ask-histogram':
        return this.reply(message.id, async (id) => ({
          type: 'histogram',
          id,
          histogram: await this.about(message.run).histogram(message.request),
        }));
      case 'ask-config':
        return this.reply(message.id, async (id) => ({ type: 'config', id, config: await this.parts.form.state(message.edits) }));
      case 'change-config':
        return this.reply(message.id, async (id) => ({
          type: 'config-done',
          id,
          said: await this.parts.form.change(message, (command) => this.outcomes.of(command)),
        }));
      default:
        return message satisfies never;
    }
  }

  private about(run: number | undefined): RunView {
    const view = run === undefined ? this.parts.view : this.compared.view(run);
    if (!view) throw new Failure('run-closed', { path: String(run) });
    return view;
  }

  private async greet(): Promise<void> {
    const snapshot = await this.snapshot();
    if (!snapshot || this.isOver) return;
    const { status, extent, texts, config } = snapshot;
    this.parts.post({
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      status,
      extent,
      texts,
      // The launcher wrote it, resolved and checked, and the page only shows it.
      ...(isRecord(config) && { config: config as unknown as ExperimentConfig }),
      strings: this.parts.strings,
    });
    this.greeted = true;
    this.tellAbilities();
    for (const job of this.jobs.all) this.tell({ type: 'job', job });
    if (this.compared.directories.length > 0) await this.compared.tell();
  }

  /** Twice at most: an observer that died once is there again. */
  private async snapshot(): Promise<RunSnapshot | undefined> {
    for (let attempt = 1; !this.isOver; attempt++) {
      try {
        return await this.parts.view.snapshot();
      } catch (error) {
        if (attempt < 2) continue;
        if (!this.isOver) this.parts.failed(error);
        return undefined;
      }
    }
    return undefined;
  }

  private async reply(id: number, answer: (id: number) => Promise<HostMessage>): Promise<void> {
    let message: HostMessage;
    try {
      message = await answer(id);
    } catch (error) {
      message = { type: 'refused', id, why: this.parts.explain(error) };
    }
    if (!this.isOver) this.parts.post(message);
  }

  /** @returns whether the page listens. */
  private tell(message: HostMessage): boolean {
    const listening = this.greeted && this.visible;
    if (listening) this.parts.post(message);
    return listening;
  }
}
