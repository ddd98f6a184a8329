// The one door between the page and its host: questions with ids become promises, everything else is
// handed on after a light check. Lost answers (a hidden webview drops messages) do not leak: a fresh
// `hello` forgets every open question.

import type {
  Histogram,
  HistogramRequest,
  Profile,
  ProfileRequest,
  RunOutcomes,
  Series,
  SeriesRequest,
  Tile,
  TileRequest,
} from '../src/experiment/view';
import type { ConfigAction, ConfigEdit, ConfigState, Said } from '../src/protocol/configuration';
import { isHostMessage } from '../src/protocol/guards';
import {
  type EvaluateRequest,
  type GenerateRequest,
  type HostMessage,
  type JobKind,
  type PageMessage,
  PROTOCOL_VERSION,
  type RunAction,
  type SaveFile,
} from '../src/protocol/messages';

interface VsCodeApi {
  postMessage(message: PageMessage): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** The host could not answer; the words are for a person. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** The question no longer matters: the page was greeted anew. */
export class Forgotten extends Error {
  override readonly name = 'Forgotten';
}

type Answer = Extract<HostMessage, { readonly id: number }>;
export type News = Exclude<HostMessage, Answer>;

interface Open {
  readonly type: Exclude<Answer['type'], 'refused'>;
  resolve(answer: Answer): void;
  reject(reason: Error): void;
}

export class Host {
  private readonly api = acquireVsCodeApi();
  private readonly open = new Map<number, Open>();
  private lastId = 0;

  constructor(
    private readonly told: (news: News) => void,
    private readonly misunderstood: () => void,
  ) {
    addEventListener('message', (event: MessageEvent<unknown>) => this.receive(event.data));
  }

  /** Whether no question is open. */
  get isQuiet(): boolean {
    return this.open.size === 0;
  }

  /** Asks for a fresh snapshot. */
  ready(): void {
    this.api.postMessage({ type: 'ready', protocol: PROTOCOL_VERSION });
  }

  act(action: RunAction): void {
    this.api.postMessage({ type: 'action', action });
  }

  save(file: SaveFile): void {
    this.api.postMessage({ type: 'save', file });
  }

  evaluate(request: EvaluateRequest): void {
    this.api.postMessage({ type: 'evaluate', request });
  }

  generate(request: GenerateRequest): void {
    this.api.postMessage({ type: 'generate', request });
  }

  endJob(kind: JobKind): void {
    this.api.postMessage({ type: 'end-job', kind });
  }

  /** Takes a compared run away. */
  dismiss(run: number): void {
    this.api.postMessage({ type: 'dismiss', run });
  }

  get state(): unknown {
    return this.api.getState();
  }

  set state(state: unknown) {
    this.api.setState(state);
  }

  /** @param run a compared run, else the panel's own. @throws Refusal, Forgotten */
  async tile(request: TileRequest, run?: number): Promise<Tile> {
    const answer = await this.ask('tile', (id) => ({ type: 'ask-tile', id, request, ...about(run) }));
    if (answer.type !== 'tile') throw new Forgotten();
    return answer.tile;
  }

  /** @throws Refusal, Forgotten */
  async series(request: SeriesRequest, run?: number): Promise<Series> {
    const answer = await this.ask('series', (id) => ({ type: 'ask-series', id, request, ...about(run) }));
    if (answer.type !== 'series') throw new Forgotten();
    return answer.series;
  }

  /** @throws Refusal, Forgotten */
  async profile(request: ProfileRequest, run?: number): Promise<Profile> {
    const answer = await this.ask('profile', (id) => ({ type: 'ask-profile', id, request, ...about(run) }));
    if (answer.type !== 'profile') throw new Forgotten();
    return answer.profile;
  }

  /** @throws Refusal, Forgotten */
  async histogram(request: HistogramRequest): Promise<Histogram> {
    const answer = await this.ask('histogram', (id) => ({ type: 'ask-histogram', id, request }));
    if (answer.type !== 'histogram') throw new Forgotten();
    return answer.histogram;
  }

  /** @throws Refusal, Forgotten */
  async outcomes(): Promise<RunOutcomes> {
    const answer = await this.ask('outcomes', (id) => ({ type: 'ask-outcomes', id }));
    if (answer.type !== 'outcomes') throw new Forgotten();
    return answer.outcomes;
  }

  /** What the form shows with these edits. @throws Refusal, Forgotten */
  async config(edits: readonly ConfigEdit[]): Promise<ConfigState> {
    const answer = await this.ask('config', (id) => ({ type: 'ask-config', id, edits }));
    if (answer.type !== 'config') throw new Forgotten();
    return answer.config;
  }

  /** @param step of the checkpoint to fork from. @throws Refusal, Forgotten */
  async changeConfig(action: ConfigAction, edits: readonly ConfigEdit[], step: number | undefined): Promise<Said> {
    const from = step === undefined ? {} : { step };
    const answer = await this.ask('config-done', (id) => ({ type: 'change-config', id, action, edits, ...from }));
    if (answer.type !== 'config-done') throw new Forgotten();
    return answer.said;
  }

  private ask(type: Open['type'], message: (id: number) => PageMessage): Promise<Answer> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.open.set(id, { type, resolve, reject });
      this.api.postMessage(message(id));
    });
  }

  private receive(data: unknown): void {
    if (!isHostMessage(data)) {
      if (typeof data === 'object' && data !== null && 'type' in data) this.misunderstood();
      return;
    }
    if (!('id' in data)) {
      if (data.type === 'hello') {
        const forgotten = [...this.open.values()];
        this.open.clear();
        for (const question of forgotten) question.reject(new Forgotten());
      }
      this.told(data);
      return;
    }
    const question = this.open.get(data.id);
    if (!question) return;
    this.open.delete(data.id);
    if (data.type === 'refused') question.reject(new Refusal(data.why));
    else question.resolve(data);
  }
}

function about(run: number | undefined): { readonly run?: number } {
  return run === undefined ? {} : { run };
}
