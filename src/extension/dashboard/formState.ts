// What the form of a configuration shows, from what is known of the run, its file and its parent. Free of
// `vscode` and of the disk, so that it can be tested as it runs.
import type { Catalogue } from '../../experiment/catalogue';
import { isSame } from '../../experiment/change';
import type { ExperimentConfig } from '../../experiment/config';
import { FIELD_PATHS, isDerived } from '../../experiment/draft';
import type { FieldPath } from '../../experiment/field';
import { FIELDS } from '../../experiment/fields';
import type { Finding } from '../../experiment/finding';
import { fieldEditsOf, withFieldEdits } from '../../experiment/formEdits';
import { remedyOf } from '../../experiment/remedy';
import { unreadFields } from '../../experiment/unread';
import type { Validation } from '../../experiment/validate';
import { changesBetween, defaultsBeside, isFieldPath, sparseText, valueAt, withValues } from '../../experiment/values';
import type { ConfigEdit, ConfigFile, ConfigFinding, ConfigState } from '../../protocol/configuration';

export interface FormInputs extends Pick<ConfigState, 'parent' | 'checkpoints' | 'refusals'> {
  /** In force in the run. */
  readonly config: ExperimentConfig;
  readonly edits: readonly ConfigEdit[];
  readonly catalogue: Catalogue;
  readonly file: ConfigFile;
  /** The editor's findings of a text. */
  check(text: string): Promise<Validation>;
}

export async function formState({ config, edits, catalogue, check, ...rest }: FormInputs): Promise<ConfigState> {
  const text = editedText(config, edits, catalogue);
  const { config: edited, findings } = await check(text);
  const isEdited = new Set(edits.map(({ field }) => field));
  const unread = unreadIn(edited ?? config, catalogue);
  const follow = edited ? changesBetween(config, edited).filter(({ field }) => !isEdited.has(field) && !unread.has(field)) : [];
  return {
    ...rest,
    values: byPath((path) => valueAt(config, path)),
    given: givenFields(config, catalogue),
    defaults: defaults(edited ?? partlyEdited(config, edits, findings), catalogue),
    follow,
    findings: findings.map((finding) => told(text, finding)),
  };
}

/** The text of a file that would say what the form says: only what is no default. */
export function editedText(config: ExperimentConfig, edits: readonly ConfigEdit[], catalogue: Catalogue): string {
  const hasSteps = edits.some(({ field }) => field === 'training.steps');
  const text = sparseText(config, catalogue, (path) => hasSteps && staysWithSteps(path, config, catalogue));
  return withFieldEdits(text, edits);
}

/** A run that is given more steps keeps its warm-up and its decay; only in a file do they follow. */
function staysWithSteps(path: FieldPath, config: ExperimentConfig, catalogue: Catalogue): boolean {
  return path.startsWith('schedule.') && isDerived(FIELDS[path].default) && !unreadIn(config, catalogue).has(path);
}

function unreadIn({ optimiser, schedule }: ExperimentConfig, catalogue: Catalogue): ReadonlyMap<string, string> {
  return unreadFields({ optimiser: optimiser.name, schedule: schedule.name }, catalogue);
}

function givenFields(config: ExperimentConfig, catalogue: Catalogue): readonly FieldPath[] {
  const beside = defaultsBeside(config, catalogue);
  return FIELD_PATHS.filter((path) => staysWithSteps(path, config, catalogue) || !isSame(valueAt(config, path), beside.get(path)));
}

/** The values that a running trainer is asked to take. */
export function liveValues(config: ExperimentConfig, edits: readonly ConfigEdit[], catalogue: Catalogue): Record<string, unknown> {
  const live = edits.filter(({ field }) => isFieldPath(field) && remedyOf(field) === 'apply');
  const written = live.flatMap(({ field, value }): [FieldPath, unknown][] =>
    isFieldPath(field) && value !== undefined ? [[field, value]] : [],
  );
  const beside = defaultsBeside(withValues(config, written), catalogue);
  return Object.fromEntries(live.map(({ field, value }) => [field, value ?? (isFieldPath(field) ? beside.get(field) : undefined)]));
}

/** What the sound ones of the edits make of the configuration, for defaults while others are wrong. */
function partlyEdited(config: ExperimentConfig, edits: readonly ConfigEdit[], findings: readonly Finding[]): ExperimentConfig {
  const wrong = new Set(findings.flatMap(({ field, severity }) => (severity === 'error' ? [field] : [])));
  return withValues(
    config,
    edits.flatMap(({ field, value }): [FieldPath, unknown][] =>
      isFieldPath(field) && value !== undefined && !wrong.has(field) ? [[field, value]] : [],
    ),
  );
}

function defaults(config: ExperimentConfig, catalogue: Catalogue): Readonly<Record<string, unknown>> {
  const beside = defaultsBeside(config, catalogue);
  return byPath((path) => beside.get(path));
}

function byPath(value: (path: FieldPath) => unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(FIELD_PATHS.map((path) => [path, value(path)]).filter(([, found]) => found !== undefined));
}

function told(text: string, { field, severity, code, args, fixes }: Finding): ConfigFinding {
  const mends = fixes.map((fix) => ({ title: { code: fix.title, args }, edits: fieldEditsOf(text, fix) }));
  return { field, severity, said: { code, args }, fixes: mends.filter(({ edits }) => edits.length > 0) };
}
