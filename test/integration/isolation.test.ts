// Nothing leaves the machine, nothing comes in, and no program is run but those that a person means: watched while the
// trainer and the terminal tool work, and looked for in what ships.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRun } from '../../src/experiment/runDirectory';
import { Trainers } from '../faults/trainer';
import { smallConfig } from '../unit/trainer/harness';

let folder: string;
let trainers: Trainers;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'fathom-isolation-'));
  trainers = await Trainers.prepare(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NETWORK = ['net', 'http', 'https', 'http2', 'tls', 'dns', 'dgram', 'undici', 'ws', 'inspector', 'cluster'];

/** Modules that a bundle asks for while it runs. */
function modulesOf(bundle: string): Set<string> {
  const text = readFileSync(bundle, 'utf8');
  const found = text.matchAll(/(?:\bfrom\s*|\brequire\w*\(|\bimport\(|\bimport\s*)["'](?:node:)?([^"'./][^"']*)["']/g);
  return new Set([...found].map(([, name = '']) => name));
}

describe('the network', () => {
  it('is asked for by neither trainer nor terminal tool, whatever they do', async () => {
    const small = smallConfig({ layers: 2, context: 16, vocabulary: 256 }, { batch: 2, steps: 6, activations: 'auto' });
    const config = { ...small, engine: { name: 'auto', workers: 2 } } as const;
    const { directory } = await createRun({ runs: path.join(folder, 'runs'), name: 'x', config, kind: 'run' });
    const example = path.resolve('examples/first-light.fathom.json');
    const work: readonly (readonly string[])[] = [
      ['dist/trainer.mjs', directory],
      ['dist/cli.mjs', 'check', example],
      ['dist/cli.mjs', 'describe', example],
      ['dist/cli.mjs', 'runs', '--runs', path.join(folder, 'runs')],
      ['dist/cli.mjs', 'generate', directory, '--prompt', 'It was', '--tokens', '4'],
      ['dist/cli.mjs', 'evaluate', directory, '--task', 'lambada', '--data', path.resolve('test/fixtures/evaluation/lambada.jsonl')],
      ['dist/cli.mjs', 'export', directory, '--format', 'csv', '--out', path.join(folder, 'numbers')],
    ];
    for (const words of work) {
      const { exited, words: said } = trainers.run(words);
      const code = await exited;
      expect(said(), words.join(' ')).not.toContain('NETWORK');
      expect(code, `${words.join(' ')}\n${said()}`).toBe(0);
    }
  });

  it('is watched in a way that would notice', async () => {
    const script = path.join(folder, 'speaks.mjs');
    writeFileSync(script, "await fetch('http://127.0.0.1:8099/').catch(() => undefined);\n");
    const { exited, words } = trainers.run([script]);
    await exited;
    expect(words()).toContain('NETWORK: net.Socket.connect');
  });

  it.each(readdirSync('dist').filter((name) => /\.(mjs|cjs)$/.test(name)))('is no module of dist/%s', (name) => {
    const modules = modulesOf(path.join('dist', name));
    expect([...modules].filter((module) => NETWORK.includes(module.split('/')[0] ?? ''))).toEqual([]);
    expect(readFileSync(path.join('dist', name), 'utf8')).not.toMatch(/\b(XMLHttpRequest|WebSocket|EventSource|sendBeacon)\b/);
  });

  it('nor code made from text is in the page', () => {
    const page = readFileSync('dist/webview/main.js', 'utf8');
    expect(page).not.toMatch(/\beval\(|\bnew Function\(|\bFunction\(["'`]|\bfetch\(|\b(XMLHttpRequest|WebSocket|EventSource|sendBeacon)\b/);
  });
});

describe('other programs', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name: name.split(path.sep).join('/'), text: readFileSync(path.join('src', name), 'utf8') }));

  /** npm, where a person confirmed that it installs an engine: it needs their proxies and settings. */
  const INSTALLS = 'extension/engines/installation.ts';

  it('are run in few places only, never by a shell, and with an environment that was chosen', () => {
    const starting = sources.filter(({ text }) => text.includes('child_process'));
    expect(starting.map(({ name }) => name).sort()).toEqual([
      'experiment/launch.ts',
      'experiment/system.ts',
      INSTALLS,
      'extension/launch/nodeRuntime.ts',
      'extension/tool.ts',
    ]);
    for (const { name, text } of starting) {
      expect(text, name).not.toMatch(/(?<![.\w])exec\(|\bexecSync\(|\bshell:|\bspawnSync\(|\bfork\(/);
      if (name === INSTALLS) continue;
      const calls = text.match(/\b(spawn|execFile|execFileSync)\(/g) ?? [];
      expect(text.match(/\benv\b[:,]| env }/g)?.length ?? 0, name).toBeGreaterThanOrEqual(calls.length);
    }
  });

  it('are chosen by no setting that a workspace could bring along', () => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
    const { 'fathom.node': node } = manifest.contributes.configuration.properties;
    expect(node.scope).toBe('machine');
    expect(manifest.capabilities.untrustedWorkspaces).toMatchObject({ supported: 'limited', restrictedConfigurations: ['fathom.node'] });
  });

  it('nor code are made from text', () => {
    for (const { name, text } of sources) expect(text, name).not.toMatch(/\beval\(|\bnew Function\(|\bvm\b.*from 'node:vm'/);
  });
});
