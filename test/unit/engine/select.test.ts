// Choosing an engine, and what a machine that lacks one is told.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { graphicsCards, onlySoftwareAdapters } from '../../../src/engine/cards';
import { type EngineName, type EngineUnavailable, selectEngine } from '../../../src/engine/select';
import { surveyEngines } from '../../../src/engine/survey';
import { Failure } from '../../../src/experiment/failure';
import { render } from '../../../src/experiment/messages';
import { openEngine } from '../../../src/trainer/openEngine';

const refusal = (name: EngineName): Promise<EngineUnavailable> =>
  selectEngine({ name }).then(
    () => {
      throw new Error(`${name} runs here`);
    },
    (error: EngineUnavailable) => error,
  );

function folderOf(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(path.join(tmpdir(), 'fathom-engines-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
  return root;
}

describe('selectEngine', () => {
  it('gives the engine that was asked for, and the native one by itself', async () => {
    const named = [
      [{ name: 'reference' }, 'reference', 'asked for by name'],
      [{ name: 'onnxruntime', threads: 2 }, 'onnxruntime', 'asked for by name'],
      [{ name: 'tfjs' }, 'tfjs', 'asked for by name'],
      [{ name: 'auto' }, 'onnxruntime', 'the fastest engine on a processor; graphics cards are asked for by name'],
    ] as const;
    for (const [wish, name, why] of named) {
      const { engine, reason } = await selectEngine(wish);
      expect(engine.identity.name).toBe(name);
      expect(reason).toBe(why);
      await engine.dispose();
    }
    const { engine } = await selectEngine({ name: 'onnxruntime', threads: 2 });
    expect(engine.identity.device).toBe('CPU, 2 threads');
    expect(engine.identity.version).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('says which engine does not load and why; only auto becomes another, and says so', async () => {
    vi.resetModules();
    vi.doMock('koffi', () => ({
      default: {
        load() {
          throw new Error('libonnxruntime.so.1: cannot open shared object file');
        },
      },
    }));
    const { EngineUnavailable: Unavailable, selectEngine: select } = await import('../../../src/engine/select');
    const error = await select({ name: 'onnxruntime' }).catch((thrown: unknown) => thrown);
    const { engine: other, reason } = await select({ name: 'auto' });
    vi.doUnmock('koffi');
    expect(error).toBeInstanceOf(Unavailable);
    const { name, engine, problem, message, cause } = error as EngineUnavailable;
    expect({ name, engine, problem }).toEqual({ name: 'EngineUnavailable', engine: 'onnxruntime', problem: 'library' });
    expect(message).toContain('engine onnxruntime cannot run');
    expect(cause).toBeInstanceOf(Error);
    expect(other.identity.name).toBe('tfjs');
    expect(reason).toMatch(/^onnxruntime, which is faster, does not load here \(libonnxruntime/);
  });

  it('tells a package that nobody installed from one that does not load', async () => {
    const none = folderOf({});
    vi.stubEnv('FATHOM_ENGINES', none);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await refusal('tfjs-node-gpu')).toMatchObject({
      problem: 'not-installed',
      detail: 'there is no package @tensorflow/tfjs-node-gpu',
    });
    const half = folderOf({
      'node_modules/@tensorflow/tfjs-node-gpu/package.json': '{"name": "@tensorflow/tfjs-node-gpu", "main": "index.js"}',
      'node_modules/@tensorflow/tfjs-node-gpu/index.js': "throw new Error('The specified module could not be found: tfjs_binding.node');",
    });
    vi.stubEnv('FATHOM_ENGINES', half);
    expect(await refusal('tfjs-node-gpu')).toMatchObject({
      problem: 'library',
      detail: 'The specified module could not be found: tfjs_binding.node',
    });
  });

  it('refuses a card that TensorFlow does not see', async () => {
    const blind = folderOf({
      'node_modules/@tensorflow/tfjs-node-gpu/package.json': '{"name": "@tensorflow/tfjs-node-gpu", "main": "index.js"}',
      'node_modules/@tensorflow/tfjs-node-gpu/index.js':
        'exports.ready = async () => {}; exports.backend = () => ({ isUsingGpuDevice: false });',
    });
    vi.stubEnv('FATHOM_ENGINES', blind);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await refusal('tfjs-node-gpu')).toMatchObject({ problem: 'no-adapter', detail: expect.stringContaining('CUDA 11.2') });
  });

  it('does not take a software adapter for a card', async () => {
    vi.stubEnv('VK_DRIVER_FILES', '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await refusal('webgpu')).toMatchObject({ engine: 'webgpu', problem: 'software-only' });
  });
});

describe('WebGPU where there is no adapter', () => {
  it('is one error, which says what to write instead', async () => {
    // A driver that is named and not there keeps others from being looked for.
    vi.stubEnv('VK_DRIVER_FILES', '/nowhere/vk_swiftshader_icd.json');
    onTestFinished(() => void vi.unstubAllEnvs());
    for (const name of ['webgpu', 'webgpu-software'] as const) {
      const failure = await openEngine(name).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Failure);
      const { code, args } = failure as Failure;
      expect(code).toBe(name === 'webgpu' ? 'engine-software-only' : 'engine-no-software-adapter');
      expect(render(code, args)).toMatch(new RegExp(`^engine\\.name is ${name}, .*Write engine\\.name auto for the processor`));
    }
    const reports = await surveyEngines(['webgpu', 'webgpu-software']);
    expect(reports.map(({ why }) => why.code)).toEqual(['device-software-only', 'device-no-software-adapter']);
    for (const { why } of reports) expect(render(why.code, why.args)).not.toMatch(/[{}]/);
  });
});

describe('a survey', () => {
  it('opens each engine, and has a reason for whatever does not open', async () => {
    vi.stubEnv('FATHOM_ENGINES', folderOf({}));
    onTestFinished(() => void vi.unstubAllEnvs());
    const reports = await surveyEngines(['onnxruntime', 'tfjs', 'tfjs-node-gpu', 'reference']);
    expect(reports.map(({ name, auto, identity, why }) => [name, auto, identity?.device, why.code])).toEqual([
      ['onnxruntime', true, 'CPU, 1 thread', 'device-fastest-cpu'],
      ['tfjs', false, 'CPU, WebAssembly, 1 thread', 'device-slower'],
      ['tfjs-node-gpu', false, undefined, 'device-not-installed'],
      ['reference', false, 'CPU, 1 thread, float64', 'device-by-name'],
    ]);
    for (const { why } of reports) expect(render(why.code, why.args)).not.toMatch(/[{}]/);
  });
});

describe('graphics cards', () => {
  const device = 'sys/class/drm/card0/device';
  const root = (): string =>
    folderOf({
      [`${device}/vendor`]: '0x1002\n',
      [`${device}/device`]: '0x744c\n',
      [`${device}/uevent`]: 'DRIVER=amdgpu\nPCI_CLASS=30000\n',
      [`${device}/mem_info_vram_total`]: '25753026560\n',
      'sys/class/drm/card0-DP-1/status': 'connected\n',
      'sys/class/drm/card1/device/uevent': 'DRIVER=simpledrm\n',
    });

  it('are read from what Linux shows, once each', () => {
    expect(graphicsCards('linux', root())).toEqual([{ name: 'AMD 0x744c', driver: 'amdgpu', memory: 25_753_026_560 }]);
    expect(graphicsCards('linux', folderOf({}))).toEqual([]);
    expect(graphicsCards('darwin', root())).toBeUndefined();
  });

  it('are there where something renders, unless only software drivers are named', () => {
    const renders = folderOf({ 'dev/dri/renderD128': '' });
    const bare = folderOf({ 'dev/dri/card0': '' });
    expect(onlySoftwareAdapters('linux', {}, renders)).toBeUndefined();
    expect(onlySoftwareAdapters('linux', {}, bare)).toBe('the system shows no graphics card');
    expect(onlySoftwareAdapters('linux', { VK_DRIVER_FILES: '/x/vk_swiftshader_icd.json' }, renders)).toContain('vk_swiftshader_icd.json');
    expect(onlySoftwareAdapters('linux', { VK_DRIVER_FILES: '/x/vk_swiftshader_icd.json:/x/nvidia_icd.json' }, renders)).toBeUndefined();
    expect(onlySoftwareAdapters('win32', {}, bare)).toBeUndefined();
  });
});
