// Every word that the editor shows can be translated: `l10n/bundle.l10n.json` holds them all, for
// translators to copy. After a change of words: `npx vitest run test/unit/extension/l10n.test.ts -u`.
import { readFileSync } from 'node:fs';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';
import { MESSAGES } from '../../../src/experiment/messages';
import { PAGE_STRINGS } from '../../../src/protocol/strings';

/** First arguments of `t('…')` in the extension's sources. */
function spoken(): string[] {
  const literal = /\bt\(\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)")/g;
  return globSync('src/extension/**/*.ts').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(literal)].map(([, single, double]) => (single ?? double ?? '').replace(/\\(.)/g, '$1')),
  );
}

/** Words that arrive as data: parts of a model's cost. */
const PARTS = [
  ...['embedding', 'positions', 'attention', 'feed-forward', 'norms', 'final norm', 'head'],
  ...[
    'weights, gradients and moments',
    'activations between layers',
    'activations inside layers',
    'one layer at work',
    'logits',
    'process',
  ],
];

describe('the language bundle', () => {
  it('holds every word that is spoken', async () => {
    const words = [...new Set([...spoken(), ...PARTS, ...Object.values(MESSAGES), ...Object.values(PAGE_STRINGS)])].sort();
    const bundle = Object.fromEntries(words.map((word) => [word, word]));
    await expect(`${JSON.stringify(bundle, undefined, 2)}\n`).toMatchFileSnapshot('../../../l10n/bundle.l10n.json');
  });

  it('names every argument that a message wants in its braces alone', () => {
    expect(spoken().filter((words) => /\{\s|\{\d|\$\{/.test(words))).toEqual([]);
  });
});
