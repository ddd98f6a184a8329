// `npm run torture -- [--kills N] [--seed N]`: the long version, with figures.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { torture } from './torture';

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: { kills: { type: 'string', default: '300' }, seed: { type: 'string', default: '1' } },
});
const folder = mkdtempSync(path.join(tmpdir(), 'fathom-torture-'));
const begun = performance.now();
const result = await torture({ kills: Number(values.kills), seed: Number(values.seed), folder, say: (line) => console.log(line) });
const seconds = (performance.now() - begun) / 1000;
console.log(
  `${result.kills} kills, ${result.starts} starts, ${result.finished} runs finished in ${seconds.toFixed(0)} s (seed ${values.seed})`,
);
for (const [moment, count] of Object.entries(result.moments).sort(([, a], [, b]) => b - a))
  console.log(`${String(count).padStart(5)}  ${moment}`);
for (const line of result.wrong) console.log(`WRONG  ${line}`);
if (result.wrong.length === 0) {
  console.log('Nothing lost, nothing torn, nothing shown twice; losses and weights bit-identical to those of undisturbed runs.');
  rmSync(folder, { recursive: true });
} else {
  console.log(`What is left is in ${folder}`);
  process.exitCode = 1;
}
