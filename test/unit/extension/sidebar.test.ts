// The lines of the Experiments and Devices views, and the `fathom` of terminals.
import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { deviceLines as terminalLines } from '../../../src/cli/commands/devices';
import { surveyEngines } from '../../../src/engine/survey';
import { render } from '../../../src/experiment/messages';
import { validate } from '../../../src/experiment/validate';
import { deviceLines } from '../../../src/extension/devices/report';
import { brokenSummary, configurationSummary, studySummary } from '../../../src/extension/experiments/summary';
import { shims } from '../../../src/extension/terminal/shim';
import { CATALOGUE } from '../../../src/model/catalogue';
import { scratch } from '../cli/harness';
import { english, resolved } from './helpers';

describe('an experiment on one line', () => {
  it('says how deep, how large and by which scheme', () => {
    expect(configurationSummary(resolved({ layers: 100, hidden: 64, scheme: 'post-ln' }), 5_100_000, english)).toEqual({
      words: '100 layers · 5.1 M parameters · post-ln',
      problems: [],
    });
  });

  it('counts only errors, and says each', () => {
    const { findings } = validate('{"model": {"layers": 0, "hiden": 3}}', CATALOGUE);
    const { words, problems } = brokenSummary(findings, ({ code, args }) => render(code, args), english);
    const errors = findings.filter(({ severity }) => severity === 'error');
    expect(errors.length).toBeGreaterThan(1);
    expect(words).toBe(`${errors.length} errors`);
    expect(problems.join('\n')).toContain('model.layers');
    expect(brokenSummary(errors.slice(1), () => 'x', english).words).toBe(errors.length === 2 ? '1 error' : `${errors.length - 1} errors`);
  });

  it('counts the runs of a study', () => {
    const axes = [
      { field: 'model.scheme', values: ['a', 'b', 'c'] },
      { field: 'seed', values: [1, 2] },
    ];
    expect(studySummary(axes, english).words).toBe('6 runs: model.scheme × seed');
  });
});

describe('devices', () => {
  const machine = { processor: 'Some CPU', cores: 8, memory: 32e9, available: 20e9, platform: 'linux-x64', node: 'v20.1.0' };

  it('are told from what is really there: one engine is what auto takes', async () => {
    const engines = await surveyEngines(['onnxruntime', 'reference']);
    expect(engines.filter(({ auto }) => auto)).toHaveLength(1);
    const lines = deviceLines(JSON.stringify({ machine, engines }), english, render);
    expect(lines.engines[0]?.description).toMatch(/^chosen by auto · \d+\.\d+.* · CPU/);
    expect(lines.engines[1]?.tooltip).toContain('64-bit');
    expect(lines.machine.map(({ label, description }) => `${label}: ${description}`)).toEqual([
      'Processor: Some CPU',
      'Cores: 8',
      'Memory: 32 GB, 20 GB at hand',
      'Node: v20.1.0 · linux-x64',
    ]);
    const printed = terminalLines({ machine, engines }).map((line) =>
      line.map((piece) => (typeof piece === 'string' ? piece : piece.text)).join(''),
    );
    expect(printed.join('\n')).toMatch(/onnxruntime \(auto\) +\d/);
  });

  it('say why an engine cannot be used, and what to do', () => {
    const why = { code: 'device-not-loading', args: { engine: 'onnxruntime', detail: 'no such library' } };
    const [line] = deviceLines(JSON.stringify({ machine, engines: [{ name: 'onnxruntime', auto: false, why }] }), english, render).engines;
    expect(line).toMatchObject({ description: 'cannot be used', icon: 'error', broken: true });
    expect(line?.tooltip).toMatch(/no such library.*Install the Fathom/);
    const missing = { code: 'device-not-installed', args: { engine: 'tfjs-node-gpu', detail: 'there is no package' } };
    const cards = [{ name: 'NVIDIA 0x2684', driver: 'nvidia', memory: 24e9 }];
    const text = JSON.stringify({ machine, cards, engines: [{ name: 'tfjs-node-gpu', auto: false, why: missing }] });
    const optional = deviceLines(text, english, render);
    expect(optional.engines[0]).toMatchObject({ description: 'cannot be used', icon: 'circle-slash', broken: false });
    expect(optional.machine.at(-1)).toMatchObject({ label: 'Graphics Card', description: 'NVIDIA 0x2684 · driver nvidia · 24 GB' });
    expect(() => deviceLines('{}', english, render)).toThrow();
  });
});

describe('the fathom of terminals', () => {
  it('calls the tool with what stands behind it, whatever is in its path', () => {
    const folder = path.join(scratch(), "it's $HOME here");
    execFileSync('mkdir', ['-p', folder]);
    const tool = path.join(folder, 'cli.mjs');
    writeFileSync(tool, 'console.log(JSON.stringify(process.argv.slice(2)))');
    for (const node of ['', process.execPath]) {
      const [posix] = shims({ tool, node, editor: '/nowhere' });
      const file = path.join(folder, posix?.name ?? '');
      writeFileSync(file, posix?.text ?? '');
      chmodSync(file, 0o755);
      expect(JSON.parse(execFileSync(file, ['train', 'a b', '$x'], { encoding: 'utf8' }))).toEqual(['train', 'a b', '$x']);
    }
  });

  it('is a batch file on Windows, in which no part of a path is a variable', () => {
    const windows = shims({ tool: 'C:\\100%\\cli.mjs', node: '', editor: 'C:\\Code.exe' }).find(({ name }) => name === 'fathom.cmd');
    expect(windows?.text).toContain('node "C:\\100%%\\cli.mjs" %*\r\n');
  });
});
