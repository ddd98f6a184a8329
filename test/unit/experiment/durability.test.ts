// What a loss of power leaves: data must reach the disk before the name does, and the name before anything that it
// replaces is deleted. Asserted on a recorded trace of what is asked of the disk.

import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { pruneCheckpoints, writeCheckpoint } from '../../../src/experiment/checkpoints';
import { sendCommand } from '../../../src/experiment/controlFiles';
import { EventWriter } from '../../../src/experiment/eventWriter';
import { writeJsonAtomic } from '../../../src/experiment/files';
import { identify } from '../../../src/experiment/processes';
import { createRun, writeRun } from '../../../src/experiment/runDirectory';
import { writeSafetensors } from '../../../src/experiment/safetensors';
import { type DiskOperation, watchDisk } from '../../faults/disk';
import { config } from './config';
import { scratch } from './scratch';

let unwatch = (): void => undefined;
afterEach(() => unwatch());

function record(): DiskOperation[] {
  const trace: DiskOperation[] = [];
  unwatch = watchDisk((operation) => {
    trace.push(operation);
    return undefined;
  });
  return trace;
}

const isBelow = (file: string, folder: string): boolean => file.startsWith(folder + path.sep);

/** What a trace would leave undone if the power failed after it; throws where it would have done harm in between. */
function check(trace: readonly DiskOperation[]): { readonly dirty: string[]; readonly unnamed: string[] } {
  /** Files whose content is not on the disk, and names that are not in their folder on the disk. */
  const dirty = new Set<string>();
  const unnamed = new Set<string>();
  for (const { name, path: file, to } of trace) {
    if (name === 'create' || name === 'mkdir' || name === 'link') unnamed.add(to ?? file);
    if (name === 'write' || name === 'truncate') dirty.add(file);
    if (name === 'sync') {
      dirty.delete(file);
      for (const entry of [...unnamed]) if (path.dirname(entry) === file) unnamed.delete(entry);
    }
    if (name === 'rename' && to !== undefined) {
      const early = [...dirty].filter((each) => each === file || isBelow(each, file));
      if (early.length > 0) throw new Error(`${to} gets its name before the content of ${early.join(', ')} is on the disk`);
      const loose = [...unnamed].filter((each) => isBelow(each, file));
      if (loose.length > 0) throw new Error(`${to} gets its name before its folder holds ${loose.join(', ')}`);
      unnamed.delete(file);
      unnamed.add(to);
    }
    if (name === 'unlink' || name === 'rm') {
      const replacing = [...unnamed].filter((each) => path.dirname(each) === path.dirname(file) && each !== file && !isHidden(each));
      if (replacing.length > 0) throw new Error(`${file} is deleted before ${replacing.join(', ')} is on the disk`);
      for (const each of [file, ...unnamed, ...dirty].filter((other) => other === file || isBelow(other, file))) {
        unnamed.delete(each);
        dirty.delete(each);
      }
    }
  }
  return { dirty: [...dirty], unnamed: [...unnamed] };
}

const isHidden = (file: string): boolean => path.basename(file).startsWith('.');

describe('on the disk before it is relied on', () => {
  it('is a trace that the checker itself would refuse, where content or name come late', () => {
    const at = (name: DiskOperation['name'], file: string, to?: string): DiskOperation => ({ name, path: file, ...(to && { to }) });
    const hasty = [at('create', '/r/.a.tmp'), at('write', '/r/.a.tmp'), at('rename', '/r/.a.tmp', '/r/a'), at('sync', '/r')];
    expect(() => check(hasty)).toThrow(/before the content/);
    const careless = [at('create', '/r/.a.tmp'), at('sync', '/r/.a.tmp'), at('rename', '/r/.a.tmp', '/r/a'), at('rm', '/r/b')];
    expect(() => check(careless)).toThrow(/is deleted before/);
    expect(check(careless.slice(0, 3))).toEqual({ dirty: [], unnamed: ['/r/a'] });
  });

  it('is a new run, its record after every change, and a command', async () => {
    const folder = scratch();
    const trace = record();
    const { directory, record: run } = await createRun({ runs: path.join(folder, 'a', 'runs'), name: 'x', config, kind: 'run' });
    await writeRun(directory, { ...run, step: 1 });
    await sendCommand(directory, { command: 'stop' }, identify());
    await writeJsonAtomic(path.join(directory, 'notes.json'), { star: true });
    expect(check(trace)).toEqual({ dirty: [], unnamed: [] });
    expect(trace.filter(({ name }) => name === 'rename').map(({ to }) => path.basename(to ?? ''))).toEqual([
      'config.json',
      'run.json',
      'run.json',
      expect.stringMatching(/^\d+-\d+-.*\.json$/),
      'notes.json',
    ]);
  });

  it('is a checkpoint, also one that replaces another, before older ones are deleted', async () => {
    const run = scratch();
    const trace = record();
    const write = async (inside: string): Promise<void> => {
      await writeSafetensors(path.join(inside, 'model.safetensors'), [{ name: 'w', shape: [3], data: new Float32Array(3) }]);
      await writeSafetensors(path.join(inside, 'optimizer.safetensors'), []);
      await writeJsonAtomic(path.join(inside, 'trainer.json'), { step: 1 });
    };
    for (const step of [1, 2, 2, 3]) {
      await writeCheckpoint(run, step, write);
      expect(check(trace)).toEqual({ dirty: [], unnamed: [] });
      await pruneCheckpoints(run, 1);
    }
    check(trace);
    expect(trace.filter(({ name }) => name === 'rm').length).toBeGreaterThan(2);
  });

  it('are the events that led to a checkpoint', async () => {
    const run = scratch();
    const trace = record();
    const writer = EventWriter.open(run);
    writer.scalars(1, { loss: 1 });
    expect(check(trace)).toEqual({ dirty: [writer.file], unnamed: [writer.file] });
    await writer.sync();
    expect(check(trace)).toEqual({ dirty: [], unnamed: [] });
    writer.scalars(2, { loss: 1 });
    await writer.sync();
    expect(check(trace)).toEqual({ dirty: [], unnamed: [] });
    writer.close();
    await expect(writer.sync()).rejects.toThrow(/closed/);
  });
});
