// The editor and the terminal say the same about a configuration, and the editor's mends end what they are for.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { CodeActionContext, LogOutputChannel, Range, TextDocument } from 'vscode';
import { parseCommand } from '../../../src/cli/arguments';
import { check } from '../../../src/cli/commands/check';
import { applyEdits } from '../../../src/experiment/edits';
import { validate } from '../../../src/experiment/validate';
import { ConfigurationChecks } from '../../../src/extension/config/checks';
import { ConfigurationDiagnostics } from '../../../src/extension/config/diagnostics';
import { ConfigurationFixes } from '../../../src/extension/config/quickFixes';
import { CATALOGUE } from '../../../src/model/catalogue';
import { testContext } from '../cli/harness';
import { fakeVscode, openDocument, published } from './fakeVscode';

vi.mock('vscode', async () => (await import('./fakeVscode')).fakeVscode);

const MISTAKES = `{
  // Thin and deep.
  "model": { "layers": 200, "hiden": 64, "heads": 5, "scheme": "post-ln", "initialisation": "xavier" },
  "data": { "source": "gone.txt", "tokenizer": "bytes" },
  "optimiser": { "lr": 0.5, "momentum": 0.9, "clip": 0 },
  "schedule": { "warmup": 5000, },
  "training": { "steps": "400", "batch": 7.5, "checkpointEvery": 0 },
  "zzzzzzzz": { "a": 1 }
}
`;

const DOUBTS = `{
  "$schema": "./fathom.schema.json",
  "model": { "layers": 100, "hidden": 64, "heads": 16, "scheme": "foundation" },
  "optimiser": { "learningRate": 0.01 },
  "schedule": { "name": "constant", "final": 0.1, "warmup": 600 },
  "training": { "validateEvery": 2, "checkpointEvery": 5000 },
  "watchdog": { "lossSpike": 2 }
}
`;

const NOT_JSON = '{ "model": { "layers": 4 "hidden": 8 } }';

function written(text: string, name = 'a.fathom.json'): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'fathom-language-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

const asDocument = (document: ReturnType<typeof openDocument>) => document as unknown as TextDocument;

async function inEditor(file: string) {
  const document = openDocument(file);
  fakeVscode.workspace.textDocuments = [document];
  const checks = new ConfigurationChecks();
  const diagnostics = new ConfigurationDiagnostics(checks, { error: expect.unreachable } as unknown as LogOutputChannel);
  onTestFinished(() => diagnostics.dispose());
  const found = await vi.waitFor(
    () => {
      const all = published.get(String(document.uri));
      if (!all) throw new Error('nothing yet');
      return all;
    },
    { timeout: 60_000 },
  );
  return found.map(({ code, message, range: { start, end } }) => [
    code,
    message,
    [start.line + 1, start.character + 1, end.line + 1, end.character + 1],
  ]);
}

interface Said {
  readonly code: string;
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

async function inTerminal(file: string, ...options: string[]) {
  const context = testContext('no-trainer.mjs', path.dirname(file));
  const code = await check.run(parseCommand(check.spec, [path.basename(file), '--json', ...options]), context);
  return { code, said: JSON.parse(context.terminal.out) as Said[] };
}

describe('editor and terminal', () => {
  it.each([
    ['mistakes', MISTAKES, 1],
    ['doubts', DOUBTS, 0],
  ])('find the same %s at the same places, in the same words', async (_name, text, expected) => {
    const file = written(text);
    const { code, said } = await inTerminal(file);
    expect(code).toBe(expected);
    expect(said.length).toBeGreaterThan(5);
    const places = said.map((each) => [each.code, each.message, [each.line, each.column, each.endLine, each.endColumn]]);
    expect(await inEditor(file)).toEqual(places);
  });

  it('differ only where the editor says itself that a text is no JSON', async () => {
    const file = written(NOT_JSON);
    expect((await inTerminal(file)).said.map(({ code }) => code)).toEqual(['syntax-comma-expected']);
    expect(await inEditor(file)).toEqual([]);
  });
});

describe('of a study, editor and terminal', () => {
  const BASE = '"base": { "model": { "layers": 4, "hidden": 64, "heads": 2 }, "optimiser": { "clip": -1 } }';

  it.each([
    ['which cells a value spoils', `{ ${BASE},\n "axes": { "model.heads": [2, 3], "seed": [1, 2] } }`, 2],
    ['which axis is none', `{ ${BASE},\n "axes": { "model.hiden": [2, 3] } }`, 1],
  ])('say the same of %s', async (_, text, expected) => {
    const file = written(text, 'a.study.json');
    const { said } = await inTerminal(file);
    expect(said).toHaveLength(expected);
    const places = said.map((each) => [each.code, each.message, [each.line, each.column, each.endLine, each.endColumn]]);
    expect(await inEditor(file)).toEqual(places);
  });

  it('differ where the experiment lies elsewhere: the editor points to its name', async () => {
    const file = written('{ "base": "b.fathom.json", "axes": { "seed": [1] } }', 'a.study.json');
    writeFileSync(path.join(path.dirname(file), 'b.fathom.json'), '{ "model": { "layers": -4, "hidden": 64 } }');
    expect(await inEditor(file)).toEqual([['below-minimum', expect.stringContaining('model.layers'), [1, 11, 1, 26]]]);
  });

  it('and where a text is no JSON: the editor says so of the study itself, and Fathom of its base', async () => {
    expect(await inEditor(written('{ "base": {} "axes": {} }', 'a.study.json'))).toEqual([]);
    const file = written('{ "base": "b.fathom.json", "axes": { "seed": [1] } }', 'a.study.json');
    writeFileSync(path.join(path.dirname(file), 'b.fathom.json'), NOT_JSON);
    expect(await inEditor(file)).toEqual([['study-not-json', expect.stringContaining('b.fathom.json'), [1, 11, 1, 26]]]);
  });

  it('and where it lies outside the workspace: the editor leaves it alone', async () => {
    const file = written('{ "base": "../b.fathom.json", "axes": { "seed": [1] } }', 'a.study.json');
    expect(await inEditor(file)).toEqual([['study-base-elsewhere', expect.any(String), [1, 11, 1, 29]]]);
  });

  it('and in how many cells are looked at while somebody types', async () => {
    const seeds = JSON.stringify(Array.from({ length: 101 }, (_, seed) => seed));
    const file = written(`{ "base": { "model": { "layers": 4, "hidden": 64 } },\n "axes": { "seed": ${seeds} } }`, 'a.study.json');
    expect(await inEditor(file)).toEqual([['study-partly-checked', expect.stringContaining('first 100 of 101'), expect.any(Array)]]);
  });
});

const everywhere = (document: ReturnType<typeof openDocument>) =>
  new fakeVscode.Range(document.positionAt(0), document.positionAt(document.getText().length)) as unknown as Range;

async function actions(text: string, only?: InstanceType<typeof fakeVscode.CodeAction>['kind']) {
  const document = openDocument(written(text));
  const fixes = new ConfigurationFixes(new ConfigurationChecks());
  const context = { diagnostics: [], only } as unknown as CodeActionContext;
  return (await fixes.provideCodeActions(asDocument(document), everywhere(document), context)).map((action) => {
    const edits = (action.edit as unknown as InstanceType<typeof fakeVscode.WorkspaceEdit>).edits;
    const plain = edits.map(({ range, text: put }) => {
      const offset = document.offsetAt(range.start);
      return { offset, length: document.offsetAt(range.end) - offset, text: put };
    });
    return { title: action.title, after: applyEdits(text, plain) };
  });
}

describe('mends', () => {
  it('are offered one by one, and all that leave no choice together', async () => {
    const titles = (await actions(MISTAKES)).map(({ title }) => title);
    expect(titles).toEqual(expect.arrayContaining(['Rename to hidden', 'Rename to tokeniser', 'Use 400', 'Remove zzzzzzzz']));
    expect(titles.at(-1)).toBe('Mend Everything That Leaves No Choice');
    expect((await actions(NOT_JSON)).map(({ title }) => title)).toEqual(['Insert the missing comma']);
  });

  it('of everything leave a configuration that trains, with its comments', async () => {
    const [all, ...others] = await actions(MISTAKES, fakeVscode.CodeActionKind.SourceFixAll);
    expect(others).toEqual([]);
    expect(validate(all?.after ?? '', CATALOGUE).config).toMatchObject({
      model: { layers: 200, hidden: 64, heads: 4, initialisation: 'xavier' },
      optimiser: { learningRate: 0.5, clip: 0 },
      training: { steps: 400, batch: 8 },
    });
    expect(all?.after).toContain('// Thin and deep.');
    expect(await actions(DOUBTS, fakeVscode.CodeActionKind.SourceFixAll)).toEqual([]);
  });
});
