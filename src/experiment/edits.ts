// Changes to a configuration's text, made as a careful person would: comments, order and indentation
// stay. Quick fixes, the terminal's overrides and the dashboard's form all edit through these.

import { createScanner, type Edit, type FormattingOptions, findNodeAtLocation, modify, type Node, parseTree } from 'jsonc-parser';
import type { Fix, TextEdit } from './finding';

/** `text` with the edits of one fix done. */
export function applyFix(text: string, fix: Fix): string {
  return applyEdits(text, fix.edits);
}

/** Offsets of all edits refer to `text` as it was; they may not overlap. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const backwards = [...edits].sort((a, b) => b.offset - a.offset);
  return backwards.reduce((before, { offset, length, text: put }) => before.slice(0, offset) + put + before.slice(offset + length), text);
}

/**
 * Edits that write `value` at a dotted path, adding what is missing on the way, and putting an object in
 * the place of whatever is in the way. `text` must be free of syntax errors.
 */
export function editsToSet(text: string, field: string, value: unknown): TextEdit[] {
  const path = field.split('.');
  let depth = 0;
  let node = parseTree(text);
  let holder: Node | undefined;
  while (node?.type === 'object' && depth < path.length) {
    holder = node;
    node = findNodeAtLocation(node, [path[depth++] ?? '']);
  }
  const beside = node === undefined && depth === path.length && holder ? insertedBeside(text, holder, path.at(-1) ?? '', value) : undefined;
  if (beside) return [beside];
  const isBlocked = node !== undefined && depth < path.length;
  const [place, content] = isBlocked ? [path.slice(0, depth), nested(path.slice(depth), value)] : [path, value];
  const edits = modify(text, place, content, { formattingOptions: formattingOf(text) });
  return edits.map(({ offset, length, content: put }: Edit) => ({ offset, length, text: put }));
}

/** An object on one line stays there when a property joins the others; undefined where it has lines of its own, or none. */
function insertedBeside(text: string, holder: Node, name: string, value: unknown): TextEdit | undefined {
  const last = holder.children?.at(-1);
  if (!last || holder.parent === undefined || text.slice(holder.offset, holder.offset + holder.length).includes('\n')) return undefined;
  const end = last.offset + last.length;
  const offset = findComma(text, end) ?? end;
  return { offset, length: 0, text: `, ${JSON.stringify(name)}: ${JSON.stringify(value)}` };
}

function nested(path: readonly string[], value: unknown): unknown {
  return path.reduceRight((inner, name) => Object.fromEntries([[name, inner]]), value);
}

/** The edit that turns `before` into `after`: one, from the first to the last difference. */
export function difference(before: string, after: string): TextEdit {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return { offset: start, length: before.length - end - start, text: after.slice(start, after.length - end) };
}

/** Edits that take a property away, with the comma that belongs to it; comments around it stay. */
export function editsToRemove(text: string, property: Node): TextEdit[] {
  const siblings = property.parent?.children ?? [];
  const before = siblings[siblings.indexOf(property) - 1];
  const end = property.offset + property.length;
  const after = findComma(text, end);
  const blanks = /[ \t]*$/.exec(text.slice(0, property.offset))?.[0].length ?? 0;
  const lineBreak = /\r?\n?$/.exec(text.slice(0, property.offset - blanks))?.[0].length ?? 0;
  const start = property.offset - (lineBreak > 0 ? blanks + lineBreak : 0);
  if (after !== undefined) {
    // What stands alone on its line leaves no empty line; what shares a line takes the blanks after it along.
    const trailing = lineBreak > 0 ? 0 : (/^[ \t]*/.exec(text.slice(after + 1))?.[0].length ?? 0);
    const between = text.slice(end, after);
    return [{ offset: start, length: after + 1 + trailing - start, text: between.trim() === '' ? '' : between }];
  }
  const comma = before && findComma(text, before.offset + before.length);
  const edit = { offset: property.offset - blanks - lineBreak, length: property.length + blanks + lineBreak, text: '' };
  return comma === undefined ? [edit] : [{ offset: comma, length: 1, text: '' }, edit];
}

/** Offset of the comma that follows `offset` with nothing but blanks and comments between. */
function findComma(text: string, offset: number): number | undefined {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset);
  scanner.scan();
  return text[scanner.getTokenOffset()] === ',' ? scanner.getTokenOffset() : undefined;
}

function formattingOf(text: string): FormattingOptions {
  const indent = /\n([ \t]+)"/.exec(text)?.[1] ?? '  ';
  return {
    insertSpaces: !indent.startsWith('\t'),
    tabSize: indent.startsWith('\t') ? 1 : indent.length,
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  };
}
