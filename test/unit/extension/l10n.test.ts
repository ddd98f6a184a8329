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

/** Properties and calls whose text a person reads. */
const SPOKEN_PLACES = [
  /\bshow(?:Information|Warning|Error)Message\(\s*['"`][^$]/g,
  /\btell\('\w+',\s*['"`]/g,
  /\bsetStatusBarMessage\(\s*['"]/g,
  /\b(?:title|placeHolder|detail|description|tooltip|placeholder|openLabel|saveLabel)\s*[:=]\s*['"][A-Z][^'"]*['"]/g,
  /\bprompt:\s*['"][A-Z][^'"]*['"]/g,
  /\b(?:label|title|detail|tooltip|description|text)\s*[:=]\s*`(?:\$\{[^}]*\})?[^`$]*\b[a-z]{2,} [^`]*`/g,
];

describe('the editor’s source', () => {
  it('shows no text that cannot be translated', () => {
    const found = globSync('src/extension/**/*.ts').flatMap((file) => {
      const source = readFileSync(file, 'utf8');
      return SPOKEN_PLACES.flatMap((place) => [...source.matchAll(place)].map(([text]) => `${file}: ${text}`));
    });
    expect(found).toEqual([]);
  });

  it('would be caught if it did', () => {
    const caught = (source: string) => SPOKEN_PLACES.some((place) => new RegExp(place).test(source));
    expect(
      ["showErrorMessage('No')", "tell('error', 'No')", "{ title: 'Plain words' }", `{ tooltip: \`\${step} of all steps\` }`].map(caught),
    ).toEqual(Array(4).fill(true));
    expect(
      ["showErrorMessage(t('No'))", "tell('error', t('No'))", "{ title: t('Words') }", `{ label: \`$(play) \${words}\` }`].map(caught),
    ).toEqual(Array(4).fill(false));
  });
});

describe('the page’s source', () => {
  const page = globSync('webview/**/*.ts')
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  // What the host says through the page's table, and what tables of the page's protocol name.
  const users = [page, ...sources, ...globSync('src/protocol/!(strings).ts').map((file) => readFileSync(file, 'utf8'))].join('\n');
  const keys = Object.keys(PAGE_STRINGS);

  it('asks only for words that exist, and leaves none unused', () => {
    const asked = [...page.matchAll(/\.text\(\s*'([\w.-]+)'/g)].map(([, key = '']) => key);
    expect(asked.length).toBeGreaterThan(100);
    expect(asked.filter((key) => !(key in PAGE_STRINGS) && !(key in MESSAGES))).toEqual([]);
    const literal = new Set([...users.matchAll(/['"`]([\w.-]+)['"`]/g)].map(([, key]) => key));
    const begun = [...users.matchAll(/`([a-z][\w.-]*\.)\$\{/g)].map(([, start = '']) => start);
    expect(keys.filter((key) => !literal.has(key) && !begun.some((start) => key.startsWith(start)))).toEqual([]);
  });

  it('writes no words of its own', () => {
    const own = [
      ...page.matchAll(
        /\b(?:textContent|innerText|ariaLabel|placeholder|alt)\s*=\s*(?:'[^'\n]*[A-Za-z]{2}[^'\n]*'|`[^`$]*[A-Za-z]{3}[^`]*`)/g,
      ),
      ...page.matchAll(/setAttribute\(\s*'(?:aria-label|title|placeholder|aria-roledescription)',\s*['`][A-Za-z]/g),
    ];
    expect(own.map(([text]) => text)).toEqual([]);
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
