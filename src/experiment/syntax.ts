// From text to a JSON tree with offsets, or to the one finding that says where the text stops being
// JSON. A parser that recovers reports a chain of follow-on errors; only the first is a mistake.

import { createScanner, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Finding, Fix, TextRange } from './finding';

/** What the quick fix writes into an empty file. */
const STARTER = '{\n  "model": { "layers": 12, "hidden": 64 }\n}\n';

/** By the parser's own names of its errors. */
const CODES: Readonly<Record<string, string>> = {
  InvalidSymbol: 'syntax-symbol',
  InvalidCharacter: 'syntax-symbol',
  ValueExpected: 'syntax-value-expected',
  PropertyNameExpected: 'syntax-name-expected',
  ColonExpected: 'syntax-colon-expected',
  CommaExpected: 'syntax-comma-expected',
  CloseBraceExpected: 'syntax-not-closed',
  CloseBracketExpected: 'syntax-not-closed',
  EndOfFileExpected: 'syntax-after-end',
  UnexpectedEndOfString: 'syntax-open-text',
  UnexpectedEndOfComment: 'syntax-open-comment',
};

const CLOSERS: Readonly<Record<string, string>> = { CloseBraceExpected: '}', CloseBracketExpected: ']' };

export type Parsed = { readonly root: Node } | { readonly finding: Finding };

/** JSON with comments and trailing commas; a byte order mark is passed over. */
export function parse(text: string): Parsed {
  const errors: ParseError[] = [];
  const visible = text.replace(/^\uFEFF/, ' ');
  let root: Node | undefined;
  try {
    root = parseTree(visible, errors, { allowTrailingComma: true });
  } catch (error) {
    // The parser descends by calling itself, so brackets by the thousand exhaust the stack.
    if (!(error instanceof RangeError)) throw error;
    return { finding: syntaxFinding('syntax-too-deep', text, { offset: 0, length: 1 }, []) };
  }
  const [first] = errors;
  if (root === undefined && isBlank(visible)) {
    const fix: Fix = { title: 'fix-starter', edits: [{ offset: text.length, length: 0, text: STARTER }] };
    return { finding: syntaxFinding('empty-file', text, { offset: 0, length: text.length }, [fix]) };
  }
  if (first !== undefined || root === undefined) {
    const range = first ?? { offset: 0, length: text.length };
    return { finding: syntaxFinding(CODES[nameOf(first)] ?? 'syntax-error', text, range, fixesOf(text, errors)) };
  }
  return { root };
}

/** Line and column, both from 1, of an offset; for people reading a terminal. */
export function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** What the text says at a range, on one line and short enough for a message. */
export function excerpt(text: string, { offset, length }: TextRange): string {
  const words = text
    .slice(offset, offset + length)
    .replace(/\s+/g, ' ')
    .trim();
  return words.length <= 60 ? words : `${words.slice(0, 57)}…`;
}

function syntaxFinding(code: string, text: string, range: TextRange, fixes: readonly Fix[]): Finding {
  const { line, column } = positionOf(text, range.offset);
  const args = { field: '', value: excerpt(text, range), line, column };
  return { code, severity: 'error', field: '', args, range: { offset: range.offset, length: range.length }, fixes };
}

function fixesOf(text: string, errors: readonly ParseError[]): readonly Fix[] {
  const [first] = errors;
  if (first === undefined) return [];
  const found = text.slice(first.offset, first.offset + first.length);
  if (nameOf(first) === 'CommaExpected' && /^["{[]/.test(found)) {
    return [{ title: 'fix-comma', edits: [{ offset: endOfTokenBefore(text, first.offset), length: 0, text: ',' }] }];
  }
  if (nameOf(first) === 'InvalidSymbol') {
    const [, inner = found] = /^'([^'"\\]*)'$/.exec(found) ?? [];
    const isName = /^\s*:/.test(text.slice(first.offset + first.length));
    if (inner === found && !(isName && /^[\w-]+$/.test(found))) return [];
    return [{ title: 'fix-quote', edits: [{ offset: first.offset, length: first.length, text: `"${inner}"` }] }];
  }
  const closers = errors.map((error) => CLOSERS[nameOf(error)]);
  if (closers.every((closer) => closer !== undefined)) {
    return [{ title: 'fix-close', edits: [{ offset: text.trimEnd().length, length: 0, text: `\n${closers.join('')}` }] }];
  }
  return [];
}

function nameOf(error: ParseError | undefined): string {
  return error === undefined ? '' : printParseErrorCode(error.error);
}

function endOfTokenBefore(text: string, offset: number): number {
  const scanner = createScanner(text, true);
  let end = 0;
  for (scanner.scan(); scanner.getTokenLength() > 0 && scanner.getTokenOffset() < offset; scanner.scan()) {
    end = scanner.getTokenOffset() + scanner.getTokenLength();
  }
  return end;
}

/** Nothing but blanks and comments. */
function isBlank(text: string): boolean {
  return endOfTokenBefore(text, text.length) === 0;
}
