// The JSON schema that editors complete and hover by, made from the table of fields. It is permissive on
// purpose: it forbids nothing, since Fathom's own findings say what is wrong, once and better.

import type { Catalogue } from './catalogue';
import { FIELD_PATHS, isDerived, SECTION_NAMES, sectionOf } from './draft';
import type { Field, FieldPath } from './field';
import { FIELDS, SECTIONS } from './fields';

/** A JSON schema (draft 7 with VS Code's `markdownDescription`); plain data, ready for `JSON.stringify`. */
export type JsonSchema = { readonly [keyword: string]: unknown };

const HEAD = { $schema: 'http://json-schema.org/draft-07/schema#', allowComments: true, allowTrailingCommas: true };

/** The schema of `*.fathom.json`. */
export function jsonSchema(catalogue: Catalogue): JsonSchema {
  return {
    ...HEAD,
    title: 'Fathom experiment',
    ...objectOf('What to train, on what, and how.', configurationProperties(catalogue)),
  };
}

function configurationProperties(catalogue: Catalogue): JsonSchema {
  const sections = SECTION_NAMES.map((section) => {
    const paths = FIELD_PATHS.filter((path) => sectionOf(path) === section);
    return [section, objectOf(SECTIONS[section], propertiesOf(paths, catalogue))] as const;
  });
  const own = propertiesOf(
    FIELD_PATHS.filter((path) => sectionOf(path) === undefined),
    catalogue,
  );
  return { ...own, ...Object.fromEntries(sections) };
}

/** The schema of `*.study.json`. */
export function studySchema(catalogue: Catalogue): JsonSchema {
  const axes = FIELD_PATHS.map((path) => {
    const { description, markdownDescription, ...value } = property(path, catalogue);
    return [path, { description, markdownDescription, items: value }] as const;
  });
  return {
    ...HEAD,
    title: 'Fathom study',
    ...objectOf('Every combination of some values, each a run.', {
      name: documentation('What the runs are named after. Default: the name of the file.'),
      base: objectOf('The configuration that every run starts from, or the path of one.', configurationProperties(catalogue)),
      axes: objectOf('The fields that are varied, each with the list of its values.', Object.fromEntries(axes)),
    }),
  };
}

/** What a hover says about a field, in Markdown. */
export function describeField(path: FieldPath, catalogue: Catalogue): string {
  const field: Field = FIELDS[path];
  const lines = [field.documentation];
  if (field.default === undefined) lines.push('Has to be given.');
  else if (isDerived(field.default)) lines.push(`Default: ${field.default.words}.`);
  else lines.push(`Default: \`${JSON.stringify(field.default)}\`.`);
  if (field.type === 'number' || field.type === 'integer') {
    const unit = field.unit === undefined ? '' : ` ${field.unit}`;
    lines.push(`From ${field.minimum} to ${field.maximum}${unit}.`);
  }
  if (field.live) lines.push('May be changed while training.');
  if (field.type === 'choice' || field.type === 'names') {
    lines.push(
      field
        .choices(catalogue)
        .map(({ name, documentation }) => `- \`${name}\`: ${firstParagraph(documentation)}`)
        .join('\n'),
    );
  }
  return lines.join('\n\n');
}

function propertiesOf(paths: readonly FieldPath[], catalogue: Catalogue): JsonSchema {
  return Object.fromEntries(paths.map((path) => [path.slice(path.lastIndexOf('.') + 1), property(path, catalogue)]));
}

function property(path: FieldPath, catalogue: Catalogue): JsonSchema {
  const field: Field = FIELDS[path];
  const described = describeField(path, catalogue);
  const start = isDerived(field.default) ? undefined : (field.default ?? field.example);
  return {
    ...documentation(described),
    ...(start !== undefined && { default: start }),
    ...values(field, catalogue),
  };
}

/** `anyOf` with an empty schema offers its values as completions and accepts every other value too. */
function values(field: Field, catalogue: Catalogue): JsonSchema {
  switch (field.type) {
    case 'choice': {
      const choices = field.choices(catalogue);
      const names = choices.map(({ name }) => name);
      return { anyOf: [{ enum: names, markdownEnumDescriptions: choices.map((choice) => choice.documentation) }, {}] };
    }
    case 'names': {
      const choices = field.choices(catalogue);
      const documentations = choices.map((choice) => choice.documentation);
      return { items: { anyOf: [{ enum: choices.map(({ name }) => name), markdownEnumDescriptions: documentations }, {}] } };
    }
    case 'boolean':
      return { anyOf: [{ enum: [true, false] }, {}] };
    case 'options':
      return { properties: optionProperties(catalogue) };
    case 'number':
    case 'integer':
    case 'text':
      return {};
    default:
      return field satisfies never;
  }
}

/** All schemes' options side by side: the schema cannot know which scheme is chosen, the findings do. */
function optionProperties(catalogue: Catalogue): JsonSchema {
  const options = catalogue.schemes.flatMap((scheme) => scheme.options.map((option) => ({ scheme, option })));
  const names = [...new Set(options.map(({ option }) => option.name))];
  return Object.fromEntries(
    names.map((name) => {
      const meant = options.filter(({ option }) => option.name === name);
      const words = meant.map(({ scheme, option }) => `With \`${scheme.name}\`: ${option.documentation} Default: \`${option.default}\`.`);
      return [name, { ...documentation(words.join('\n\n')), default: meant[0]?.option.default }];
    }),
  );
}

function objectOf(words: string, properties: JsonSchema): JsonSchema {
  return { ...documentation(words), properties };
}

function documentation(markdown: string): JsonSchema {
  return { description: markdown.replaceAll('`', ''), markdownDescription: markdown };
}

function firstParagraph(text: string): string {
  return text.split('\n\n')[0] ?? '';
}
