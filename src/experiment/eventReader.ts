// Reads event files as they grow: bytes go in as they arrive, whole events come out. A torn last record
// is normal (wait for the rest); damage in the middle is said once, with its offset, and ends the reading.
// Whatever a file claims is checked before memory is spent on it.

import { maskedCrc32c } from './crc32c';
import { FOOTER_BYTES, HEADER_BYTES, MAX_RECORD_BYTES } from './eventFormat';
import { parseEvent } from './eventParser';
import type { RunEvent } from './events';
import type { FileProblem } from './view';

const FIRST_BUFFER_BYTES = 64 * 1024;

export class EventDecoder {
  /** Byte after the last good record: where a reader that starts anew goes on. */
  offset: number;
  /** Set once, when the file turned out damaged; from then on `push` gives nothing. */
  problem: FileProblem | undefined;

  /** Bytes that have arrived and are not yet decoded lie in `[start, end)`. */
  private buffer = new Uint8Array(FIRST_BUFFER_BYTES);
  private start = 0;
  private end = 0;

  /** `file` is a name for the words of a problem; `offset` is where the first pushed byte lies in the file. */
  constructor(
    private readonly file: string = 'the event file',
    offset = 0,
  ) {
    this.offset = offset;
  }

  /** The next bytes of the file, in order; gives the events of every record that they complete. */
  push(bytes: Uint8Array): RunEvent[] {
    if (this.problem !== undefined) return [];
    this.append(bytes);
    const events: RunEvent[] = [];
    while (this.problem === undefined && this.takeRecord(events));
    return events;
  }

  private takeRecord(events: RunEvent[]): boolean {
    const available = this.end - this.start;
    if (available < HEADER_BYTES) return false;
    const view = new DataView(this.buffer.buffer, this.start, available);
    if (view.getUint32(8, true) !== maskedCrc32c(this.buffer.subarray(this.start, this.start + 8))) {
      return this.stop('events-bad-checksum');
    }
    const length = Number(view.getBigUint64(0, true));
    if (length > MAX_RECORD_BYTES) return this.stop('events-too-long', { value: length });
    const total = HEADER_BYTES + length + FOOTER_BYTES;
    if (available < total) return false;
    const payload = this.buffer.subarray(this.start + HEADER_BYTES, this.start + HEADER_BYTES + length);
    if (view.getUint32(HEADER_BYTES + length, true) !== maskedCrc32c(payload)) return this.stop('events-bad-checksum');
    try {
      events.push(...parseEvent(payload));
    } catch {
      return this.stop('events-malformed');
    }
    this.start += total;
    this.offset += total;
    return true;
  }

  private stop(code: string, args: FileProblem['args'] = {}): false {
    this.problem = { code, args: { file: this.file, offset: this.offset, ...args } };
    this.buffer = new Uint8Array(0);
    this.start = this.end = 0;
    return false;
  }

  /** Grows with what has arrived, never with what a record says about its length. */
  private append(bytes: Uint8Array): void {
    const kept = this.end - this.start;
    if (this.end + bytes.length > this.buffer.length) {
      let size = this.buffer.length;
      while (size < kept + bytes.length) size *= 2;
      const target = size > this.buffer.length ? new Uint8Array(size) : this.buffer;
      target.set(this.buffer.subarray(this.start, this.end));
      this.buffer = target;
      this.start = 0;
      this.end = kept;
    }
    this.buffer.set(bytes, this.end);
    this.end += bytes.length;
  }
}
