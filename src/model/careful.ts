// Programs that look inside a layer: the same computation, with what passes between its two sublayers as
// further outputs, so that a value that is not finite can be told to come from one or the other.

import { type Derivative, differentiate } from '../graph/differentiate';
import { prefixed } from '../graph/prefixed';
import type { Value } from '../graph/value';
import { type BatchShape, type BlockKind, traceBlock } from './block';
import { schemeNamed } from './catalogue';
import type { Model } from './model';

/**
 * A kind of layer as `blockPrograms` has it, recomputing and with dropout. Besides, forward has
 * `between.<stream>`, the streams after attention, and backward `d.between.<stream>`, where they have a gradient.
 */
export function carefulPrograms(model: Model, kind: BlockKind, shape: BatchShape): Derivative {
  const traced = traceBlock(model.config, schemeNamed(model.config.scheme), kind, shape, model.streams, kind.masks);
  const between = traced.sublayers.attention.carry;
  const outputs = prefixed('carry.', traced.carry);
  const wrt = [...kind.layout.entries.map((entry) => entry.name), ...model.streams.map((name) => `carry.${name}`)];
  return differentiate(
    { name: `${kind.name}.careful`, inputs: traced.inputs, outputs: { ...outputs, ...prefixed('between.', between) } },
    {
      wrt,
      seeds: Object.keys(outputs),
      saved: 'nothing',
      observe(cotangentOf) {
        const cotangents = Object.entries(between).flatMap(([name, value]): [string, Value][] => {
          const cotangent = cotangentOf(value);
          return cotangent ? [[name, cotangent]] : [];
        });
        return prefixed('d.between.', Object.fromEntries(cotangents));
      },
    },
  );
}
