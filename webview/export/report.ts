// A run, or a comparison, as one HTML file that needs nothing else: what it is, how it went, its plots
// as they stood on the page, its alerts and its configuration. Without scripts, and nothing is fetched.

import { escaped } from '../../src/protocol/page';
import type { TableColumn } from '../runs/measures';
import type { View } from '../view';

export interface ReportSection {
  readonly title: string;
  /** SVG documents. */
  readonly pictures: readonly string[];
  readonly table?: readonly TableColumn[];
}

/** What the page looks like, for the report to look the same. */
export interface ReportLook {
  readonly ground: string;
  readonly ink: string;
  readonly font: string;
}

/** An SVG document inside a page of HTML: without its declaration. */
function inline(picture: string): string {
  return `<figure>${picture.replace(/^<\?xml[^>]*>\s*/, '')}</figure>`;
}

function tableOf(columns: readonly TableColumn[]): string {
  const count = columns[0]?.cells.length ?? 0;
  const head = columns.map(({ title }) => `<th>${escaped(title)}</th>`).join('');
  const rows = Array.from({ length: count }, (_, at) => {
    const cells = columns.map(
      ({ cells: all }) => `<td${typeof all[at]?.value === 'number' ? ' class="n"' : ''}>${escaped(all[at]?.text ?? '')}</td>`,
    );
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
}

/** What a run is and how it went, as label and value. */
export function factsOf({ words, status }: Pick<View, 'words' | 'status'>): readonly (readonly [label: string, value: string])[] {
  const { record } = status;
  const state: readonly [string, string] = [words.text('report.state'), words.text(`state.${status.state}`)];
  const directory: readonly [string, string] = [words.text('report.directory'), status.directory];
  if (!record) return [state, directory];
  const metrics = Object.entries(record.metrics).map(([tag, value]) => [tag, String(value)] as const);
  return [
    state,
    [words.text('report.created'), record.created],
    [words.text('header.step'), words.text('header.stepOf', { step: record.step, steps: record.steps })],
    ...(record.parameters === undefined ? [] : [[words.text('compare.parameters'), String(record.parameters)] as const]),
    ...(record.engine
      ? [[words.text('header.device'), `${record.engine.name} ${record.engine.version}, ${record.engine.device}`] as const]
      : []),
    ...metrics,
    directory,
  ];
}

/** The whole file. Every text is escaped. */
export function reportOf(title: string, view: View, sections: readonly ReportSection[], look: ReportLook): string {
  const { words, alerts, config } = view;
  const facts = factsOf(view).map(([label, value]) => `<dt>${escaped(label)}</dt><dd>${escaped(value)}</dd>`);
  const parts = sections.map(({ title: heading, pictures, table }) =>
    [`<h2>${escaped(heading)}</h2>`, ...(table ? [tableOf(table)] : []), ...pictures.map(inline)].join('\n'),
  );
  const told = alerts.map(({ step, text }) => `<li><b>${escaped(words.text('cursor.step', { step }))}</b> ${escaped(text)}</li>`);
  if (told.length > 0) parts.push(`<h2>${escaped(words.text('cursor.alerts'))}</h2><ul>${told.join('\n')}</ul>`);
  if (config) parts.push(`<h2>${escaped(words.text('report.configuration'))}</h2><pre>${escaped(JSON.stringify(config, null, 2))}</pre>`);
  return `<!DOCTYPE html>
<html lang="${escaped(document.documentElement.lang)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>
body { margin: 2em auto; max-width: 1360px; padding: 0 1em; background: ${look.ground}; color: ${look.ink}; font: 14px/1.5 ${look.font}; }
figure { display: inline-block; margin: 0 0 1em; max-width: 100%; overflow-x: auto; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1.5em; }
dt { opacity: 0.7; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; }
th, td { padding: 2px 14px 2px 0; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); text-align: left; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
pre { overflow-x: auto; }
</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<dl>${facts.join('\n')}</dl>
${parts.join('\n')}
</body>
</html>
`;
}
