// What a run recorded about one statistic over depth, from its event files, and the pictures of all of them.

import path from 'node:path';
import { readRunEvents } from '../exchange/events';
import type { StatisticDescriptor } from '../experiment/catalogue';
import type { DepthLayout } from '../experiment/events';
import { writeFileAtomic } from '../experiment/files';
import { readRun } from '../experiment/runDirectory';
import { EMBEDDING_ROW, HEAD_ROW } from '../experiment/tags';
import { type DepthHistory, depthPicture } from './depthPicture';

/** Histories by statistic, of those that the run recorded. Throws disk failures. */
export async function readDepthHistories(
  directory: string,
  statistics: readonly StatisticDescriptor[],
): Promise<ReadonlyMap<string, DepthHistory>> {
  const steps: number[] = [];
  const columns = new Map<string, number[][]>();
  const loss: [number, number][] = [];
  let layout: DepthLayout | undefined;
  const events = await readRunEvents(directory);
  for await (const event of events.read()) {
    if (event.kind === 'scalars' && event.values['loss/train'] !== undefined) loss.push([event.step, event.values['loss/train']]);
    if (event.kind !== 'depth') continue;
    layout = event.layout ?? layout;
    if (!layout) continue;
    steps.push(event.step);
    const layers = layout.rows.flatMap((row, r) => (row === EMBEDDING_ROW || row === HEAD_ROW ? [] : [r]));
    for (const { name } of statistics) {
      const column = layout.columns.indexOf(name);
      if (column < 0) continue;
      const width = layout.columns.length;
      const known = columns.get(name) ?? [];
      known.push(layers.map((row) => event.values[row * width + column] ?? Number.NaN));
      columns.set(name, known);
    }
  }
  return new Map([...columns].map(([name, values]) => [name, { steps, columns: values, loss }]));
}

/** Writes `<statistic>.svg` for every statistic that the run recorded. Gives the names; none where nothing was recorded. */
export async function writeDepthPictures(
  directory: string,
  statistics: readonly StatisticDescriptor[],
  folder: string,
): Promise<readonly string[]> {
  const { name } = await readRun(directory);
  const histories = await readDepthHistories(directory, statistics);
  const files: string[] = [];
  for (const statistic of statistics) {
    const history = histories.get(statistic.name);
    if (!history) continue;
    const file = `${statistic.name}.svg`;
    await writeFileAtomic(path.join(folder, file), depthPicture(name, statistic, history));
    files.push(file);
  }
  return files;
}
