// The runs that the documentation teaches with can be repeated: their configurations are sound, say what is doubtful
// about them where that is known, and the page's links and pictures are there.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';
import { validate } from '../../../src/experiment/validate';
import { CATALOGUE } from '../../../src/model/catalogue';

/** What Fathom says before any of these runs is started. */
const DOUBTS: Readonly<Record<string, readonly string[]>> = {
  healthy: [],
  'rank-collapse': [],
  vanishing: [],
  exploding: ['learning-rate-high'],
  dead: [],
  'not-finite': ['learning-rate-high'],
};

describe('the runs that teach reading a depth picture', () => {
  const files = globSync('docs/reading-depth/*.fathom.json');

  it('are all known here', () => {
    expect(files.map((file) => path.basename(file, '.fathom.json')).sort()).toEqual(Object.keys(DOUBTS).sort());
  });

  it.each(Object.entries(DOUBTS))('%s is sound, and its doubts are those of the page', (name, doubts) => {
    const { config, findings } = validate(readFileSync(`docs/reading-depth/${name}.fathom.json`, 'utf8'), CATALOGUE);
    expect(config?.name).toBe(name);
    expect(findings.map(({ code }) => code)).toEqual(doubts);
  });
});

it.each(['README.md', 'docs/README.md', ...globSync('docs/*.md'), 'docs/reading-depth/README.md'])(
  '%s links to files that are there',
  (file) => {
    const text = readFileSync(file, 'utf8');
    const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target = '']) => target);
    expect(targets.filter((target) => !existsSync(path.join(path.dirname(file), target)))).toEqual([]);
    // Anchors of the page itself are its headings.
    const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, words = '']) =>
      words
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    );
    const anchors = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);
    expect(anchors.filter((anchor) => !headings.includes(anchor))).toEqual([]);
  },
);
