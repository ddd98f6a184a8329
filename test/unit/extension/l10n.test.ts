// Every word that the editor shows can be translated, and its schema knows what the catalogue knows.
import { readFileSync } from 'node:fs';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';
import { MESSAGES } from '../../../src/experiment/messages';
import { bundleFile, schemaFile, spoken } from '../../../src/extension/generate';
import { CATALOGUE } from '../../../src/model/catalogue';
import { describeCost } from '../../../src/model/cost';
import { PAGE_STRINGS } from '../../../src/protocol/strings';
import { resolved } from './helpers';

const sources = globSync('src/extension/**/*.ts').map((file) => readFileSync(file, 'utf8'));
const bundle = JSON.parse(bundleFile(sources)) as Record<string, string>;

describe('the language bundle', () => {
  it('holds the words of the editor, of findings, of the page and of costs', () => {
    expect(spoken(`t('Pause Run'), t("it's {name}", { name }), import('x'), wait('y'), t(\n  'next line',\n)`)).toEqual([
      'Pause Run',
      "it's {name}",
      'next line',
    ]);
    const { parameters, memory } = describeCost(resolved({ hidden: 8, layers: 1, tiedEmbeddings: false, scheme: 'pre-ln' }));
    const parts = [...parameters, ...memory].map(({ part }) => part);
    const expected = ['No run is training.', ...Object.values(MESSAGES), ...Object.values(PAGE_STRINGS), ...parts];
    expect(expected.filter((words) => !(words in bundle))).toEqual([]);
  });

  it('has no word put together from pieces', () => {
    const composed = sources.flatMap((source) => [...source.matchAll(/\bt\(\s*(`[^`]*`|'[^'\n]*'\s*\+)/g)].map(([call]) => call));
    expect(composed).toEqual([]);
  });
});

describe('the schema', () => {
  it('offers every scheme of the catalogue', () => {
    const schema = schemaFile();
    for (const { name, formula } of CATALOGUE.schemes) {
      expect(schema).toContain(`"${name}"`);
      expect(schema).toContain(JSON.stringify(formula).slice(1, -1));
    }
  });
});
