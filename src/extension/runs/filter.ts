// What a person types to find runs among thousands: words that all have to be found, and a few with a
// meaning of their own. Free of `vscode`, for its tests.
import type { RunSummary } from '../../observe/runView';
import { configurationName, runLabel } from './presentation';

export type RunFilter = (run: RunSummary) => boolean;

/** `word`, `"several words"`, `@state:failed`, `-@starred`; the last quote may be missing while a person types. */
const TERM = /(-?)(?:(@?[a-z]+:)?"([^"]*)"?|(\S+))/gi;

/** What a run is searched in; made once for each of its statuses. */
const texts = new WeakMap<RunSummary, string>();

/**
 * The runs in which every word of `text` is found, in name, folder, state, tags, note or configuration; upper and
 * lower case are one. `-word` asks for its absence, `@starred`, `@failed` (any state) and `@tag:name` for what they
 * say. Undefined where `text` asks for nothing.
 */
export function parseFilter(text: string): RunFilter | undefined {
  const terms = [...text.toLowerCase().matchAll(TERM)].flatMap(([, minus, key = '', quoted, plain]) => {
    const holds = term(quoted === undefined ? (plain ?? '') : key + quoted);
    if (!holds) return [];
    return [minus === '-' ? (run: RunSummary) => !holds(run) : holds];
  });
  return terms.length === 0 ? undefined : (run) => terms.every((holds) => holds(run));
}

function term(word: string): RunFilter | undefined {
  if (word === '' || word === '-' || word === '@' || word === '@tag:') return undefined;
  if (word === '@starred') return (run) => run.notes?.star === true;
  if (word.startsWith('@tag:')) {
    const tag = word.slice('@tag:'.length);
    return (run) => run.notes?.tags.some((own) => own.toLowerCase() === tag) === true;
  }
  if (word.startsWith('@')) {
    const state = word.slice(1);
    return (run) => run.state.startsWith(state);
  }
  return (run) => textOf(run).includes(word);
}

function textOf(run: RunSummary): string {
  const known = texts.get(run);
  if (known !== undefined) return known;
  const { notes, record } = run;
  const parts = [runLabel(run), run.directory.split(/[\\/]/).at(-1), run.state, record?.name, configurationName(run), record?.kind];
  const text = [...parts, ...(notes?.tags ?? []), notes?.text].join('\n').toLowerCase();
  texts.set(run, text);
  return text;
}
