// What is said when a run has ended: how good it became, beside what letter frequencies alone would
// give, whether every layer learnt, and where everything is.

import { layerValues, smallestLayer } from './depthRows';
import { magnitude } from './display/numbers';
import { indented, table } from './display/table';
import type { Line, Piece } from './display/text';
import type { RunProgress } from './follow';

/** Tags of `run.json`'s metrics that do not change over a run. */
const UNIGRAM = 'entropy/unigram';
const BIGRAM = 'entropy/bigram';
const BYTES_PER_TOKEN = 'bytes_per_token';

/** @param named facts to end with, such as where the run directory is */
export function summaryLines(progress: RunProgress, named: readonly (readonly [string, string])[]): Line[] {
  const losses = lossRows(progress.metrics);
  const facts = [...updateRow(progress), ...named].map(([name, value]): Piece[] => [{ text: name, style: 'dim' }, { text: value }]);
  return [
    ...(losses.length > 0
      ? indented(
          table([left(''), right('nats per token'), right(progress.metrics[BYTES_PER_TOKEN] === undefined ? '' : 'nats per byte')], losses),
        )
      : []),
    ...indented(table([left(''), left('')], facts)),
  ];
}

function lossRows(metrics: RunProgress['metrics']): (Piece | string)[][] {
  const perToken = metrics[BYTES_PER_TOKEN];
  const rows = [
    ['validation loss', metrics['loss/validation'], 'bold'],
    ['validation loss of the averaged weights', metrics['loss/validation_averaged'], 'bold'],
    ['unigram entropy of the same text', metrics[UNIGRAM], undefined],
    ['bigram entropy of the same text', metrics[BIGRAM], undefined],
  ] as const;
  return rows.flatMap(([name, nats, style]) => {
    if (nats === undefined) return [];
    const cell = (value: number): Piece => ({ text: value.toFixed(4), ...(style && { style }) });
    return [[{ text: name, style: 'dim' } as const, cell(nats), perToken === undefined ? '' : cell(nats / perToken)]];
  });
}

function updateRow({ depth }: RunProgress): [string, string][] {
  const layers = depth && layerValues(depth, 'update_ratio');
  const smallest = layers && smallestLayer(layers);
  if (!depth || !smallest) return [];
  return [['smallest update ratio', `${magnitude(smallest.value)} in layer ${smallest.layer} of ${layers.length} (step ${depth.step})`]];
}

const left = (title: string) => ({ title, align: 'left' }) as const;
const right = (title: string) => ({ title, align: 'right' }) as const;
