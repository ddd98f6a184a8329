// `npm run ships`: packages the extension for every platform that the engine has libraries for, this one twice, and
// prints what ships: sizes, files, licences, advisories, and whether the same sources gave the same bytes.

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const own = `${process.platform}-${process.arch}`;
const engines = 'node_modules/onnxruntime-node/bin/napi-v6';
const targets = readdirSync(engines).flatMap((system) =>
  readdirSync(path.join(engines, system)).map((processor) => `${system}-${processor}`),
);

function pack(target: string): { readonly hash: string; readonly bytes: number } {
  execFileSync(process.execPath, ['esbuild.mjs', '--package', '--target', target], { stdio: ['ignore', 'ignore', 'inherit'] });
  const file = `fathom-${target}.vsix`;
  return { hash: createHash('sha256').update(readFileSync(file)).digest('hex'), bytes: statSync(file).size };
}

for (const target of targets.filter((each) => each !== own)) console.log(`${target.padEnd(14)} ${mebibytes(pack(target).bytes)}`);
const [first, second] = [pack(own), pack(own)];
console.log(`${own.padEnd(14)} ${mebibytes(first.bytes)}  sha256 ${first.hash}`);
const same = first.hash === second.hash;
console.log(same ? 'Packaged twice: the same bytes.' : `Packaged twice: other bytes, sha256 ${second.hash}`);

console.log('\nFiles of dist/ for this platform:');
for (const name of readdirSync('dist', { recursive: true, encoding: 'utf8' }).sort()) {
  const { size } = statSync(path.join('dist', name));
  if (statSync(path.join('dist', name)).isFile()) console.log(`${String(size).padStart(10)}  ${name}`);
}

console.log('\nLicences:');
const notices = readFileSync('dist/third-party-notices.txt', 'utf8');
for (const line of notices.split('\n').filter((each) => /^\S+ \d+\.\d+\.\d+\S* \(.+\)$/.test(each))) console.log(`  ${line}`);

console.log('\nAdvisories (npm audit, everything that is built with and from):');
const found = advisories();
console.log(
  found === undefined
    ? '  The registry could not be asked.'
    : `  ${Object.entries(found)
        .map(([severity, count]) => `${severity} ${count}`)
        .join(', ')}`,
);
process.exitCode = same && !found?.high && !found?.critical ? 0 : 1;

/** How many there are by severity; undefined where the registry does not answer. */
function advisories(): Readonly<Record<string, number>> | undefined {
  const { stdout } = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8', shell: process.platform === 'win32' });
  try {
    const { metadata } = JSON.parse(stdout) as { readonly metadata?: { readonly vulnerabilities: Readonly<Record<string, number>> } };
    return metadata?.vulnerabilities;
  } catch {
    return undefined;
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
