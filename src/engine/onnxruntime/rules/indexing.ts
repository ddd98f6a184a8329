// Rows and elements chosen by integer tensors.

import { numberOf } from '../../../graph/primitive';
import type { Rule } from '../rule';

const rows: Rule = (value) => ({
  needs: value.inputs,
  write: (model, names) => model.node('Gather', names, { attributes: { axis: 0 } }),
});

const scatterRows: Rule = (value) => ({
  needs: value.inputs,
  write(model, [x, ids]) {
    const [count = 0, width = 0] = value.type.shape;
    const zeros = model.node('Expand', [model.float(0), model.int64s([count, width])]);
    const wide = model.node('Cast', [ids as string], { attributes: { to: 7 } });
    const at = model.reshape(wide, [-1, 1]);
    return model.node('ScatterND', [zeros, at, x as string], { attributes: { reduction: 'add' } });
  },
});

const pick: Rule = (value) => ({
  needs: value.inputs,
  write(model, [x, ids]) {
    const column = model.reshape(ids as string, [-1, 1]);
    return model.reshape(model.node('GatherElements', [x as string, column], { attributes: { axis: 1 } }), value.type.shape);
  },
});

const spread: Rule = (value) => ({
  needs: value.inputs,
  write(model, [x, ids]) {
    const columns = numberOf(value.attributes, 'columns');
    const range = model.int32s(
      Array.from({ length: columns }, (_, i) => i),
      [1, columns],
    );
    const hit = model.node('Equal', [model.reshape(ids as string, [-1, 1]), range]);
    return model.node('Where', [hit, model.reshape(x as string, [-1, 1]), model.float(0)]);
  },
});

export const INDEXING_RULES: Readonly<Record<string, Rule>> = { rows, scatterRows, pick, spread };
