// What the build writes beside the code for the editor to read as files: the schema that it completes
// configurations from, and the words that a translation translates. Both are made from the tables
// that the code itself reads, so that a new scheme or message is there without being listed twice.
import { MESSAGES } from '../experiment/messages';
import { jsonSchema, studySchema } from '../experiment/schema';
import { validate } from '../experiment/validate';
import { CATALOGUE } from '../model/catalogue';
import { describeCost } from '../model/cost';
import { PAGE_STRINGS } from '../protocol/strings';

/** First arguments of `t('…')`, the only way the extension speaks. */
const SPOKEN = /\bt\(\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)")/g;

/** Words that arrive as data: the parts of a model's cost, whatever the model. */
function parts(): string[] {
  const models = CATALOGUE.schemes.flatMap(({ name: scheme }) =>
    ['save', 'recompute'].map((activations) => ({
      model: { scheme, layers: 2, hidden: 64, tiedEmbeddings: false, finalNorm: true },
      training: { activations },
    })),
  );
  return models.flatMap((model) => {
    const { config } = validate(JSON.stringify(model), CATALOGUE);
    const cost = config && describeCost(config);
    return cost ? [...cost.parameters, ...cost.memory].map(({ part }) => part) : [];
  });
}

/** `media/fathom.schema.json`. */
export function schemaFile(): string {
  return json(jsonSchema(CATALOGUE));
}

/** `media/study.schema.json`. */
export function studySchemaFile(): string {
  return json(studySchema(CATALOGUE));
}

/**
 * `l10n/bundle.l10n.json`: every word in English, by itself; a translation is a copy of it named after its language.
 * @param sources texts of the extension's source files
 */
export function bundleFile(sources: readonly string[]): string {
  const words = new Set([...sources.flatMap(spoken), ...parts(), ...Object.values(MESSAGES), ...Object.values(PAGE_STRINGS)]);
  return json(Object.fromEntries([...words].sort().map((word) => [word, word])));
}

export function spoken(source: string): string[] {
  return [...source.matchAll(SPOKEN)].map(([, single, double]) => (single ?? double ?? '').replace(/\\(.)/g, '$1'));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
