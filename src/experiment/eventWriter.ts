// Writes one event file of a run: metrics, depth statistics and texts, in TensorBoard's own format.
// Every call is on its way to the disk when it returns, so that whoever watches sees it, and so that a
// killed trainer loses nothing that it said.

import { closeSync, fsyncSync, ftruncateSync, openSync, readdirSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { PbfWriter } from 'pbf';
import { maskedCrc32c } from './crc32c';
import {
  DEPTH_PLUGIN,
  DIMENSION,
  DT_FLOAT,
  DT_STRING,
  EVENT,
  FILE_VERSION,
  FOOTER_BYTES,
  HEADER_BYTES,
  METADATA,
  PLUGIN_DATA,
  SESSION_LOG,
  SESSION_START,
  SHAPE,
  SUMMARY,
  TENSOR,
  TEXT_PLUGIN,
  VALUE,
} from './eventFormat';
import type { DepthLayout, HistogramLayout } from './events';
import { diskFailure, errnoOf, syncFolder } from './files';
import { DEPTH_TAG, HISTOGRAM_PREFIX } from './tags';

type Body = (writer: PbfWriter) => void;

const encoder = new TextEncoder();

export class EventWriter {
  private position = 0;
  private isNamed = false;
  /** What was last said about the rows and columns of a tag. */
  private readonly layouts = new Map<string, DepthLayout | HistogramLayout>();

  private constructor(
    readonly file: string,
    private descriptor: number | undefined,
  ) {}

  /**
   * Starts a new event file in an existing directory. `sessionStart` is given on resumption: everything that
   * older files recorded at or after that step is superseded. Throws disk `Failure`s, as every call does.
   */
  static open(directory: string, options: { readonly sessionStart?: number } = {}): EventWriter {
    const { file, descriptor, isFirst } = createFile(directory);
    const writer = new EventWriter(file, descriptor);
    writer.append(0, (event) => event.writeStringField(EVENT.fileVersion, FILE_VERSION));
    // TensorBoard takes the first session start it sees for the beginning, and only later ones for
    // resumption: without one in the first file it would show superseded values beside the new ones.
    const start = options.sessionStart ?? (isFirst ? 0 : undefined);
    if (start !== undefined) {
      writer.append(start, (event) => message(event, EVENT.sessionLog, (log) => log.writeVarintField(SESSION_LOG.status, SESSION_START)));
    }
    return writer;
  }

  /** Numbers by tag; TensorBoard shows them as curves. Kept as float32. */
  scalars(step: number, values: Readonly<Record<string, number>>): void {
    this.append(step, (event) =>
      message(event, EVENT.summary, (summary) => {
        for (const [tag, value] of Object.entries(values)) {
          message(summary, SUMMARY.value, (field) => {
            field.writeStringField(VALUE.tag, tag);
            field.writeFloatField(VALUE.simpleValue, value);
          });
        }
      }),
    );
  }

  /** Statistics over depth, row-major `[rows, columns]` as `layout` names them; NaN and Inf stay what they are. */
  depth(step: number, layout: DepthLayout, values: Float32Array): void {
    this.tensor(step, DEPTH_TAG, layout, [layout.rows.length, layout.columns.length], values);
  }

  /** Counts over depth of one kind of value, row-major `[rows, edges + 1]` as `layout` names them. */
  histogram(step: number, name: string, layout: HistogramLayout, counts: Float32Array): void {
    this.tensor(step, HISTOGRAM_PREFIX + name, layout, [layout.rows.length, layout.edges.length + 1], counts);
  }

  private tensor(
    step: number,
    tag: string,
    layout: DepthLayout | HistogramLayout,
    shape: readonly [number, number],
    values: Float32Array,
  ): void {
    if (values.length !== shape[0] * shape[1]) {
      throw new RangeError(`an event '${tag}' of shape [${shape.join(', ')}] needs as many values, not ${values.length}`);
    }
    const named = this.layouts.get(tag) === layout;
    this.append(step, (event) =>
      message(event, EVENT.summary, (summary) =>
        message(summary, SUMMARY.value, (field) => {
          field.writeStringField(VALUE.tag, tag);
          // Readers keep the metadata of a tag's first event; the names of a thousand layers are not repeated.
          if (!named) writeMetadata(field, DEPTH_PLUGIN, encoder.encode(JSON.stringify(layout)));
          message(field, VALUE.tensor, (tensor) => {
            tensor.writeVarintField(TENSOR.dtype, DT_FLOAT);
            writeShape(tensor, shape);
            tensor.writeBytesField(TENSOR.content, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
          });
        }),
      ),
    );
    this.layouts.set(tag, layout);
  }

  /** Something said with a step, such as an alert; TensorBoard shows it on its page for texts. */
  text(step: number, tag: string, text: string): void {
    this.append(step, (event) =>
      message(event, EVENT.summary, (summary) =>
        message(summary, SUMMARY.value, (field) => {
          field.writeStringField(VALUE.tag, tag);
          writeMetadata(field, TEXT_PLUGIN);
          message(field, VALUE.tensor, (tensor) => {
            tensor.writeVarintField(TENSOR.dtype, DT_STRING);
            writeShape(tensor, [1]);
            tensor.writeBytesField(TENSOR.strings, encoder.encode(text));
          });
        }),
      ),
    );
  }

  /** Everything said so far outlives a loss of power once this is done; until then it outlives the process only. */
  async sync(): Promise<void> {
    if (this.descriptor === undefined) throw new Error(`${this.file} is closed`);
    try {
      fsyncSync(this.descriptor);
    } catch (error) {
      throw diskFailure(error, this.file);
    }
    // The name needs that only once.
    if (!this.isNamed) await syncFolder(path.dirname(this.file));
    this.isNamed = true;
  }

  /** Ends the file; further calls throw. Closing twice is harmless. */
  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private append(step: number, body: Body): void {
    if (this.descriptor === undefined) throw new Error(`${this.file} is closed`);
    const writer = new PbfWriter();
    writer.writeDoubleField(EVENT.wallTime, Date.now() / 1000);
    writer.writeVarintField(EVENT.step, step);
    body(writer);
    const record = frame(writer.finish());
    try {
      for (let written = 0; written < record.length; ) {
        written += writeSync(this.descriptor, record, written, record.length - written, this.position + written);
      }
    } catch (error) {
      // Half a record in the middle would end every reader's reading; what was written before stays good.
      truncate(this.descriptor, this.position);
      throw diskFailure(error, this.file);
    }
    this.position += record.length;
  }
}

function truncate(descriptor: number, length: number): void {
  try {
    ftruncateSync(descriptor, length);
  } catch {
    // The failure that led here says more than this one.
  }
}

const PREFIX = 'events.out.tfevents.';
/** Ten digits: what somebody else called a file in their own way says nothing about time. */
const SECONDS = /^events\.out\.tfevents\.(\d{10})\./;

/**
 * A new file whose name TensorBoard recognises, and which sorts after every older one: names begin with the time, and
 * where a clock was put back or two starts share a second, with the second after the last.
 */
function createFile(directory: string): { readonly file: string; readonly descriptor: number; readonly isFirst: boolean } {
  const host = hostname().replace(/[^A-Za-z0-9-]+/g, '-') || 'host';
  let older: readonly string[];
  try {
    older = readdirSync(directory).filter((name) => name.startsWith(PREFIX));
  } catch (error) {
    throw diskFailure(error, directory);
  }
  const last = older.reduce((latest, name) => Math.max(latest, Number(SECONDS.exec(name)?.[1] ?? 0)), 0);
  for (let seconds = Math.max(Math.floor(Date.now() / 1000), last + 1); ; seconds++) {
    const file = path.join(directory, `${PREFIX}${String(seconds).padStart(10, '0')}.${host}.${process.pid}.0`);
    try {
      return { file, descriptor: openSync(file, 'wx'), isFirst: older.length === 0 };
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw diskFailure(error, file);
    }
  }
}

/** Adds length and checksums around a record's bytes. */
function frame(bytes: Uint8Array): Uint8Array {
  const record = new Uint8Array(HEADER_BYTES + bytes.length + FOOTER_BYTES);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(bytes.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(bytes, HEADER_BYTES);
  view.setUint32(HEADER_BYTES + bytes.length, maskedCrc32c(bytes), true);
  return record;
}

function message(writer: PbfWriter, field: number, body: Body): void {
  writer.writeMessage(field, (_, inner) => body(inner), undefined);
}

function writeMetadata(value: PbfWriter, plugin: string, content?: Uint8Array): void {
  message(value, VALUE.metadata, (metadata) =>
    message(metadata, METADATA.pluginData, (data) => {
      data.writeStringField(PLUGIN_DATA.name, plugin);
      if (content !== undefined) data.writeBytesField(PLUGIN_DATA.content, content);
    }),
  );
}

function writeShape(tensor: PbfWriter, sizes: readonly number[]): void {
  message(tensor, TENSOR.shape, (shape) => {
    for (const size of sizes) message(shape, SHAPE.dimension, (dimension) => dimension.writeVarintField(DIMENSION.size, size));
  });
}
