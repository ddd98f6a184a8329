// A run as large as the dashboard promises to bear, written as a trainer writes it: a thousand layers,
// thousands of recorded steps, twelve statistics with their sublayers.

import { writeFileSync } from 'node:fs';
import type { DepthLayout } from '../../src/experiment/events';
import { EventWriter } from '../../src/experiment/eventWriter';
import { identify } from '../../src/experiment/processes';
import { RUN_FORMAT, type RunRecord } from '../../src/experiment/run';
import { configFile, writeRun } from '../../src/experiment/runDirectory';
import { STATISTIC_NAMES } from '../../src/model/statistics';
import { depthLayout } from '../../src/trainer/depth';
import { CONFIG, EVERY } from './fakeRun';

export class BigRun {
  readonly layout: DepthLayout;
  columns = 0;
  private readonly writer: EventWriter;
  private readonly base: Float32Array;
  private readonly values: Float32Array;

  private constructor(
    readonly directory: string,
    layers: number,
    statistics: number,
  ) {
    this.layout = depthLayout(layers, STATISTIC_NAMES.slice(0, statistics));
    const cells = this.layout.rows.length * this.layout.columns.length;
    this.base = Float32Array.from({ length: cells }, (_, cell) => 1e-6 * (1 + (cell % 97)) * Math.exp(-cell / cells));
    this.values = new Float32Array(cells);
    this.writer = EventWriter.open(directory);
  }

  /** A run that this process trains, as far as a watcher can tell, with its first columns. */
  static async write(directory: string, layers: number, statistics: number, columns: number): Promise<BigRun> {
    const record: RunRecord = {
      format: RUN_FORMAT,
      id: 'a-large-run',
      name: 'a large run',
      kind: 'run',
      state: 'running',
      created: '2026-11-23T10:00:00Z',
      process: identify(),
      heartbeat: 1,
      step: columns * EVERY,
      steps: 2 * columns * EVERY,
      metrics: { 'loss/train': 2 },
    };
    await writeRun(directory, record);
    const config = { ...CONFIG, model: { ...CONFIG.model, layers }, training: { ...CONFIG.training, steps: 2 * columns * EVERY } };
    writeFileSync(configFile(directory), JSON.stringify(config));
    const run = new BigRun(directory, layers, statistics);
    for (let column = 0; column < columns; column++) run.grow();
    return run;
  }

  /** One more recorded step; on its way to the disk when this returns. */
  grow(): void {
    const step = ++this.columns * EVERY;
    const { base, values } = this;
    const scale = 1 + 0.5 * Math.sin(this.columns / 40);
    for (let cell = 0; cell < values.length; cell++) values[cell] = (base[cell] ?? 0) * scale;
    if (this.columns % 500 === 0) values[7 + 30 * this.layout.columns.length] = Number.NaN;
    this.writer.scalars(step, { 'loss/train': 2 + 3 * Math.exp(-step / 2000), lr: 1e-3, gradient_norm: scale });
    this.writer.depth(step, this.layout, values);
  }

  close(): void {
    this.writer.close();
  }
}
