// `npm run bench`: how fast Fathom is on this machine. Figures are medians of turns taken side by side, and
// what is to be believed are their ratios.
//
//   npm run bench -- [--quick] [--json FILE] [workers statistics depth width peers page]

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { matmulPeak } from './peak';
import { peersSections } from './peers';
import { gigaflops, type Section, shown } from './report';
import { depthSection, type Scope, scopeOf, statisticsSection, widthSection, workersSection } from './sections';

const SECTIONS: Readonly<Record<string, (scope: Scope) => Promise<Section[]>>> = {
  workers: async (scope) => [await workersSection(scope)],
  statistics: async (scope) => [await statisticsSection(scope)],
  depth: async (scope) => [await depthSection(scope)],
  width: async (scope) => [await widthSection(scope)],
  peers: peersSections,
};
/** The dashboard page has a bench of its own in a real browser. */
const PAGE = 'page';

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, json: { type: 'string', default: 'test-results/bench.json' } },
    allowPositionals: true,
  });
  const known = [...Object.keys(SECTIONS), PAGE];
  const strange = positionals.find((name) => !known.includes(name));
  if (strange !== undefined) {
    console.error(`There is no section '${strange}'; there are ${known.join(', ')}.`);
    return 2;
  }
  const wanted = positionals.length > 0 ? known.filter((name) => positionals.includes(name)) : known;
  const code = wanted.includes(PAGE) ? benchPage() : 0;
  const own = wanted.filter((name) => name !== PAGE);
  if (own.length > 0) await benchTrainer(own, values.quick, values.json);
  return code;
}

async function benchTrainer(wanted: readonly string[], quick: boolean, file: string): Promise<void> {
  const cores = availableParallelism();
  const peak = { one: await matmulPeak(1), all: await matmulPeak(cores) };
  const machine = { processor: cpus()[0]?.model ?? 'unknown', cores, node: process.version, load: loadavg()[0], peak };
  console.log(`${machine.processor}, ${cores} cores, Node ${machine.node}, load ${machine.load?.toFixed(1)}`);
  console.log(`matrix products: ${gigaflops(peak.one)} on one thread, ${gigaflops(peak.all)} on all`);
  const scope = scopeOf(quick, peak.all);
  const sections: Section[] = [];
  for (const name of wanted) {
    for (const section of (await SECTIONS[name]?.(scope)) ?? []) {
      sections.push(section);
      console.log(shown(section));
    }
  }
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  const data = sections.map(({ name, title, notes, data }) => ({ name, title, notes, data }));
  writeFileSync(file, `${JSON.stringify({ date: new Date().toISOString(), quick, machine, sections: data }, null, 2)}\n`);
  console.log(`\n${file}`);
}

function benchPage(): number {
  const cli = path.resolve('node_modules/@playwright/test/cli.js');
  return (
    spawnSync(process.execPath, [cli, 'test', '-c', 'test/page', '--grep', '@bench', '--workers', '1'], { stdio: 'inherit' }).status ?? 1
  );
}

process.exitCode = await main();
