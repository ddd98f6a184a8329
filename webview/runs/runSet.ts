// The runs that the Curves and Compare tabs show: the panel's own and those laid beside it, each with
// its own curves and profiles. Nothing is asked for a run until a tab wants it.

import type { ExperimentConfig } from '../../src/experiment/config';
import type { Profile, ProfileRequest, RunExtent, RunStatus, RunText, Span } from '../../src/experiment/view';
import type { Host, News } from '../host';
import { type Curve, CurveLoader } from '../loading/curves';
import { ProfileLoader } from '../loading/profiles';

/** What is known of a run. */
export interface RunFacts {
  readonly status: RunStatus;
  readonly extent: RunExtent;
  readonly texts: readonly RunText[];
  readonly config: ExperimentConfig | undefined;
}

export interface ShownRun extends RunFacts {
  /** The host's number; undefined is the panel's own. */
  readonly run: number | undefined;
  /** Its name, made unlike the others'. */
  readonly name: string;
  /** Counts from 0: which colour it has. It keeps it when others go. */
  readonly tone: number;
  /** Curves by `sourceKey`. */
  readonly curves: ReadonlyMap<string, Curve>;
  profile(request: ProfileRequest): Profile | undefined;
}

/** A schedule has no noise to smooth. */
const EXACT = 'lr';

const FACTS = ['status', 'extent', 'texts', 'config'] as const;

class Member {
  readonly curves: CurveLoader;
  readonly profiles: ProfileLoader;

  constructor(
    host: Host,
    readonly run: number | undefined,
    readonly tone: number,
    public facts: RunFacts,
    changed: () => void,
    failed: (reason: unknown) => void,
  ) {
    this.curves = new CurveLoader((request) => host.series(request, run), changed, failed);
    this.profiles = new ProfileLoader((request) => host.profile(request, run), changed, failed);
  }
}

function nameOf({ status }: RunFacts): string {
  return status.record?.name ?? status.directory.split(/[\\/]/).at(-1) ?? '';
}

/** Names that tell runs apart: where several share one, their identifiers' first part is added. */
export function distinctNames(runs: readonly RunFacts[]): string[] {
  const names = runs.map(nameOf);
  const marked = runs.map((run, index) => {
    const name = names[index] ?? '';
    const id = run.status.directory.split(/[\\/]/).at(-1) ?? '';
    const mark = /^\d{8}-\d{6}/.exec(id)?.[0] ?? id;
    return names.filter((other) => other === name).length > 1 ? `${name} · ${mark}` : name;
  });
  return marked.map((name, index) => {
    const same = marked.slice(0, index).filter((other) => other === name).length;
    return same > 0 ? `${name} (${same + 1})` : name;
  });
}

export class RunSet {
  private members: Member[] = [];
  private shownRuns: readonly ShownRun[] = [];
  private key: readonly unknown[] = [];

  constructor(
    private readonly host: Host,
    private readonly changed: () => void,
    private readonly failed: (reason: unknown) => void,
  ) {}

  /** Says what is known of the panel's own run. */
  own(facts: RunFacts): void {
    const [first] = this.members;
    if (!first) this.members = [this.member(undefined, facts)];
    else if (FACTS.some((name) => first.facts[name] !== facts[name])) first.facts = facts;
  }

  /** Takes what the host says of compared runs. */
  take(news: News): void {
    if (news.type === 'compared') {
      const [own, ...others] = this.members;
      if (!own) return;
      this.members = [own];
      for (const { run, status, extent, texts, config } of news.runs) {
        const facts = { status, extent, texts, config };
        const known = others.find((member) => member.run === run);
        if (known) known.facts = facts;
        this.members.push(known ?? this.member(run, facts));
      }
      return;
    }
    if (news.type !== 'compared-status' && news.type !== 'compared-extent') return;
    const member = this.members.find(({ run }) => run === news.run);
    if (!member) return;
    const { facts } = member;
    if (news.type === 'compared-status') member.facts = { ...facts, status: news.status };
    else {
      const anew = news.extent.generation !== facts.extent.generation;
      member.facts = { ...facts, extent: news.extent, texts: anew ? news.texts : [...facts.texts, ...news.texts] };
    }
  }

  /** Directories of the compared runs, in order: what brings them back after a restart. */
  get directories(): readonly string[] {
    return this.members.slice(1).map(({ facts }) => facts.status.directory);
  }

  /** All runs, the panel's own first; the same array as long as nothing changed. */
  get runs(): readonly ShownRun[] {
    const key = this.members.flatMap(({ facts, curves, profiles }) => [facts, curves.version, profiles.version]);
    if (key.length === this.key.length && key.every((part, index) => part === this.key[index])) return this.shownRuns;
    this.key = key;
    const names = distinctNames(this.members.map(({ facts }) => facts));
    this.shownRuns = this.members.map(({ run, tone, facts, curves, profiles }, index) => ({
      ...facts,
      run,
      tone,
      name: names[index] ?? '',
      curves: curves.curves,
      profile: (request) => profiles.profile(request),
    }));
    return this.shownRuns;
  }

  /** Asks for the curves of every recorded scalar. */
  wantCurves(points: number, smoothing: number, steps: (run: RunFacts) => Span): void {
    for (const { facts, curves } of this.members) {
      const span = steps(facts);
      const wishes = facts.extent.scalars.map((scalar) => ({
        source: { scalar },
        steps: span,
        smoothing: scalar === EXACT ? 0 : smoothing,
      }));
      if (wishes.length > 0) curves.want(wishes, points, facts.extent.generation);
    }
  }

  /** Asks for a profile of every run that recorded the statistic. */
  wantProfiles(request: (run: RunFacts) => ProfileRequest | undefined): void {
    for (const { facts, profiles } of this.members) {
      const wanted = request(facts);
      if (wanted) profiles.want([wanted], facts.extent.generation);
    }
  }

  private member(run: number | undefined, facts: RunFacts): Member {
    const used = new Set(this.members.map(({ tone }) => tone));
    let tone = 0;
    while (used.has(tone)) tone++;
    return new Member(this.host, run, tone, facts, this.changed, this.failed);
  }
}
