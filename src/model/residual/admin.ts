// Admin: Post-LN whose stream starts out heavy, by factors that are then trained.

import { add, multiply } from '../../graph/elementwise';
import { type ResidualScheme, streamOf } from './scheme';

export const ADMIN: ResidualScheme = {
  descriptor: {
    name: 'admin',
    title: 'Admin',
    formula: 'x ← LN(ω⊙x + f(x)), ω = √((n + 1)/ln(n + 1) − 1) at the start, n = 2N',
    documentation:
      'Post-LN with a trained factor for each channel of the stream. ω starts by the form for output changes of order log n, which needs no pass over data.',
    source: 'arXiv 2004.08249; LiyuanLucasLiu/admin-torch',
    options: [],
    defaultInitialisation: 'xavier',
    finalNorm: false,
    family: 'post-ln',
  },
  parameters: (part, { hidden, layers }) => [{ name: `${part}.omega`, shape: [hidden], part, role: 'gain', start: omega(2 * layers) }],
  sublayer(scope) {
    const x = streamOf(scope.carry);
    const branch = scope.branch(x);
    const stream = multiply(x, scope.parameter(`${scope.part}.omega`));
    const sum = add(stream, branch);
    const output = scope.norm(sum);
    return { carry: { x: output }, branch, stream, sum, output };
  },
};

/** @param sublayers n */
const omega = (sublayers: number): number => Math.sqrt((sublayers + 1) / Math.log(sublayers + 1) - 1);
