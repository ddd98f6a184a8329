// The English words for every code that a finding, a failure or a fix may carry. The trainer and the
// page send codes with arguments; whoever shows them renders here, or through its own translation of
// this table. `{name}` stands for an argument.

export type MessageArgs = Readonly<Record<string, string | number>>;

export const MESSAGES: Readonly<Record<string, string>> = {
  'unexpected-failure': 'Something unforeseen went wrong: {detail}. The details are in {log}.',
};

/** Renders a code in English, or through `table`; an unknown code shows itself rather than nothing. */
export function render(code: string, args: MessageArgs, table: Readonly<Record<string, string>> = MESSAGES): string {
  const template = table[code];
  if (template === undefined) return `${code} ${JSON.stringify(args)}`;
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => String(args[name] ?? whole));
}
