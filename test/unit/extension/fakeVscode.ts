// As much of the editor's API as the configuration language uses, so that it can be asked without an editor.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { vi } from 'vitest';
import { positionOf } from '../../../src/experiment/syntax';

class Position {
  constructor(
    readonly line: number,
    readonly character: number,
  ) {}
}

class Range {
  constructor(
    readonly start: Position,
    readonly end: Position,
  ) {}
  isEqual(other: Range): boolean {
    return JSON.stringify(this) === JSON.stringify(other);
  }
  intersection(other: Range): Range | undefined {
    const isBefore = (a: Position, b: Position): boolean => a.line < b.line || (a.line === b.line && a.character < b.character);
    return isBefore(this.end, other.start) || isBefore(other.end, this.start) ? undefined : this;
  }
}

class Kind {
  constructor(readonly value: string) {}
  append(part: string): Kind {
    return new Kind(`${this.value}.${part}`);
  }
  contains(other: Kind): boolean {
    return this.value === '' || other.value === this.value || other.value.startsWith(`${this.value}.`);
  }
}

class WorkspaceEdit {
  readonly edits: { readonly range: Range; readonly text: string }[] = [];
  replace(_uri: unknown, range: Range, text: string): void {
    this.edits.push({ range, text });
  }
}

/** Published diagnostics by document. */
export const published = new Map<string, readonly { readonly range: Range; readonly message: string; readonly code: string }[]>();

const nothing = () => ({ dispose: () => undefined });

export const fakeVscode = {
  Position,
  Range,
  WorkspaceEdit,
  Diagnostic: class {
    constructor(
      readonly range: Range,
      readonly message: string,
      readonly severity: number,
    ) {}
  },
  DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2 },
  CodeAction: class {
    edit: WorkspaceEdit | undefined;
    constructor(
      readonly title: string,
      readonly kind: Kind,
    ) {}
  },
  CodeActionKind: { QuickFix: new Kind('quickfix'), SourceFixAll: new Kind('source.fixAll') },
  CompletionItem: class {
    constructor(
      readonly label: string,
      readonly kind: number,
    ) {}
  },
  CompletionItemKind: { Value: 11, File: 16, Folder: 18, Reference: 17 },
  MarkdownString: class {
    constructor(readonly value: string) {}
  },
  Uri: { file: (fsPath: string) => ({ scheme: 'file', path: fsPath, fsPath, toString: () => `file://${fsPath}` }) },
  l10n: {
    t: (message: string, args: Readonly<Record<string, unknown>> = {}) =>
      message.replace(/\{(\w+)\}/g, (whole, name: string) => String(args[name] ?? whole)),
  },
  languages: {
    createDiagnosticCollection: () => ({
      set: (uri: unknown, found: never[]) => published.set(String(uri), found),
      delete: (uri: unknown) => published.delete(String(uri)),
      dispose: () => undefined,
    }),
    registerCodeActionsProvider: vi.fn(nothing),
    registerCompletionItemProvider: vi.fn(nothing),
  },
  window: { onDidChangeActiveTextEditor: nothing },
  workspace: {
    textDocuments: [] as unknown[],
    getWorkspaceFolder: (): undefined => undefined,
    onDidOpenTextDocument: nothing,
    onDidChangeTextDocument: nothing,
    onDidSaveTextDocument: nothing,
    onDidCloseTextDocument: nothing,
  },
};

/** A file as an editor has it open. */
export function openDocument(file: string, text = readFileSync(file, 'utf8')) {
  const positionAt = (offset: number): Position => {
    const { line, column } = positionOf(text, offset);
    return new Position(line - 1, column - 1);
  };
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  return {
    uri: fakeVscode.Uri.file(path.resolve(file)),
    version: 1,
    isClosed: false,
    getText: () => text,
    positionAt,
    offsetAt: ({ line, character }: Position) => (starts[line] ?? 0) + character,
  };
}
