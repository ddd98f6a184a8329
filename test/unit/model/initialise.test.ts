import { describe, expect, it } from 'vitest';
import { initialValues } from '../../../src/model/initialise';
import { describeModel } from '../../../src/model/model';
import { smallModel } from '../trainer/harness';

function deviations(initialisation: string): (name: string, columns?: [number, number]) => number {
  const model = smallModel({ initialisation, hidden: 64, feedForward: 256, layers: 8 });
  const layout = describeModel(model).kindOf(1).layout;
  const values = initialValues(layout, model, 3, 1);
  return (name, [from, to] = [0, 1]) => {
    const entry = layout.entries.find((candidate) => candidate.name === name);
    if (!entry) throw new Error(name);
    const [rows = 1, columns = 1] = entry.shape;
    const picked = [...values.subarray(entry.offset, entry.offset + rows * columns)].filter(
      (_, i) => i % columns >= from * columns && i % columns < to * columns,
    );
    return Math.sqrt(picked.reduce((sum, x) => sum + x * x, 0) / picked.length);
  };
}

describe('initialValues', () => {
  it.each([
    ['normal', 0.02, 0.02, 0.02],
    ['gpt2-scaled', 0.02, 0.02 / 4, 0.02 / 4],
    ['xavier', Math.sqrt(2 / 128), Math.sqrt(2 / 128), Math.sqrt(2 / 320)],
    ['magneto', Math.sqrt(2 / 128), Math.sqrt(Math.log(16)) * Math.sqrt(2 / 128), Math.sqrt(Math.log(16)) * Math.sqrt(2 / 320)],
    ['deepnorm-torchscale', Math.sqrt(1 / 128), 64 ** -0.25 * Math.sqrt(2 / 128), 64 ** -0.25 * Math.sqrt(2 / 320)],
    ['magneto-torchscale', Math.sqrt(1 / 128), Math.sqrt(Math.log(16)) * Math.sqrt(2 / 128), Math.sqrt(Math.log(16)) * Math.sqrt(2 / 320)],
    ['deepnorm', Math.sqrt(2 / 128), 64 ** -0.25 * Math.sqrt(2 / 128), 64 ** -0.25 * Math.sqrt(2 / 320)],
  ])('%s has the deviations of its formula', (name, query, output, out) => {
    const of = deviations(name);
    expect(of('attention.qkv.weight', [0, 2 / 3]) / query).toBeCloseTo(1, 1);
    expect(of('attention.output.weight') / output).toBeCloseTo(1, 1);
    expect(of('feed_forward.out.weight') / out).toBeCloseTo(1, 1);
    expect(of('attention.norm.gain')).toBe(1);
    expect(of('attention.qkv.bias')).toBe(0);
  });

  it('scales the value projection by β but not query and key', () => {
    const of = deviations('deepnorm');
    expect(of('attention.qkv.weight', [2 / 3, 1]) / of('attention.qkv.weight', [0, 2 / 3])).toBeCloseTo(64 ** -0.25, 1);
  });

  it('gives every layer numbers of its own, and the same ones again', () => {
    const model = smallModel();
    const layout = describeModel(model).kindOf(1).layout;
    expect(initialValues(layout, model, 3, 1)).toEqual(initialValues(layout, model, 3, 1));
    expect(initialValues(layout, model, 3, 1)).not.toEqual(initialValues(layout, model, 3, 2));
    expect(initialValues(layout, model, 3, 1)).not.toEqual(initialValues(layout, model, 4, 1));
  });
});
