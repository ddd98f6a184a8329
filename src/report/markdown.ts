// Markdown that stays what it is meant to be, whatever the names in it.

/** A text for a line or a cell: nothing in it is markup. */
export function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~]/g, '\\$&').replace(/\s+/g, ' ');
}

/** A table; cells are Markdown already. The first column is aligned left, others as told. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[], align: 'left' | 'right' = 'left'): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = titles.map((_, c) => (c === 0 || align === 'left' ? '---' : '---:'));
  return [line(titles), line(rule), ...rows.map(line)].join('\n');
}

/** A block of code, fenced by more backticks than it holds. */
export function code(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}
