// What a dashboard costs the process that watches: opens a run as the extension host does, asks what a
// page asks, and says how much the process has grown. `node dist/bench/watching.mjs RUN [PANELS]`

import { fileURLToPath } from 'node:url';
import { Observer } from '../src/observe/client';
import type { RunView } from '../src/observe/runView';

const [directory = '', panels = '1'] = process.argv.slice(2);
const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
const resident = (): number => process.memoryUsage().rss;

async function look(view: RunView): Promise<void> {
  const { extent } = await view.snapshot();
  const { layout, columns, lastScalarStep } = extent;
  if (!layout) return;
  const rows = { from: 0, to: layout.rows.length };
  for (const statistic of layout.columns) await view.tile({ statistic, rows, columns: { from: 0, to: columns }, width: 1500, height: 900 });
  for (const scalar of extent.scalars) await view.series({ source: { scalar }, steps: { from: 0, to: lastScalarStep + 1 }, points: 2000 });
  for (let column = 0; column < columns; column += 100) await view.profile({ statistics: layout.columns.slice(0, 3), column });
}

/** Resolves when there is something to draw. */
async function firstTile(view: RunView): Promise<void> {
  for (;;) {
    const { layout, columns } = (await view.snapshot()).extent;
    const [statistic] = layout?.columns ?? [];
    if (layout && statistic !== undefined && columns > 0) {
      const rows = { from: 0, to: layout.rows.length };
      await view.tile({ statistic, rows, columns: { from: 0, to: columns }, width: 750, height: 320 });
      return;
    }
    await new Promise((done) => setTimeout(done, 10));
  }
}

async function whole(view: RunView): Promise<void> {
  for (let before = -1; ; ) {
    const { columns } = (await view.snapshot()).extent;
    if (columns === before && columns > 0) return;
    before = columns;
    await new Promise((done) => setTimeout(done, 1000));
  }
}

const before = resident();
let most = before;
const watching = setInterval(() => {
  most = Math.max(most, resident());
}, 20);
const observer = new Observer(fileURLToPath(new URL('../observer.mjs', import.meta.url)));
const views = Array.from({ length: Number(panels) }, () => observer.openRun(directory));
const began = performance.now();
if (views[0]) await firstTile(views[0]);
const first = Math.round(performance.now() - began);
for (const view of views) await whole(view);
for (const view of views) await look(view);
await new Promise((done) => setTimeout(done, 2000));
clearInterval(watching);
const grown = `${megabytes(resident() - before)} MB, ${megabytes(most - before)} MB at the most`;
console.log(
  `${panels} panel(s) of one run: the host grows by ${grown} (one should stay below 150), a first picture’s numbers after ${first} ms`,
);
observer.dispose();
process.exit(0);
