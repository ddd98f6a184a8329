// What the editor offers while a configuration is being written, valid JSON or not.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { CompletionItem, CompletionItemLabel, MarkdownString, Position, TextDocument } from 'vscode';
import { applyEdits } from '../../../src/experiment/edits';
import { ConfigurationChecks } from '../../../src/extension/config/checks';
import { ConfigurationCompletions } from '../../../src/extension/config/completions';
import { openDocument } from './fakeVscode';

vi.mock('vscode', async () => (await import('./fakeVscode')).fakeVscode);

/** Completions where `|` stands, and what the text becomes with one of them. */
async function at(marked: string, folder = mkdtempSync(path.join(tmpdir(), 'fathom-completions-'))) {
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const offset = marked.indexOf('|');
  const text = marked.replace('|', '');
  const document = openDocument(path.join(folder, 'a.fathom.json'), text);
  const provider = new ConfigurationCompletions(new ConfigurationChecks());
  const asked = document as unknown as TextDocument;
  const items = await provider.provideCompletionItems(asked, document.positionAt(offset) as Position);
  const taking = (item = items[0]): string => {
    if (!item) throw new Error('nothing was offered');
    const { start, end } = item.range as unknown as { start: never; end: never };
    const from = document.offsetAt(start);
    return applyEdits(text, [{ offset: from, length: document.offsetAt(end) - from, text: String(item.insertText) }]);
  };
  const words = items.map(({ label }) =>
    typeof label === 'string' ? label : `${label.label} ${(label as CompletionItemLabel).description}`,
  );
  return { items, words, taking, provider };
}

describe('completions of numbers', () => {
  it('tell what every depth costs, in parameters at once and in memory when looked at', async () => {
    const { items, words, provider, taking } = await at('{ "model": { "layers": |, "hidden": 64 } }');
    expect(words).toContain('100 5.0 M parameters');
    expect(words).toContain('1000 50.0 M parameters');
    expect(items.map(({ sortText }) => sortText)).toEqual([...items.map(({ sortText }) => sortText)].sort());
    const hundred = items.find(({ insertText }) => insertText === '100');
    expect(taking(hundred)).toBe('{ "model": { "layers": 100, "hidden": 64 } }');
    const { documentation } = await provider.resolveCompletionItem(hundred as CompletionItem);
    expect((documentation as MarkdownString).value).toMatch(/100 layers are 200 sublayers.*About [\d.]+ [MG]B of memory/s);
  });

  it('are there in the middle of a number, replace it, and bring the comma that is missing', async () => {
    const { items, taking } = await at('{ "model": { "hidden": 64, "heads": 1|\n "layers": 4 } }');
    expect(items.map(({ insertText }) => insertText)).toEqual(['2,', '4,', '8,']);
    expect(taking(items[1])).toBe('{ "model": { "hidden": 64, "heads": 4,\n "layers": 4 } }');
  });

  it.each([
    [
      '{ "model": { "layers": 4, "hidden": 48, "heads": | } }',
      ['2 each 24 channels wide', '3 each 16 channels wide', '4 each 12 channels wide', '6 each 8 channels wide'],
    ],
    [
      '{ "model": { "layers": 4, "hidden": 64 }, "training": { "batch": 6 }, "engine": { "workers": | } }',
      ['2 3 sequences for each thread', '6 1 sequences for each thread'],
    ],
    [
      '{ "model": { "layers": 4, "hidden": 64 }, "training": { "steps": 500, "checkpointEvery": | } }',
      ['25 20 times in 500 steps', '50 10 times in 500 steps'],
    ],
    [
      '{ "model": { "layers": 4, "hidden": 64 }, "training": { "steps": 500 }, "schedule": { "warmup": | } }',
      ['5 1 % of the steps', '50 10 % of the steps'],
    ],
    [
      '{ "model": { "layers": 4, "hidden": 64 }, "optimiser": { "name": "sgd", "layerRate": 0.5, "learningRate": | } }',
      ['0.3 layers learn at 0.15'],
    ],
  ])('follow from the rest: %s', async (marked, expected) => {
    expect((await at(marked)).words).toEqual(expect.arrayContaining(expected));
  });

  it('leave to the schema what it offers itself, and say nothing about names', async () => {
    expect((await at('{ "model": { "layers": 4, "hidden": 64, "scheme": "|" } }')).words).toEqual([]);
    expect((await at('{ "model": { "lay|" } }')).words).toEqual([]);
    expect((await at('{ "model": { "layers": 4, "hidden": 64 }, "training": { "batch": | } }')).words.join()).not.toMatch(/(^|,)8 /);
  });
});

describe('completions of paths', () => {
  it('walk through folders to files that fit, and not out of the workspace', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'fathom-completions-'));
    mkdirSync(path.join(folder, 'texts', 'more'), { recursive: true });
    for (const file of ['a.txt', 'a.fathom.json', 'photo.png', 'texts/b.md', 'texts/vocab.txt'])
      writeFileSync(path.join(folder, file), 'x');
    const labels = async (marked: string) => (await at(marked, folder)).words.sort();
    expect(await labels('{ "data": { "source": "|" } }')).toEqual(['a.txt', 'built-in:moby-dick', 'texts/']);
    expect(await labels('{ "data": { "source": "texts/|" } }')).toEqual([
      'built-in:moby-dick',
      'texts/b.md',
      'texts/more/',
      'texts/vocab.txt',
    ]);
    expect(await labels('{ "data": { "vocabularyFile": "texts/v|" } }')).toEqual(['texts/more/', 'texts/vocab.txt']);
    expect(await labels('{ "data": { "vocabularyFile": "../|" } }')).toEqual([]);
    const { items, taking } = await at('{ "data": { "vocabularyFile": "texts/v|" } }', folder);
    expect(taking(items.find(({ label }) => label === 'texts/vocab.txt'))).toBe('{ "data": { "vocabularyFile": "texts/vocab.txt" } }');
  });

  it('name runs that there is something to start from', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'fathom-completions-'));
    mkdirSync(path.join(folder, '.fathom/runs/20260101-000000-saved/checkpoints/step-10'), { recursive: true });
    mkdirSync(path.join(folder, '.fathom/runs/20260102-000000-unsaved/checkpoints'), { recursive: true });
    expect((await at('{ "training": { "from": "|" } }', folder)).words).toEqual(['20260101-000000-saved']);
  });
});
