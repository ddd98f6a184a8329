// Stands in for VS Code in the page: defines `acquireVsCodeApi`, answers questions from a `FakeRun`
// through a structured clone as the real port does, and lets a test drive the run by `window.fake`.

import type { ExperimentConfig } from '../../src/experiment/config';
import type { RunRecord } from '../../src/experiment/run';
import { validate } from '../../src/experiment/validate';
import type { FileProblem, RunOutcomes, RunStatus, RunText } from '../../src/experiment/view';
import { formState } from '../../src/extension/dashboard/formState';
import { CATALOGUE } from '../../src/model/catalogue';
import type { ConfigAction, ConfigEdit, ConfigState } from '../../src/protocol/configuration';
import { parsePageMessage } from '../../src/protocol/guards';
import { type ComparedRun, type HostMessage, type PageMessage, PROTOCOL_VERSION, type TaskFacts } from '../../src/protocol/messages';
import { CONFIG, FakeRun, LAYERS, STEPS } from './fakeRun';

const TASKS: readonly TaskFacts[] = [
  { name: 'lambada', title: 'LAMBADA', documentation: 'The last word.', files: ['lambada.jsonl'], headline: 'accuracy', pairs: false },
  {
    name: 'piqa',
    title: 'PIQA',
    documentation: 'Two solutions.',
    files: ['valid.jsonl', 'labels'],
    headline: 'accuracy',
    chance: 0.5,
    pairs: false,
  },
  { name: 'qqp', title: 'QQP', documentation: 'Two questions.', files: ['dev.tsv'], headline: 'accuracy', chance: 0.5, pairs: true },
];

/** A run laid beside the one that is shown. */
export interface FakeCompared {
  readonly name: string;
  readonly layers?: number;
  readonly columns?: number;
  readonly skew?: number;
  readonly record?: Partial<RunRecord>;
  readonly texts?: readonly RunText[];
  readonly config?: ExperimentConfig;
}

/** What is not as usual in the form. */
export interface FakeForm extends Partial<Pick<ConfigState, 'file' | 'parent' | 'checkpoints' | 'refusals'>> {
  /** In force in the run. */
  readonly config?: ExperimentConfig;
  /** Words of what the host cannot do. */
  readonly refuses?: Readonly<Partial<Record<ConfigAction, string>>>;
}

export interface FakeOptions {
  readonly form?: FakeForm;
  readonly compared?: readonly FakeCompared[];
  readonly layers?: number;
  readonly columns?: number;
  readonly histograms?: boolean;
  readonly state?: RunStatus['state'];
  readonly record?: Partial<RunRecord>;
  readonly problems?: readonly FileProblem[];
  readonly texts?: readonly RunText[];
  readonly outcomes?: Partial<RunOutcomes>;
  readonly trusted?: boolean;
  readonly config?: ExperimentConfig;
  /** `config.json` cannot be read. */
  readonly noConfig?: boolean;
  /** No question is answered. */
  readonly refusing?: boolean;
  /** What `getState` gives. */
  readonly stored?: unknown;
}

export class FakeHost {
  readonly run: FakeRun;
  readonly asked: PageMessage[] = [];
  /** By the number of a compared run. */
  readonly beside = new Map<number, { readonly run: FakeRun; readonly about: FakeCompared }>();
  stored: unknown;
  outcomes: RunOutcomes;
  refusing: boolean;
  private state: RunStatus['state'];
  private form: FakeForm = {};

  constructor(private readonly options: FakeOptions) {
    this.run = new FakeRun(options.layers ?? LAYERS, options.columns ?? 160, 0, 0, options.histograms);
    this.state = options.state ?? 'running';
    this.stored = options.stored;
    this.refusing = options.refusing ?? false;
    this.outcomes = { evaluations: [], samples: [], checkpoints: [500, 1000], problems: [], ...options.outcomes };
    (options.compared ?? []).forEach((about, index) => {
      this.beside.set(index + 1, { run: new FakeRun(about.layers ?? LAYERS, about.columns ?? 120, 0, about.skew ?? 0.5), about });
    });
  }

  /** Every run beside, as the host tells them. */
  compared(): ComparedRun[] {
    return [...this.beside].map(([number, { run, about }]) => {
      const step = run.step(run.columns - 1);
      const status = this.status();
      const directory = `/home/someone/project/.fathom/runs/20261122-09000${number}-${about.name}`;
      const record: RunRecord | undefined = status.record && {
        ...status.record,
        id: directory.slice(-20),
        name: about.name,
        state: 'finished',
        step,
        ...about.record,
      };
      return {
        run: number,
        status: { ...status, directory, state: 'finished', ...(record && { record }) },
        extent: run.extent(),
        texts: about.texts ?? [],
        config: about.config ?? CONFIG,
      };
    });
  }

  status(): RunStatus {
    const step = this.run.columns > 0 ? this.run.step(this.run.columns - 1) : 0;
    const known = this.state !== 'missing' && this.state !== 'unreadable';
    const record: RunRecord = {
      format: 1,
      id: '20261123-101500-deep-gpt',
      name: 'deep-gpt',
      kind: 'run',
      state: this.state === 'missing' || this.state === 'unreadable' || this.state === 'lost' ? 'running' : this.state,
      created: '2026-11-23T10:15:00Z',
      heartbeat: 1,
      step,
      steps: STEPS,
      metrics: step > 0 ? { 'loss/train': 1.9834, 'loss/validation': 2.0611, tokens_per_second: 3912 } : {},
      engine: { name: 'onnxruntime', version: '1.30.0', device: 'CPU, 2 workers', reason: 'chosen: the fastest engine here' },
      parameters: 5_100_000,
      ...this.options.record,
    };
    const directory = '/home/someone/project/.fathom/runs/20261123-101500-deep-gpt';
    return { directory, state: this.state, problems: this.options.problems ?? [], ...(known ? { record } : {}) };
  }

  /** More recorded columns; one extent message, as a watcher sends. */
  grow(columns: number): void {
    this.run.columns += columns;
    this.send({ type: 'extent', extent: this.run.extent(), texts: [] });
    this.send({ type: 'status', status: this.status() });
  }

  /** Something happened: events with a step. */
  tell(texts: readonly RunText[]): void {
    this.send({ type: 'extent', extent: this.run.extent(), texts });
  }

  /** The last message that somebody at the page caused: it asks for pictures by itself, and ahead. */
  lastWish(): PageMessage | undefined {
    return this.asked.filter(({ type }) => !type.startsWith('ask-')).at(-1);
  }

  /** Something was asked of a checkpoint: files came or went. */
  answered(outcomes: Partial<RunOutcomes>): void {
    this.outcomes = { ...this.outcomes, ...outcomes };
    this.send({ type: 'extent', extent: { ...this.run.extent(), outcomes: JSON.stringify(this.outcomes) }, texts: [] });
  }

  become(state: RunStatus['state']): void {
    this.state = state;
    this.send({ type: 'status', status: this.status() });
  }

  /** A crash and resume: fewer columns, a new generation. */
  supersede(columns: number): void {
    this.run.columns = columns;
    this.run.generation++;
    this.send({ type: 'extent', extent: this.run.extent(), texts: [] });
  }

  /** What the real host tells of a run whose file it makes up. */
  private config(edits: readonly ConfigEdit[]): Promise<ConfigState> {
    const { config, file, parent, checkpoints, refusals } = { ...this.options.form, ...this.form };
    return formState({
      config: config ?? CONFIG,
      edits,
      catalogue: CATALOGUE,
      check: async (text) => validate(text, CATALOGUE),
      file: file ?? { state: 'sound', name: 'deep-gpt.fathom.json', unsaved: false, changes: [] },
      ...(parent && { parent }),
      checkpoints: checkpoints ?? [800, 600],
      refusals: refusals ?? {},
    });
  }

  /** The file or the run is another one now, as a watcher would find. */
  reform(form: FakeForm): void {
    this.form = { ...this.form, ...form };
    this.send({ type: 'config-changed' });
  }

  private changeConfig({ id, action }: { readonly id: number; readonly action: ConfigAction }): void {
    const why = this.options.form?.refuses?.[action];
    if (why !== undefined) this.send({ type: 'refused', id, why });
    else if (action === 'save')
      this.send({ type: 'config-done', id, said: { code: 'config.saved', args: { file: 'deep-gpt.fathom.json' } } });
    else if (action === 'apply') this.send({ type: 'config-done', id, said: { code: 'config.applied', args: { step: 801 } } });
    else this.send({ type: 'config-done', id, said: { code: 'config.forked', args: { step: 600, file: 'deep-gpt-fork.fathom.json' } } });
  }

  private about(run: number | undefined): FakeRun {
    return (run === undefined ? undefined : this.beside.get(run)?.run) ?? this.run;
  }

  send(message: HostMessage): void {
    setTimeout(() => window.postMessage(message, '*'));
  }

  receive(raw: unknown): void {
    const message = parsePageMessage(structuredClone(raw));
    if (!message) throw new Error(`the page sent what the guard refuses: ${JSON.stringify(raw)}`);
    this.asked.push(message);
    if (this.refusing && 'id' in message) {
      this.send({ type: 'refused', id: message.id, why: 'The disk does not answer.' });
      return;
    }
    switch (message.type) {
      case 'ready':
        this.send({
          type: 'hello',
          protocol: PROTOCOL_VERSION,
          status: this.status(),
          extent: this.run.extent(),
          texts: this.options.texts ?? [],
          ...(!this.options.noConfig && { config: this.options.config ?? CONFIG }),
          strings: {},
        });
        this.send({ type: 'abilities', trusted: this.options.trusted ?? true, tasks: TASKS });
        if (this.beside.size > 0) this.send({ type: 'compared', runs: this.compared() });
        return;
      case 'ask-tile':
        this.send({ type: 'tile', id: message.id, tile: this.about(message.run).tile(message.request) });
        return;
      case 'ask-series':
        this.send({ type: 'series', id: message.id, series: this.about(message.run).series(message.request) });
        return;
      case 'ask-profile':
        this.send({ type: 'profile', id: message.id, profile: this.about(message.run).profile(message.request) });
        return;
      case 'ask-histogram':
        this.send({ type: 'histogram', id: message.id, histogram: this.about(message.run).histogram(message.request) });
        return;
      case 'ask-config':
        void this.config(message.edits).then((config) => this.send({ type: 'config', id: message.id, config }));
        return;
      case 'change-config':
        this.changeConfig(message);
        return;
      case 'action':
        return;
      case 'ask-outcomes':
        this.send({ type: 'outcomes', id: message.id, outcomes: this.outcomes });
        return;
      case 'evaluate':
      case 'generate':
      case 'end-job':
      case 'save':
        return;
      case 'dismiss':
        this.beside.delete(message.run);
        this.send({ type: 'compared', runs: this.compared() });
        return;
      default:
        message satisfies never;
    }
  }
}

declare global {
  interface Window {
    fakeOptions?: FakeOptions;
    fake: FakeHost;
    acquireVsCodeApi: () => unknown;
  }
}

const fake = new FakeHost(window.fakeOptions ?? {});
window.fake = fake;
window.acquireVsCodeApi = () => ({
  postMessage: (message: unknown) => fake.receive(message),
  getState: () => fake.stored,
  setState: (state: unknown) => {
    fake.stored = structuredClone(state);
  },
});
