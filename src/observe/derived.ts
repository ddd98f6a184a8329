// What `derived/` keeps of one event file beside its blocks: an index that says up to which byte the
// file was read and what it said until then, so that a long history opens at once. It may be deleted at
// any time; one that does not fit its event file, or is damaged, counts as missing.

import { randomUUID } from 'node:crypto';
import { rename, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { deserialize, serialize } from 'node:v8';
import zlib from 'node:zlib';
import { openRegular } from '../experiment/files';
import { derivedFolder } from '../experiment/runDirectory';
import { type BlockPlace, isOwnFolder } from './blocks';
import { ColumnStore } from './columns';
import { GrowingFloat32, GrowingFloat64 } from './growing';
import { HistogramStore } from './histograms';
import { FileHistory } from './history';
import { agree, type Index, isIndex } from './indexShape';
import { FACTOR } from './pyramid';
import type { TailPosition } from './tail';

/** Goes up whenever the content of the index or of the blocks changes its meaning. */
const FORMAT = 3;

/** Blocks of one event file that memory holds before they go to `derived/`; below that, reading again is quicker. */
const MEMORY_BYTES = 4 * 1024 * 1024;

const MAGIC = Buffer.from(`fathom index ${FORMAT}.${FACTOR}\n`);
const CHECKSUM_BYTES = 4;

/** Where an event file's blocks go. */
export function blockPlace(eventFile: string, memoryBytes: number = MEMORY_BYTES): BlockPlace {
  return { prefix: path.join(derivedFolder(path.dirname(eventFile)), `${path.basename(eventFile)}.${FORMAT}.${FACTOR}`), memoryBytes };
}

/** Writes the index where blocks are in files; elsewhere there is nothing to save. A disk that refuses costs the next opening time only. */
export async function saveIndex(history: FileHistory, place: BlockPlace, resting: TailPosition): Promise<void> {
  const { blocks, columns } = history;
  if (blocks === undefined || columns === undefined || !blocks.inFiles || !blocks.flush()) return;
  const index: Index = {
    file: history.name,
    resting,
    sessionStart: history.sessionStart,
    columns: columns.state(),
    checksums: blocks.checksums(),
    scalars: [...history.scalars].map(([tag, { steps, values, times }]) => ({
      tag,
      steps: steps.view(),
      values: values.view(),
      times: times.view(),
    })),
    histograms: history.histograms.state(),
    texts: history.texts,
    problems: history.problems,
  };
  const body = serialize(index);
  const checksum = Buffer.alloc(CHECKSUM_BYTES);
  checksum.writeUInt32LE(zlib.crc32(body));
  const temporary = `${place.prefix}.${randomUUID()}.tmp`;
  try {
    // The checksum tells a torn index from a whole one, so nothing waits for the disk here.
    await writeFile(temporary, Buffer.concat([MAGIC, checksum, body]), { flag: 'wx' });
    await rename(temporary, `${place.prefix}.index`);
  } catch {
    await unlink(temporary).catch(() => undefined);
  }
}

/** The history that an index and its blocks hold, and where to read on; undefined where they do not fit `eventFile`. */
export async function loadIndex(
  eventFile: string,
  place: BlockPlace,
): Promise<{ readonly history: FileHistory; readonly resting: TailPosition } | undefined> {
  let history: FileHistory | undefined;
  try {
    if (!isOwnFolder(path.dirname(place.prefix))) return undefined;
    const index = parse(await readIndex(`${place.prefix}.index`));
    if (index === undefined || index.file !== path.basename(eventFile) || !(await fits(eventFile, index.resting))) return undefined;
    history = new FileHistory(index.file, place);
    history.sessionStart = index.sessionStart;
    for (const { tag, steps, values, times } of index.scalars) {
      history.scalars.set(tag, { steps: new GrowingFloat64(steps), values: new GrowingFloat32(values), times: new GrowingFloat64(times) });
    }
    history.histograms = new HistogramStore(index.histograms);
    history.texts.push(...index.texts);
    history.problems.push(...index.problems);
    if (index.columns !== undefined) {
      const { layout } = index.columns;
      history.columns = new ColumnStore(layout, history.newBlocks(layout, index.checksums), index.columns);
    }
    return { history, resting: index.resting };
  } catch {
    // Missing, unreadable or damaged: whatever it is, the event file is read instead.
    history?.blocks?.close();
    return undefined;
  }
}

function parse(bytes: Buffer): Index | undefined {
  const start = MAGIC.length + CHECKSUM_BYTES;
  if (typeof zlib.crc32 !== 'function' || bytes.length < start || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const body = bytes.subarray(start);
  if (zlib.crc32(body) !== bytes.readUInt32LE(MAGIC.length)) return undefined;
  const value: unknown = deserialize(body);
  return isIndex(value) && agree(value) ? value : undefined;
}

async function readIndex(file: string): Promise<Buffer> {
  const handle = await openRegular(file);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** Whether the event file still has, just before the offset, the bytes that were read there. */
async function fits(eventFile: string, { offset, before }: TailPosition): Promise<boolean> {
  const handle = await openRegular(eventFile);
  try {
    const found = Buffer.alloc(before.length);
    const { bytesRead } = await handle.read(found, 0, found.length, offset - found.length);
    return bytesRead === before.length && Buffer.compare(found, before) === 0;
  } finally {
    await handle.close();
  }
}
