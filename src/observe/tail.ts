// Follows one event file as it grows, from its last good offset. The file is opened anew for every
// look: that is what makes a network disk show what others appended, it holds no handle on a run that
// somebody wants to delete, and it notices a file that was put in another's place.

import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { EventDecoder } from '../experiment/eventReader';
import type { RunEvent } from '../experiment/events';
import { errnoOf, openRegular } from '../experiment/files';
import type { FileProblem } from '../experiment/view';

/** Read at a time: large enough to be quick, small enough that others get their turn. */
const CHUNK_BYTES = 1024 * 1024;

/** Used again by the next read of any file, so that a long history is read without leaving litter. */
let spareChunk: Uint8Array | undefined;

/** Bytes before the position that a replaced file must share to be taken for the same one. */
const REMEMBERED_BYTES = 256;

/** How often damage must be seen at one place: a half-written or not yet visible page heals by itself. */
const LOOKS_BEFORE_DAMAGED = 3;

/** Where a reader was; what it takes to go on from there. */
export interface TailPosition {
  readonly offset: number;
  /** The bytes just before the offset. */
  readonly before: Uint8Array<ArrayBuffer>;
}

export class EventFileTail {
  readonly name: string;
  private decoder: EventDecoder;
  /** The next byte to read; what lies between the decoder's offset and it is a torn record. */
  private position: number;
  /** Ends at `position`. */
  private before: Uint8Array<ArrayBuffer>;
  private identity: string | undefined;
  private damage = { offset: -1, looks: 0 };
  private current: FileProblem | undefined;
  private ended = false;

  constructor(
    private readonly file: string,
    from: TailPosition = { offset: 0, before: new Uint8Array(0) },
  ) {
    this.name = path.basename(file);
    this.decoder = new EventDecoder(this.name, from.offset);
    this.position = from.offset;
    this.before = from.before;
  }

  /** What stands in the way: a missing or unreadable file while it is so, anything else for good. */
  get problem(): FileProblem | undefined {
    return this.current;
  }

  /** The last good offset: where a later reader goes on. */
  get resting(): TailPosition {
    const { offset } = this.decoder;
    return { offset, before: this.before.slice(0, Math.max(0, this.before.length - (this.position - offset))) };
  }

  /** The events that were appended, one chunk at most; `more` says that another call finds more at once. Never throws. */
  async read(): Promise<{ readonly events: readonly RunEvent[]; readonly more: boolean }> {
    const nothing = { events: [], more: false };
    if (this.ended) return nothing;
    let handle: FileHandle;
    try {
      handle = await openRegular(this.file);
    } catch (error) {
      this.say(errnoOf(error) === 'ENOENT' ? 'events-deleted' : 'events-unreadable', { errno: errnoOf(error) ?? String(error) });
      return nothing;
    }
    try {
      const size = await this.sizeOfSame(handle);
      return size > this.position ? await this.readFrom(handle, size - this.position) : nothing;
    } catch (error) {
      this.say('events-unreadable', { errno: errnoOf(error) ?? String(error) });
      return nothing;
    } finally {
      await handle.close().catch(() => undefined);
    }
  }

  /** The file's size if it is still the one that was read so far, and no shorter; otherwise 0. */
  private async sizeOfSame(handle: FileHandle): Promise<number> {
    const { dev, ino, size } = await handle.stat({ bigint: true });
    if (size < this.decoder.offset) return this.end('events-truncated', { offset: this.decoder.offset, value: Number(size) });
    // A writer that could not finish a record takes its part back.
    if (size < this.position) this.rewind();
    const identity = `${dev}:${ino}`;
    if (identity !== this.identity) {
      const found = new Uint8Array(this.before.length);
      await handle.read(found, 0, found.length, this.position - found.length);
      if (Buffer.compare(found, this.before) !== 0) return this.end('events-replaced', { offset: this.decoder.offset });
      this.identity = identity;
    }
    this.current = undefined;
    return Number(size);
  }

  private async readFrom(handle: FileHandle, available: number): Promise<{ readonly events: readonly RunEvent[]; readonly more: boolean }> {
    const chunk = spareChunk ?? new Uint8Array(CHUNK_BYTES);
    spareChunk = undefined;
    const { bytesRead } = await handle.read(chunk, 0, Math.min(CHUNK_BYTES, available), this.position);
    const bytes = chunk.subarray(0, bytesRead);
    const events = this.decoder.push(bytes);
    this.position += bytesRead;
    this.remember(bytes);
    spareChunk = chunk;
    const { problem } = this.decoder;
    if (problem === undefined) return { events, more: bytesRead < available && bytesRead > 0 };
    this.damage = { offset: this.decoder.offset, looks: this.damage.offset === this.decoder.offset ? this.damage.looks + 1 : 1 };
    if (this.damage.looks >= LOOKS_BEFORE_DAMAGED) {
      this.current = problem;
      this.ended = true;
    } else {
      this.rewind();
    }
    return { events, more: false };
  }

  /** Goes back to the last good offset. */
  private rewind(): void {
    const { offset, before } = this.resting;
    this.before = before;
    this.position = offset;
    this.decoder = new EventDecoder(this.name, offset);
  }

  private remember(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const joined = bytes.length >= REMEMBERED_BYTES ? bytes : Buffer.concat([this.before, bytes]);
    this.before = Uint8Array.from(joined.subarray(Math.max(0, joined.length - REMEMBERED_BYTES)));
  }

  private end(code: string, args: FileProblem['args']): 0 {
    this.say(code, args);
    this.ended = true;
    return 0;
  }

  private say(code: string, args: FileProblem['args']): void {
    this.current = { code, args: { file: this.name, ...args } };
  }
}
