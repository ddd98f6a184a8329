// From the bytes of one TensorBoard event to what Fathom understands of it. Fields and values that it
// does not know are passed over, so files that other tools wrote or enriched can be read as well.

import { PbfReader } from 'pbf';
import {
  DEPTH_PLUGIN,
  DIMENSION,
  DT_FLOAT,
  DT_STRING,
  EVENT,
  METADATA,
  PLUGIN_DATA,
  SESSION_LOG,
  SESSION_START,
  SHAPE,
  SUMMARY,
  TENSOR,
  VALUE,
} from './eventFormat';
import type { DepthLayout, HistogramLayout, RunEvent } from './events';
import { isRecord } from './record';
import { DEPTH_TAG, HISTOGRAM_PREFIX } from './tags';

/**
 * What is written as two bytes costs a hundred in memory: a record of the size that is allowed could claim thirty
 * million values. Ours have dozens.
 */
const MOST_VALUES = 10_000;
const MOST_DIMENSIONS = 16;

interface RawTensor {
  dtype: number;
  sizes: number[];
  content: Uint8Array | undefined;
  floats: number[];
  strings: Uint8Array[];
}

interface RawValue {
  tag: string;
  simple: number | undefined;
  plugin: string;
  pluginContent: Uint8Array | undefined;
  tensor: RawTensor | undefined;
}

interface RawEvent {
  wallTime: number;
  step: number;
  version: string | undefined;
  started: boolean;
  values: RawValue[];
}

/** The events in one record, mostly one. Throws where the bytes are not an event, or a depth tensor contradicts itself. */
export function parseEvent(bytes: Uint8Array): RunEvent[] {
  const reader = new PbfReader(bytes);
  const raw = reader.readFields(readEventField, { wallTime: 0, step: 0, version: undefined, started: false, values: [] } as RawEvent);
  if (reader.pos > bytes.length) throw new Error('the event ends before its last field');

  const at = { step: raw.step, wallTime: raw.wallTime };
  const events: RunEvent[] = [];
  if (raw.version !== undefined) events.push({ ...at, kind: 'version', version: raw.version });
  if (raw.started) events.push({ ...at, kind: 'session-start' });
  const scalars = new Map<string, number>();
  for (const value of raw.values) {
    const { tag, tensor } = value;
    const scalar = value.simple ?? scalarOf(tensor);
    if (scalar !== undefined) scalars.set(tag, scalar);
    else if (tag === DEPTH_TAG && tensor?.dtype === DT_FLOAT) events.push({ ...at, kind: 'depth', ...depthOf(value, tensor) });
    else if (tag.startsWith(HISTOGRAM_PREFIX) && tensor?.dtype === DT_FLOAT)
      events.push({ ...at, kind: 'histogram', name: tag.slice(HISTOGRAM_PREFIX.length), ...histogramOf(value, tensor) });
    else if (tensor?.dtype === DT_STRING) events.push({ ...at, kind: 'text', tag, text: tensor.strings.map(decode).join('\n') });
  }
  // fromEntries defines properties, so that a tag called __proto__ is only a tag.
  if (scalars.size > 0) events.push({ ...at, kind: 'scalars', values: Object.fromEntries(scalars) });
  return events;
}

function readEventField(field: number, event: RawEvent, reader: PbfReader): void {
  if (field === EVENT.wallTime) event.wallTime = reader.readDouble();
  else if (field === EVENT.step) event.step = reader.readVarint(true);
  else if (field === EVENT.fileVersion) event.version = decode(reader.readBytes());
  else if (field === EVENT.summary) reader.readMessage(readSummaryField, event);
  else if (field === EVENT.sessionLog) reader.readMessage(readSessionField, event);
}

function readSessionField(field: number, event: RawEvent, reader: PbfReader): void {
  if (field === SESSION_LOG.status) event.started = reader.readVarint() === SESSION_START;
}

function readSummaryField(field: number, event: RawEvent, reader: PbfReader): void {
  if (field !== SUMMARY.value) return;
  if (event.values.length >= MOST_VALUES) throw new Error('an event has fewer values than this');
  const value: RawValue = { tag: '', simple: undefined, plugin: '', pluginContent: undefined, tensor: undefined };
  event.values.push(reader.readMessage(readValueField, value));
}

function readValueField(field: number, value: RawValue, reader: PbfReader): void {
  if (field === VALUE.tag) value.tag = decode(reader.readBytes());
  else if (field === VALUE.simpleValue) value.simple = reader.readFloat();
  else if (field === VALUE.metadata) reader.readMessage(readMetadataField, value);
  else if (field === VALUE.tensor) {
    const tensor: RawTensor = { dtype: 0, sizes: [], content: undefined, floats: [], strings: [] };
    value.tensor = reader.readMessage(readTensorField, tensor);
  }
}

function readMetadataField(field: number, value: RawValue, reader: PbfReader): void {
  if (field === METADATA.pluginData) reader.readMessage(readPluginField, value);
}

function readPluginField(field: number, value: RawValue, reader: PbfReader): void {
  if (field === PLUGIN_DATA.name) value.plugin = decode(reader.readBytes());
  else if (field === PLUGIN_DATA.content) value.pluginContent = reader.readBytes();
}

function readTensorField(field: number, tensor: RawTensor, reader: PbfReader): void {
  if (field === TENSOR.dtype) tensor.dtype = reader.readVarint();
  else if (field === TENSOR.shape) reader.readMessage(readShapeField, tensor.sizes);
  else if (field === TENSOR.content) tensor.content = reader.readBytes();
  else if (field === TENSOR.floats) readFloats(tensor.floats, reader);
  else if (field === TENSOR.strings) {
    if (tensor.strings.length >= MOST_VALUES) throw new Error('a tensor has fewer texts than this');
    tensor.strings.push(reader.readBytes());
  }
}

/** Repeated floats come packed (length-delimited, wire type 2) or one by one. */
function readFloats(floats: number[], reader: PbfReader): void {
  if (reader.type === 2) reader.readPackedFloat(floats);
  else floats.push(reader.readFloat());
}

function readShapeField(field: number, sizes: number[], reader: PbfReader): void {
  if (field !== SHAPE.dimension) return;
  if (sizes.length >= MOST_DIMENSIONS) throw new Error('a tensor has fewer dimensions than this');
  const size = { value: 0 };
  reader.readMessage((inner, target) => {
    if (inner === DIMENSION.size) target.value = reader.readVarint(true);
  }, size);
  sizes.push(size.value);
}

/** A tensor without dimensions is a scalar; newer TensorBoard writers prefer it to the simple value. */
function scalarOf(tensor: RawTensor | undefined): number | undefined {
  if (tensor === undefined || tensor.dtype !== DT_FLOAT || tensor.sizes.length > 0) return undefined;
  return floatsOf(tensor)[0];
}

/** Rows and columns of a tensor that has both. */
function matrixOf(tensor: RawTensor): { readonly rows: number; readonly columns: number; readonly values: Float32Array } {
  const [rows, columns] = tensor.sizes;
  if (rows === undefined || columns === undefined || tensor.sizes.length !== 2) throw new Error('a depth tensor has two dimensions');
  const values = floatsOf(tensor);
  if (rows < 0 || columns < 0 || rows * columns !== values.length) throw new Error('a depth tensor holds as many values as its shape says');
  return { rows, columns, values };
}

function histogramOf(value: RawValue, tensor: RawTensor) {
  const { rows, columns: bins, values } = matrixOf(tensor);
  const layout = value.plugin === DEPTH_PLUGIN && value.pluginContent ? parseEdges(decode(value.pluginContent)) : undefined;
  if (layout && (layout.rows.length !== rows || layout.edges.length + 1 !== bins)) throw new Error('names and shape disagree');
  return { rows, bins, values, ...(layout && { layout }) };
}

function parseEdges(text: string): HistogramLayout {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) throw new Error('what a histogram is about is an object');
  const { rows, edges } = value;
  const ascends = Array.isArray(edges) && edges.every((edge, i) => typeof edge === 'number' && (i === 0 || edge > edges[i - 1]));
  if (!isNames(rows) || !ascends) throw new Error('a histogram has rows with names and edges that ascend');
  return { rows, edges };
}

function depthOf(value: RawValue, tensor: RawTensor) {
  const { rows, columns, values } = matrixOf(tensor);
  const layout = value.plugin === DEPTH_PLUGIN && value.pluginContent ? parseLayout(decode(value.pluginContent)) : undefined;
  if (layout && (layout.rows.length !== rows || layout.columns.length !== columns)) throw new Error('names and shape disagree');
  return { rows, columns, values, ...(layout && { layout }) };
}

/** Copied out: the bytes belong to a buffer that is used again, and floats need an aligned place. */
function floatsOf(tensor: RawTensor): Float32Array {
  if (tensor.content === undefined) return Float32Array.from(tensor.floats);
  const values = new Float32Array(Math.floor(tensor.content.length / 4));
  if (values.byteLength !== tensor.content.length) throw new Error('a float tensor holds whole floats');
  new Uint8Array(values.buffer).set(tensor.content);
  return values;
}

function parseLayout(text: string): DepthLayout {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) throw new Error('the names of a depth tensor are an object');
  const { rows, columns, absent } = value;
  if (!isNames(rows) || !isNames(columns)) throw new Error('the names of a depth tensor are two lists of texts');
  if (absent === undefined) return { rows, columns };
  if (!isCells(absent, rows.length, columns.length)) throw new Error('the absent cells of a depth tensor are pairs of a row and a column');
  return { rows, columns, absent };
}

function isCells(value: unknown, rows: number, columns: number): value is [number, number][] {
  const isIndex = (index: unknown, end: number): boolean =>
    typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < end;
  return (
    Array.isArray(value) &&
    value.every((cell) => Array.isArray(cell) && cell.length === 2 && isIndex(cell[0], rows) && isIndex(cell[1], columns))
  );
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
