// Files broken in ways that nobody thought of: whatever they hold, a watcher keeps what is good, says
// what is not, and goes on. FATHOM_FUZZ_RUNS asks for more cases than the suite has time for.

import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { deserialize, serialize } from 'node:v8';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maskedCrc32c } from '../../../src/experiment/crc32c';
import { EventDecoder } from '../../../src/experiment/eventReader';
import type { RunEvent } from '../../../src/experiment/events';
import { EventWriter } from '../../../src/experiment/eventWriter';
import { derivedFolder, runFile } from '../../../src/experiment/runDirectory';
import { DamagedBlock } from '../../../src/observe/blocks';
import { blockPlace, loadIndex } from '../../../src/observe/derived';
import { Follower } from '../../../src/observe/follower';
import { FileHistory, RunHistory } from '../../../src/observe/history';
import { readOutcomes } from '../../../src/observe/outcomes';
import { RunStatusReader } from '../../../src/observe/status';
import { EventFileTail } from '../../../src/observe/tail';
import { answerSeries, answerTile } from '../../../src/observe/tiles';
import { fuzz, harmed, harmedOf, harms, spoilt, treesWith } from '../../fuzzing';
import { Folders, layoutOf, record } from './helpers';

const folders = new Folders();
afterAll(() => folders.clean());

const folder = folders.make();
const good = (() => {
  const writer = EventWriter.open(folder, { sessionStart: 0 });
  for (let step = 0; step < 6; step++) {
    writer.scalars(step, { 'loss/train': 1 / (step + 1), lr: Number.NaN });
    writer.depth(step, layoutOf(3, 2), new Float32Array(6).fill(step));
    writer.text(step, 'alert', '{"words":"spike"}');
  }
  writer.close();
  const bytes = readFileSync(writer.file);
  rmSync(writer.file);
  return bytes;
})();
const goodEvents = new EventDecoder().push(good);

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  return at;
}

/** Applies events to a history and asks it everything: nothing may throw. */
function check(events: readonly RunEvent[]): void {
  const history = new RunHistory();
  const file = new FileHistory('a', { prefix: 'a', memoryBytes: Number.POSITIVE_INFINITY });
  history.setFiles([file]);
  history.apply(file, events);
  ask(history);
}

function ask(history: RunHistory): void {
  const { layout, columns, scalars } = history.extent();
  for (const statistic of layout?.columns ?? []) {
    answerTile(history, { statistic, rows: { from: 0, to: 5 }, columns: { from: 0, to: columns }, width: 4, height: 2 });
  }
  for (const scalar of scalars) answerSeries(history, { source: { scalar }, steps: { from: 0, to: 10 }, points: 3 });
  history.problems();
}

/** A record with right checksums around any payload. */
function framed(payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(payload.length + 16);
  bytes.writeBigUInt64LE(BigInt(payload.length));
  bytes.writeUInt32LE(maskedCrc32c(bytes.subarray(0, 8)), 8);
  bytes.set(payload, 12);
  bytes.writeUInt32LE(maskedCrc32c(payload), 12 + payload.length);
  return bytes;
}

describe('broken event files', () => {
  it('give what comes before the damage, then nothing or what is good again, and one problem at most', async () => {
    const file = path.join(folder, 'events.out.tfevents.1.fuzz');
    await fuzz('event files, harmed', 11, fc.tuple(harmedOf(good), fc.nat()), async ([broken, piece]) => {
      const reached = piece % (broken.length + 1);
      writeFileSync(file, broken.subarray(0, reached));
      const tail = new EventFileTail(file);
      const events: RunEvent[] = [];
      const look = async () => {
        for (let more = true; more; ) {
          const read = await tail.read();
          events.push(...read.events);
          more = read.more;
        }
      };
      await look();
      writeFileSync(file, broken);
      for (let times = 0; times < 4; times++) await look();
      const whole = new EventDecoder().push(good.subarray(0, firstDifference(good, broken)));
      expect(events.slice(0, whole.length)).toEqual(goodEvents.slice(0, whole.length));
      expect(tail.resting.offset).toBeLessThanOrEqual(broken.length);
      check(events);
      const { problem } = tail;
      await look();
      expect(tail.problem).toEqual(problem);
      truncateSync(file, 0);
      await look();
      if (problem === undefined && tail.resting.offset > 0) expect(tail.problem?.code).toBe('events-truncated');
    });
  });

  it('with right checksums around wrong events never break the history', async () => {
    const payloads: Uint8Array[] = [];
    for (let at = 0; at < good.length; ) {
      const length = Number(good.readBigUInt64LE(at));
      payloads.push(good.subarray(at + 12, at + 12 + length));
      at += length + 16;
    }
    const accidents = fc.array(fc.tuple(fc.nat(), harms), { minLength: 1, maxLength: 4 });
    await fuzz('events, harmed', 12, accidents, (list) => {
      const records: Buffer[] = payloads.map((payload) => Buffer.from(payload));
      for (const [which, harm] of list) {
        const index = which % records.length;
        records[index] = harmed(records[index] ?? Buffer.alloc(0), harm);
      }
      check(new EventDecoder().push(Buffer.concat(records.map(framed))));
    });
  });
});

describe('broken run.json', () => {
  const states = ['queued', 'starting', 'running', 'paused', 'finished', 'stopped', 'failed', 'lost', 'unreadable'];
  const directory = folders.make();

  async function look(content: string | Uint8Array): Promise<void> {
    writeFileSync(runFile(directory), content);
    const status = await new RunStatusReader(directory).look();
    expect(states).toContain(status.state);
    expect(status.state === 'unreadable').toBe(status.record === undefined);
    expect(status.problems.length).toBe(status.record === undefined ? 1 : 0);
  }

  it('is unreadable or a whole record, whatever bytes it holds', async () => {
    const text = Buffer.from(JSON.stringify(record({ process: { pid: 1, started: '', boot: '', namespace: '', host: 'elsewhere' } })));
    await fuzz('run.json, harmed', 13, harmedOf(text), look);
  });

  it('is unreadable or a whole record, whatever values it holds', async () => {
    const names = ['format', 'id', 'name', 'kind', 'state', 'process', 'heartbeat', 'step', 'metrics', 'engine', 'lineage', 'error'];
    const whole = record({ state: 'running' });
    const fields = fc.dictionary(fc.constantFrom(...names), fc.oneof(treesWith(names), fc.jsonValue()), { minKeys: 1, maxKeys: 3 });
    await fuzz('run.json, any fields', 14, fields, (some) => look(JSON.stringify({ ...whole, ...some })));
    await fuzz('run.json, any JSON', 15, fc.json(), look);
  });
});

describe('evaluations and samples', () => {
  it('of any content are told or named as a problem', async () => {
    const directory = folders.make();
    for (const name of ['evaluations', 'samples']) mkdirSync(path.join(directory, name));
    const names = [
      'format',
      'task',
      'step',
      'metrics',
      'accuracy',
      'examples',
      'prompt',
      'text',
      'tokens',
      'sampling',
      'seconds',
      'weights',
    ];
    const evaluation = { format: 1, task: 'lambada', step: 1, metrics: { accuracy: 0.5 }, examples: 3, shortened: 0, seconds: 1 };
    const sample = { format: 1, step: 1, prompt: 'a', text: 'b', tokens: 2, sampling: { temperature: 1, seed: 1 } };
    const fields = fc.dictionary(fc.constantFrom(...names), treesWith(names), { maxKeys: 3, noNullPrototype: true });
    const texts = fields.chain((some) => {
      const whole = (good: object): Buffer => Buffer.from(JSON.stringify({ ...good, ...some }));
      return fc.oneof(
        fc.constant([whole(evaluation), whole(sample)] as const),
        fc.tuple(harmedOf(whole(evaluation)), harmedOf(whole(sample))),
      );
    });
    await fuzz('evaluations and samples', 17, texts, async ([one, other]) => {
      writeFileSync(path.join(directory, 'evaluations', 'lambada-step-1.json'), one);
      writeFileSync(path.join(directory, 'samples', 'step-1-1.json'), other);
      const { evaluations, samples, problems } = await readOutcomes(directory);
      expect(evaluations.length + samples.length + problems.length).toBe(2);
      expect(JSON.stringify([evaluations, samples]).length).toBeLessThan(100_000);
    });
  });
});

describe('derived data of a stranger', () => {
  const directory = folders.make();
  const place = { memoryBytes: 0, file: '' };
  let index: Record<string, unknown>;
  let magic: Buffer;

  async function write(): Promise<void> {
    const writer = EventWriter.open(directory, { sessionStart: 0 });
    for (let step = 0; step < 70; step++) {
      writer.scalars(step, { 'loss/train': 1 / (step + 1) });
      writer.depth(step, layoutOf(3, 2), new Float32Array(6).fill(step));
    }
    writer.histogram(7, 'weights', { rows: ['a'], edges: [0, 1] }, new Float32Array(3));
    writer.text(7, 'alert', '{}');
    writer.close();
    place.file = writer.file;
    const follower = await Follower.open(place.file, place.memoryBytes);
    for (let more = true; more; ) {
      const read = await follower.tail.read();
      for (const event of read.events) follower.history.apply(event);
      more = read.more;
    }
    await follower.save('ending');
    follower.close();
    const bytes = readFileSync(`${blockPlace(place.file).prefix}.index`);
    magic = bytes.subarray(0, bytes.indexOf('\n') + 1);
    index = deserialize(bytes.subarray(magic.length + 4)) as Record<string, unknown>;
  }
  beforeAll(write);

  /** As a stranger may write it: with the right checksum around anything. */
  function put(content: unknown): void {
    const body = serialize(content);
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32LE(zlib.crc32(body));
    writeFileSync(`${blockPlace(place.file).prefix}.index`, Buffer.concat([magic, checksum, body]));
  }

  async function open(): Promise<boolean> {
    const known = await loadIndex(place.file, blockPlace(place.file, place.memoryBytes));
    if (known === undefined) return false;
    const history = new RunHistory();
    history.setFiles([known.history]);
    try {
      ask(history);
    } catch (error) {
      expect(error).toBeInstanceOf(DamagedBlock);
    } finally {
      known.history.blocks?.close();
    }
    return true;
  }

  it('is used as it was written, and an index of any other shape counts as missing', async () => {
    put(index);
    expect(await open()).toBe(true);
    const names = [...Object.keys(index), 'layout', 'rows', 'steps', 'offset', 'before', 'tail'];
    const typed = fc.oneof(fc.float64Array(), fc.float32Array(), fc.uint8Array(), fc.uint32Array());
    const parts = fc.oneof(
      treesWith(names),
      typed,
      fc.array(typed, { maxLength: 3 }),
      fc.constant(undefined),
      fc.constant(new Map([['x', [1]]])),
    );
    const paths = fc.array(fc.nat(20), { minLength: 1, maxLength: 4 });
    await fuzz('derived data', 16, fc.tuple(paths, parts), async ([turns, value]) => {
      put(spoilt(index, turns, value));
      await open();
    });
  });

  it.skipIf(process.platform === 'win32')('does not lead what is written to other places', async () => {
    const victim = path.join(folders.make(), 'victim');
    writeFileSync(victim, 'precious');
    const derived = derivedFolder(directory);
    const [level] = readdirSync(derived).filter((name) => name.includes('.level0'));
    for (const make of [() => symlinkSync(victim, path.join(derived, level ?? '')), () => symlinkSync(path.dirname(victim), derived)]) {
      rmSync(derived, { recursive: true });
      if (make.toString().includes('level')) mkdirSync(derived);
      make();
      const follower = await Follower.open(place.file, place.memoryBytes);
      const { events } = await follower.tail.read();
      for (const event of events) follower.history.apply(event);
      await follower.save('ending');
      expect(follower.history.columns?.length).toBe(70);
      follower.close();
      expect(readFileSync(victim, 'utf8')).toBe('precious');
      expect(readdirSync(path.dirname(victim))).toEqual(['victim']);
      rmSync(derived, { recursive: true });
      mkdirSync(derived);
    }
  });
});
