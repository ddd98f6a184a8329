// Choosing an engine, and what a machine without the native library is told.

import { describe, expect, it, vi } from 'vitest';
import { type EngineUnavailable, selectEngine } from '../../../src/engine/select';

describe('selectEngine', () => {
  it('gives the engine that was asked for, and the native one by itself', async () => {
    const named = [
      [{ name: 'reference' }, 'reference', 'asked for by name'],
      [{ name: 'onnxruntime', threads: 2 }, 'onnxruntime', 'asked for by name'],
      [{ name: 'auto' }, 'onnxruntime', 'the fastest engine on a CPU'],
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

  it('says which engine does not load and why, and never falls back to the slow one', async () => {
    vi.resetModules();
    vi.doMock('onnxruntime-node', () => {
      throw new Error('libonnxruntime.so.1: cannot open shared object file');
    });
    const { EngineUnavailable: Unavailable, selectEngine: select } = await import('../../../src/engine/select');
    const error = await select({ name: 'auto' }).catch((thrown: unknown) => thrown);
    vi.doUnmock('onnxruntime-node');
    expect(error).toBeInstanceOf(Unavailable);
    const { name, engine, message, cause } = error as EngineUnavailable;
    expect({ name, engine }).toEqual({ name: 'EngineUnavailable', engine: 'onnxruntime' });
    expect(message).toContain('engine onnxruntime does not load: ');
    expect(cause).toBeInstanceOf(Error);
  });
});
