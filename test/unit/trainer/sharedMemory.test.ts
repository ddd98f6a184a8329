// What threads of a team share: gradients add up in the order of ranks, and nobody waits for the dead.

import { describe, expect, it } from 'vitest';
import { memoryOf } from '../../../src/engine/alignedMemory';
import type { FloatArray, Tensor } from '../../../src/engine/engine';
import { createOnnxEngine } from '../../../src/engine/onnxruntime/engine';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import { describeModel, type Model } from '../../../src/model/model';
import { abandon, flatOf, newTurns, SharedMemory, type SharedState, slotLayouts } from '../../../src/trainer/memory';
import { allBlocks, allocateWeights } from '../../../src/trainer/weights';
import { smallConfig } from './harness';

function sharedBy(model: Model, array: (length: number) => FloatArray): SharedState {
  const arrays = () => slotLayouts(model).map(({ length }) => array(length));
  return { weights: arrays(), gradients: arrays(), states: [], parts: [], memories: [], turns: newTurns(slotLayouts(model).length) };
}

function team(workers: number) {
  const engine = createReferenceEngine();
  const model = describeModel(smallConfig().model);
  const shared = sharedBy(model, (length) => new Float64Array(length));
  const members = Array.from({ length: workers }, (_, index) => new SharedMemory(engine, model, shared, { index, of: workers }));
  const add = (member: number, value: number, first: boolean): void => {
    const memory = members[member] as SharedMemory;
    flatOf(memory.target(1, first)).fill(value);
    memory.written(1, first);
  };
  return { engine, shared, members, add };
}

describe('memory shared by a team', () => {
  it('starts a step afresh with the first part of the first rank, and adds all others', () => {
    const { shared, add } = team(2);
    for (const scale of [1, 10]) {
      add(0, scale, true);
      add(1, 2 * scale, true);
      add(0, 3 * scale, false);
      add(1, 4 * scale, false);
      expect(shared.gradients[1]?.[0]).toBe(10 * scale);
      expect(shared.gradients[2]?.[0]).toBe(0);
    }
  });

  it('reads what is shared, whoever changed it', async () => {
    const { engine, shared, members } = team(2);
    for (const value of [7, 8]) {
      shared.weights[1]?.fill(value);
      for (const member of members) {
        const [first] = Object.values(member.weights(1));
        expect((await engine.read(first as Tensor))[0]).toBe(value);
      }
    }
  });

  it('is read and begun in place by an engine that can', async () => {
    const engine = await createOnnxEngine();
    const model = describeModel(smallConfig().model);
    const shared = sharedBy(model, (length) => new Float32Array(new SharedArrayBuffer(4 * length)));
    const [leader, helper] = [0, 1].map((index) => new SharedMemory(engine, model, shared, { index, of: 2 })) as [
      SharedMemory,
      SharedMemory,
    ];
    shared.weights[1]?.fill(7);
    expect((await engine.read(Object.values(helper.weights(1))[0] as Tensor))[0]).toBe(7);
    for (const step of [1, 2]) {
      expect(flatOf(leader.target(1, true))).toEqual(shared.gradients[1]);
      for (const [memory, part, first] of [
        [leader, 1, true],
        [helper, 2, true],
        [leader, 3, false],
        [helper, 4, false],
      ] as const) {
        flatOf(memory.target(1, first)).fill(part * step);
        memory.written(1, first);
      }
      expect(shared.gradients[1]?.[0]).toBe(10 * step);
    }
  });

  it('lies in one piece, so that loops reach weights, gradients, state and every thread’s parts of them', async () => {
    const engine = await createOnnxEngine();
    const config = smallConfig();
    for (const threads of [1, 2, 3]) {
      const blocks = allBlocks(allocateWeights(engine, describeModel(config.model), config, threads));
      const arrays = blocks.flatMap(({ weight, gradient, state, parts }) => [flatOf(weight), flatOf(gradient), state.flat, ...parts]);
      expect(new Set(arrays.map(memoryOf)).size).toBe(1);
      expect(memoryOf(arrays[0] as Float32Array)).toBeDefined();
      expect(blocks.every(({ parts }) => parts.length === (threads > 1 ? threads : 0))).toBe(true);
      expect(new Set(blocks.slice(1, -1).flatMap(({ parts }) => parts)).size).toBe(threads > 1 ? threads : 0);
    }
  });

  it('does not wait for a part that will never come', () => {
    const { shared, add } = team(2);
    abandon(shared.turns);
    expect(() => add(1, 1, true)).toThrow('another thread failed');
  });
});
