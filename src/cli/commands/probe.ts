// `fathom probe`: one forward and backward pass at initialisation, shown over depth.

import { createRun } from '../../experiment/runDirectory';
import { CATALOGUE } from '../../model/catalogue';
import { type Command, type Context, RUNS_OPTION, SET_OPTIONS } from '../command';
import { soundConfiguration } from '../configuration';
import { layerValues } from '../depthRows';
import { sparkline } from '../display/sparkline';
import { table } from '../display/table';
import type { Line } from '../display/text';
import { tellEnding } from '../ending';
import type { DepthRecord } from '../follow';
import { launchWatched } from '../launching';
import { rangeOf } from '../progress';
import { writeLine, writeLines } from '../terminal';

/** Columns that names and ranges take beside a picture. */
const BESIDE_PICTURE = 50;

export const probe: Command = {
  spec: {
    name: 'probe',
    summary: 'Show activations and gradients over depth at initialisation, without training.',
    words: ['config'],
    options: [...SET_OPTIONS, RUNS_OPTION],
  },
  async run(args, context) {
    const sound = await soundConfiguration(args, context);
    if (sound === undefined) return 1;
    const { config, file, runs } = sound;
    const { directory, record } = await createRun({ runs, name: config.name, config, kind: 'probe', configuration: file });
    const begun = performance.now();
    const watched = await launchWatched({ directory, record, config }, context);
    const { progress } = watched;
    if (progress.status.state !== 'finished' || !progress.depth) {
      return await tellEnding(directory, watched, (performance.now() - begun) / 1000, context);
    }
    const loss = progress.metrics['loss/train'];
    writeLine(context.terminal, { text: `At initialisation, layer 1 to ${config.model.layers}`, style: 'bold' });
    writeLines(context.terminal, depthLines(progress.depth, context));
    if (loss !== undefined) writeLine(context.terminal, { text: 'loss ', style: 'dim' }, loss.toFixed(4));
    return 0;
  },
};

/** Every statistic of the catalogue that was recorded: its picture from the first layer to the last, its range. */
export function depthLines(depth: DepthRecord, { terminal }: Pick<Context, 'terminal'>): Line[] {
  const columns = Math.max(10, Math.min(100, terminal.columns - BESIDE_PICTURE));
  const rows = CATALOGUE.statistics.flatMap(({ name, title, scale }) => {
    const layers = layerValues(depth, name);
    if (!layers || layers.every((value) => value === 0)) return [];
    const { line } = sparkline(layers, { columns, scale, least: scale === 'log' ? 10 : 1 });
    return [{ title, line, range: rangeOf(layers).trim() }];
  });
  const named = table(
    [
      { title: '', align: 'left' },
      { title: '', align: 'left' },
    ],
    rows.map(({ title }) => [{ text: title, style: 'dim' }, '']),
  );
  return rows.map(({ line, range }, i) => [...(named[i] ?? []), ...line, `  ${range}`]);
}
