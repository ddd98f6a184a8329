// Asks TensorBoard itself whether it can read what we write. Needs a Python with the package
// `tensorboard` (its path in FATHOM_PYTHON, else `python3`), and is skipped where there is none.

import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { EventWriter } from '../../../src/experiment/eventWriter';
import { scratch } from './scratch';

const python = process.env.FATHOM_PYTHON ?? 'python3';

const READ = `
import json, logging, sys
from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator
from tensorboard.util import tensor_util
logging.disable(logging.CRITICAL)
old = event_accumulator.EventAccumulator(sys.argv[1], size_guidance={'scalars': 0, 'tensors': 0})
old.Reload()
new = plugin_event_accumulator.EventAccumulator(sys.argv[1], size_guidance={'tensors': 0})
new.Reload()
tensors = lambda tag: [[e.step, tensor_util.make_ndarray(e.tensor_proto)] for e in new.Tensors(tag)]
print(json.dumps({
    'scalars': {tag: [[e.step, e.value] for e in old.Scalars(tag)] for tag in old.Tags()['scalars']},
    'plugins': {tag: new.SummaryMetadata(tag).plugin_data.plugin_name for tag in new.Tags()['tensors']},
    'depth': [[step, list(value.shape), [repr(float(x)) for x in value.ravel()]] for step, value in tensors('depth')],
    'names': json.loads(new.SummaryMetadata('depth').plugin_data.content),
    'text': [[step, [x.decode() for x in value.ravel()]] for step, value in tensors('alert')],
}))
`;

function hasTensorBoard(): boolean {
  try {
    execFileSync(python, ['-c', 'import tensorboard.backend.event_processing.event_accumulator'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('TensorBoard', () => {
  it('reads the scalars, tensors and texts, and supersedes what a resumed session repeats', (context) => {
    if (!hasTensorBoard()) return context.skip(`${python} has no package tensorboard; set FATHOM_PYTHON to one that has`);
    const folder = scratch();
    const layout = { rows: ['embedding', 'layer 1', 'head'], columns: ['activation_rms', 'gradient_rms'] };
    const first = EventWriter.open(folder);
    for (let step = 1; step <= 4; step++) {
      first.scalars(step, { 'loss/train': 10 - step, lr: 0.5 });
      first.depth(step, layout, Float32Array.of(step, Number.NaN, Number.POSITIVE_INFINITY, 4, 5, 6));
    }
    first.text(2, 'alert', 'layer 1 is not finite');
    first.text(4, 'alert', 'superseded');
    first.close();
    const second = EventWriter.open(folder, { sessionStart: 3 });
    second.scalars(3, { 'loss/train': 70, lr: 0.5 });
    second.close();

    const read: unknown = JSON.parse(execFileSync(python, ['-c', READ, folder], { encoding: 'utf8' }));
    const depth = (step: number) => [step, [3, 2], [`${step}.0`, 'nan', 'inf', '4.0', '5.0', '6.0']];
    expect(read).toEqual({
      scalars: {
        'loss/train': [
          [1, 9],
          [2, 8],
          [3, 70],
        ],
        lr: [
          [1, 0.5],
          [2, 0.5],
          [3, 0.5],
        ],
      },
      plugins: { 'loss/train': 'scalars', lr: 'scalars', depth: 'fathom', alert: 'text' },
      depth: [depth(1), depth(2)],
      names: layout,
      text: [[2, ['layer 1 is not finite']]],
    });
    return undefined;
  });
});
