// `fathom describe`: what a configuration means and costs, before anything runs.

import type { ExperimentConfig } from '../../experiment/config';
import { type Machine, thisMachine } from '../../experiment/machine';
import { CATALOGUE } from '../../model/catalogue';
import { describeCost } from '../../model/cost';
import { type Command, SET_OPTIONS } from '../command';
import { soundConfiguration } from '../configuration';
import { bytes, compact, grouped, millions } from '../display/numbers';
import { indented, table } from '../display/table';
import type { Line } from '../display/text';
import { writeLines } from '../terminal';

export const describe: Command = {
  spec: {
    name: 'describe',
    summary: 'Print parameters by part, memory and FLOPs of a configuration.',
    words: ['config'],
    options: SET_OPTIONS,
  },
  async run(args, context) {
    const sound = await soundConfiguration(args, context);
    if (sound === undefined) return 1;
    writeLines(context.terminal, describeLines(sound.config, thisMachine()));
    return 0;
  },
};

export function describeLines(config: ExperimentConfig, machine: Machine): Line[] {
  const { model, training } = config;
  const { parameters, total, flopsPerToken, memory, memoryTotal } = describeCost(config, machine);
  const scheme = CATALOGUE.schemes.find(({ name }) => name === model.scheme);
  const counts = [...parameters, { part: 'total', count: total }].map(({ part, count }) => [part, grouped(count), millions(count)]);
  const sizes = [...memory, { part: 'total, about', bytes: memoryTotal }].map((row) => [row.part, bytes(row.bytes)]);
  const left = { title: '', align: 'left' } as const;
  const right = { title: '', align: 'right' } as const;
  return [
    [{ text: config.name, style: 'bold' }, `  ${scheme?.title ?? model.scheme}: ${scheme?.formula ?? ''}`],
    [
      `${grouped(model.layers)} layers, hidden ${model.hidden}, ${model.heads} ${model.heads === 1 ? 'head' : 'heads'}, ` +
        `feed-forward ${model.feedForward}, context ${model.context}, vocabulary ${grouped(model.vocabulary)}`,
    ],
    [],
    [{ text: 'Parameters', style: 'bold' }],
    ...indented(table([left, right, right], counts)),
    [],
    [
      { text: 'Memory', style: 'bold' },
      { text: `  (batch ${training.batch}, estimated)`, style: 'dim' },
    ],
    ...indented(table([left, right], sizes)),
    [],
    [
      { text: 'Training FLOPs per token', style: 'bold' },
      `  ${compact(flopsPerToken)}`,
      { text: '  (6 per parameter in matrix products, and 12 · layers · hidden · context)', style: 'dim' },
    ],
  ];
}
