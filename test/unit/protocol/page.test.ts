// The page's skeleton keeps its policy strict whatever it is given, and its words are complete.

import { readFileSync } from 'node:fs';
import { globSync } from 'tinyglobby';
import { describe, expect, test } from 'vitest';
import { pageHtml } from '../../../src/protocol/page';
import { PAGE_STRINGS } from '../../../src/protocol/strings';

const PARTS = {
  cspSource: 'https://*.example',
  nonce: 'abcdefghijklmnop',
  scriptUri: 'https://a.example/main.js',
  styleUri: 'https://a.example/main.css',
  title: 'A run',
};

describe('the skeleton', () => {
  test('allows nothing but its own folder and the nonce', () => {
    const html = pageHtml(PARTS);
    expect(html).toContain('default-src &#39;none&#39;');
    expect(html).toContain('script-src &#39;nonce-abcdefghijklmnop&#39;');
    expect(html).not.toContain('unsafe');
    expect(html).not.toMatch(/\sstyle=|\son\w+=/);
  });

  test('escapes what it is given', () => {
    const html = pageHtml({ ...PARTS, title: '</title><script>alert(1)</script>' });
    expect(html).not.toContain('<script>alert');
  });

  test('refuses a nonce that could end the policy or be guessed', () => {
    expect(() => pageHtml({ ...PARTS, nonce: "abcdefghijklmnop' 'unsafe-inline" })).toThrow(RangeError);
    expect(() => pageHtml({ ...PARTS, nonce: 'short' })).toThrow(RangeError);
  });
});

describe('the words', () => {
  const sources = globSync('webview/**/*.ts').map((file) => readFileSync(file, 'utf8'));
  const used = new Set(sources.flatMap((source) => [...source.matchAll(/'([a-z]+\.[A-Za-z_-]+)'/g)].map((match) => match[1] ?? '')));
  const prefixes = new Set(sources.flatMap((source) => [...source.matchAll(/`([a-z]+)\.\$\{/g)].map((match) => match[1] ?? '')));

  test('exist for every key that the page uses', () => {
    const groups = new Set(Object.keys(PAGE_STRINGS).map((key) => key.split('.')[0]));
    const missing = [...used].filter((key) => groups.has(key.split('.')[0] ?? '') && !(key in PAGE_STRINGS));
    expect(missing).toEqual([]);
  });

  test('hold none that the page does not use', () => {
    const unused = Object.keys(PAGE_STRINGS).filter((key) => !used.has(key) && !prefixes.has(key.split('.')[0] ?? '') && key !== 'title');
    expect(unused).toEqual([]);
  });
});
