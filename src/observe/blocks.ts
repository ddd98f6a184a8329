// Where complete blocks of one event file's columns are kept: in memory while they are few, then in
// files below `derived/`, one per level, at positions that follow from the event file alone. So two
// watchers of one run write the same bytes to the same places and need no lock, and whoever finds a
// block damaged writes it anew from the event file. Where nothing can be written, memory has to do.

import { closeSync, constants, existsSync, lstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { GrowingUint32 } from './growing';
import { type Block, blockOver, entryBytes, FACTOR } from './pyramid';

/** Windows does not have it; there, looking before opening has to do. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

/** A block in `derived/` is missing or not what was written: read the event file again. */
export class DamagedBlock extends Error {
  override readonly name = 'DamagedBlock';
}

export interface BlockPlace {
  /** Files are named by this and their level. */
  readonly prefix: string;
  /** Bytes of blocks that memory may hold before they go to the files. */
  readonly memoryBytes: number;
}

export interface BlockShape {
  readonly rows: number;
  readonly statistics: number;
}

/** What a later reader needs to trust the files: per level a checksum for each statistic of each block. */
export type BlockChecksums = readonly Uint32Array<ArrayBuffer>[];

interface Level {
  /** Blocks that are not in the file, by index. */
  readonly held: Map<number, Uint8Array<ArrayBuffer>>;
  blocks: number;
  /** Written to the file and free to be filled again: a long history is read without leaving litter. */
  readonly spare: Uint8Array<ArrayBuffer>[];
  readonly checksums: GrowingUint32;
  file: number | undefined;
  scratch: Block | undefined;
}

// Node 20.15 brought it; before that, blocks could not be trusted and stay in memory.
const canCheck = typeof zlib.crc32 === 'function';

export class BlockStore {
  private readonly levels: Level[] = [];
  private heldBytes = 0;
  private writable: boolean;

  constructor(
    readonly shape: BlockShape,
    private readonly place: BlockPlace,
    checksums: BlockChecksums = [],
  ) {
    this.writable = canCheck;
    for (const [level, known] of checksums.entries()) {
      this.levels.push({
        held: new Map(),
        spare: [],
        blocks: known.length / shape.statistics,
        checksums: new GrowingUint32(known),
        file: undefined,
        scratch: undefined,
      });
      if (known.length > 0) this.openKnown(level);
    }
  }

  /** Bytes of one block of one statistic. */
  statisticBytes(level: number): number {
    return FACTOR * entryBytes(level, this.shape.rows);
  }

  /** Bytes of one block of all statistics, one after another. */
  blockBytes(level: number): number {
    return this.statisticBytes(level) * this.shape.statistics;
  }

  /** Whether any block is in a file: only then is there something for a later reader. */
  get inFiles(): boolean {
    return this.levels.some((level) => level.file !== undefined);
  }

  /** A block to fill, with anything in it: one that a file has taken over, or a new one. */
  fresh(level: number): Uint8Array<ArrayBuffer> {
    return this.level(level).spare.pop() ?? new Uint8Array(this.blockBytes(level));
  }

  /** Takes over `block`, the next one of its level. */
  append(level: number, block: Uint8Array<ArrayBuffer>): void {
    const at = this.level(level);
    at.held.set(at.blocks++, block);
    this.heldBytes += block.length;
    if (this.heldBytes > this.place.memoryBytes) this.flush();
  }

  /** One block of one statistic; valid until the next call. Throws `DamagedBlock`. */
  read(level: number, index: number, statistic: number): Block {
    const at = this.level(level);
    const length = this.statisticBytes(level);
    const held = at.held.get(index);
    if (held !== undefined) return blockOver(held.buffer, held.byteOffset + statistic * length, length);
    at.scratch ??= blockOver(new ArrayBuffer(length), 0, length);
    const { bytes } = at.scratch;
    const complete = at.file !== undefined && readFully(at.file, bytes, index * this.blockBytes(level) + statistic * length);
    if (!complete || zlib.crc32(bytes) !== at.checksums.at(index * this.shape.statistics + statistic)) throw new DamagedBlock();
    return at.scratch;
  }

  /** Moves what memory holds to the files; says whether everything is there now. */
  flush(): boolean {
    if (!this.writable) return false;
    try {
      // Not recursive: a run that was deleted must not come back as an empty folder.
      const folder = path.dirname(this.place.prefix);
      if (!existsSync(folder)) mkdirSync(folder);
      if (!isOwnFolder(folder)) throw new Error(`${folder} leads elsewhere`);
      for (const [number, level] of this.levels.entries()) this.write(number, level);
      return true;
    } catch {
      // A full or read-only disk: what is in memory stays there, and so does what comes.
      this.writable = false;
      return false;
    }
  }

  checksums(): BlockChecksums {
    return this.levels.map((level) => level.checksums.view());
  }

  /** Forgets spare blocks: what comes now comes slowly. */
  rest(): void {
    for (const level of this.levels) level.spare.length = 0;
  }

  close(): void {
    for (const level of this.levels) {
      if (level.file !== undefined) closeSync(level.file);
      level.file = undefined;
    }
    this.writable = false;
  }

  private write(number: number, level: Level): void {
    const file = level.file ?? this.open(number, constants.O_RDWR | constants.O_CREAT);
    const length = this.statisticBytes(number);
    for (const [index, block] of level.held) {
      writeFully(file, block, index * this.blockBytes(number));
      for (let start = 0; start < block.length; start += length) level.checksums.push(zlib.crc32(block.subarray(start, start + length)));
      level.held.delete(index);
      level.spare.push(block);
      this.heldBytes -= block.length;
    }
  }

  private openKnown(level: number): void {
    try {
      this.open(level, constants.O_RDWR);
    } catch {
      // Somebody else's run: what is there can be read, what comes stays in memory.
      this.open(level, constants.O_RDONLY);
      this.writable = false;
    }
  }

  private open(number: number, flags: number): number {
    const name = `${this.place.prefix}.level${number}`;
    if (isNoFile(name)) throw new Error(`${name} is no file of ours`);
    const file = openSync(name, flags | NO_FOLLOW);
    this.level(number).file = file;
    return file;
  }

  private level(number: number): Level {
    while (this.levels.length <= number) {
      this.levels.push({ held: new Map(), spare: [], blocks: 0, checksums: new GrowingUint32(), file: undefined, scratch: undefined });
    }
    const level = this.levels[number];
    if (level === undefined) throw new RangeError(`no level ${number}`);
    return level;
  }
}

/** Whether a folder is one, and no link to somewhere that a stranger's run would have us write. */
export function isOwnFolder(folder: string): boolean {
  return lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isNoFile(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isFile() === false;
}

function readFully(file: number, target: Uint8Array, position: number): boolean {
  for (let done = 0; done < target.length; ) {
    const read = readSync(file, target, done, target.length - done, position + done);
    if (read === 0) return false;
    done += read;
  }
  return true;
}

function writeFully(file: number, source: Uint8Array, position: number): void {
  for (let done = 0; done < source.length; ) done += writeSync(file, source, done, source.length - done, position + done);
}
