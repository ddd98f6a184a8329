// The CUDA engine's installation: whole or not at all, and a reason for everything that keeps it from happening.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { CUDA_ENGINE, installCudaEngine, npmOf, type Run, spawnRun } from '../../../src/extension/engines/installation';
import { scratch } from '../cli/harness';

const never = new AbortController().signal;
const linux = { platform: 'linux', architecture: 'x64' } as const;
const npmThere = (file: string): boolean => file.endsWith('npm-cli.js');

/** What npm would do: leaves a package, says something, ends with a code. */
const npm =
  (code: number, output = ''): Run =>
  async (_program, _args, folder, line) => {
    mkdirSync(path.join(folder, 'node_modules/new'), { recursive: true });
    line('npm http fetch GET 200');
    return { code, output };
  };

function place(): string {
  const folder = path.join(scratch(), 'storage', 'engines');
  mkdirSync(path.join(folder, 'node_modules/old'), { recursive: true });
  return folder;
}

describe('the CUDA engine', () => {
  it('is installed beside what is there, and then in its place', async () => {
    const folder = place();
    const asked: string[][] = [];
    const lines: string[] = [];
    const run: Run = async (program, args, inside, line, signal) => {
      asked.push([program, ...args]);
      expect(existsSync(path.join(folder, 'node_modules/old'))).toBe(true);
      expect(JSON.parse(readFileSync(path.join(inside, 'package.json'), 'utf8'))).toEqual({ private: true });
      return npm(0)(program, args, inside, line, signal);
    };
    const installation = { node: '/n/bin/node', folder, ...linux };
    expect(await installCudaEngine(installation, (text) => lines.push(text), never, run, npmThere)).toBe('installed');
    expect(asked[0]?.slice(0, 4)).toEqual(['/n/bin/node', path.join('/n/lib/node_modules/npm/bin/npm-cli.js'), 'install', CUDA_ENGINE]);
    expect(lines).toEqual(['npm http fetch GET 200']);
    expect([existsSync(path.join(folder, 'node_modules/new')), existsSync(path.join(folder, 'node_modules/old'))]).toEqual([true, false]);
    expect(existsSync(`${folder}.part`)).toBe(false);
  });

  it.each([
    ['npm error code ENOTFOUND\nnpm error network request to the registry failed', 'network', 'ENOTFOUND'],
    ['gyp says hello\nnpm error code 1\nnpm error\nnpm error A complete log of this run can be found in: x', 'npm', 'code 1'],
  ])('leaves what was there when npm fails, and says why: %s', async (output, refused, detail) => {
    const folder = place();
    const outcome = await installCudaEngine({ node: '/n/bin/node', folder, ...linux }, () => undefined, never, npm(1, output), npmThere);
    expect(outcome).toEqual({ refused, detail: expect.stringContaining(detail) });
    expect(JSON.stringify(outcome)).not.toContain('complete log');
    expect(existsSync(path.join(folder, 'node_modules/old'))).toBe(true);
    expect(existsSync(`${folder}.part`)).toBe(false);
  });

  it('is refused where TensorFlow has none, or Node came without npm, before anything is written', async () => {
    const folder = place();
    const on = (platform: NodeJS.Platform, architecture: string) =>
      installCudaEngine({ node: '/n/bin/node', folder, platform, architecture }, () => undefined, never, npm(0), npmThere);
    expect(await on('darwin', 'arm64')).toEqual({ refused: 'platform', detail: 'darwin-arm64' });
    expect(await on('linux', 'arm64')).toMatchObject({ refused: 'platform' });
    const bare = await installCudaEngine(
      { node: '/n/bin/node', folder, ...linux },
      () => undefined,
      never,
      npm(0),
      () => false,
    );
    expect(bare).toEqual({ refused: 'no-npm', detail: '/n/bin/node' });
    expect(npmOf('/n/node', (file) => file === path.join('/n/node_modules/npm/bin/npm-cli.js'))).toBe(
      path.join('/n/node_modules/npm/bin/npm-cli.js'),
    );
    expect(existsSync(path.join(folder, 'node_modules/old'))).toBe(true);
  });

  it('can be cancelled: the program ends, and nothing is left of it', async () => {
    const root = scratch();
    const fake = path.join(root, 'lib/node_modules/npm/bin/npm-cli.js');
    mkdirSync(path.dirname(fake), { recursive: true });
    writeFileSync(fake, "console.log('begun'); setInterval(() => {}, 1000);");
    const folder = path.join(root, 'engines');
    const ending = new AbortController();
    // Npm is looked for beside Node, and both only pretend: this process's Node runs the script.
    const exists = (file: string): boolean => file.endsWith('npm-cli.js');
    const node = process.execPath;
    const script = npmOf(node, exists) as string;
    const run: Run = (program, args, inside, line, signal) =>
      spawnRun(program, [fake, ...args.filter((arg) => arg !== script)], inside, line, signal);
    const outcome = await installCudaEngine({ node, folder, ...linux }, () => ending.abort(), ending.signal, run, exists);
    expect(outcome).toBe('cancelled');
    expect([existsSync(folder), existsSync(`${folder}.part`)]).toEqual([false, false]);
  });
});
