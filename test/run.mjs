// Runs one of the tests' TypeScript scripts on any Node ≥ 20: `node test/run.mjs e2e/install`. What follows the name
// is the script's own.
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const name = process.argv[2];
const outfile = path.resolve('node_modules/.cache/fathom', `${name}-${process.pid}.mjs`);
mkdirSync(path.dirname(outfile), { recursive: true });
await build({
  entryPoints: [`test/${name}.ts`],
  outfile,
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'esm',
});
try {
  await import(pathToFileURL(outfile).href);
} finally {
  rmSync(outfile, { force: true });
}
