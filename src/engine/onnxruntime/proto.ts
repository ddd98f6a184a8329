// Writes an ONNX ModelProto: the subset of onnx.proto (github.com/onnx/onnx) that lowered programs
// use, as protocol-buffer bytes. Field numbers are in the table that each writer is.

import { PbfWriter } from 'pbf';

/** TensorProto.DataType. */
export const ELEMENT = { float: 1, int32: 6, int64: 7, float16: 10 } as const;
export type Element = keyof typeof ELEMENT;

export interface TensorInfo {
  readonly name: string;
  readonly element: Element;
  readonly shape: readonly number[];
}

/** Where a file beside the model holds the elements; offset and length are in bytes. */
export interface OutsideBytes {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

export interface Initialiser extends TensorInfo {
  /** Little-endian elements, row-major. */
  readonly bytes: Uint8Array | OutsideBytes;
}

/** An attribute of a node: a plain number is an integer, a float says so. */
export type NodeAttribute = number | readonly number[] | string | { readonly float: number };

export interface Node {
  readonly operator: string;
  /** '' is ONNX's own; others need an import. */
  readonly domain: string;
  /** Names; '' for an optional one left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, NodeAttribute>>;
}

export interface Model {
  readonly name: string;
  /** Version of the operator set by domain. */
  readonly imports: Readonly<Record<string, number>>;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly initialisers: readonly Initialiser[];
  /** In an order in which every input exists before its user. */
  readonly nodes: readonly Node[];
}

/** Version of the file format itself: 8 is what operator set 18 came with. */
const IR_VERSION = 8;

export function encodeModel(model: Model): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, IR_VERSION);
  pbf.writeStringField(2, 'fathom');
  pbf.writeMessage(7, writeGraph, model);
  for (const entry of Object.entries(model.imports)) pbf.writeMessage(8, writeImport, entry);
  return pbf.finish();
}

function writeImport([domain, version]: readonly [string, number], pbf: PbfWriter): void {
  pbf.writeStringField(1, domain);
  pbf.writeVarintField(2, version);
}

function writeGraph(model: Model, pbf: PbfWriter): void {
  for (const node of model.nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, model.name);
  for (const initialiser of model.initialisers) pbf.writeMessage(5, writeTensor, initialiser);
  for (const info of model.inputs) pbf.writeMessage(11, writeValueInfo, info);
  for (const info of model.outputs) pbf.writeMessage(12, writeValueInfo, info);
}

function writeNode(node: Node, pbf: PbfWriter): void {
  for (const name of node.inputs) pbf.writeStringField(1, name);
  for (const name of node.outputs) pbf.writeStringField(2, name);
  pbf.writeStringField(4, node.operator);
  for (const entry of Object.entries(node.attributes)) pbf.writeMessage(5, writeAttribute, entry);
  pbf.writeStringField(7, node.domain);
}

const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;

function writeAttribute([name, value]: readonly [string, NodeAttribute], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  if (typeof value === 'number') {
    pbf.writeVarintField(3, value);
    pbf.writeVarintField(20, ATTRIBUTE_TYPE.int);
  } else if (typeof value === 'string') {
    pbf.writeBytesField(4, new TextEncoder().encode(value));
    pbf.writeVarintField(20, ATTRIBUTE_TYPE.string);
  } else if ('float' in value) {
    pbf.writeFloatField(2, value.float);
    pbf.writeVarintField(20, ATTRIBUTE_TYPE.float);
  } else {
    for (const item of value) pbf.writeVarintField(8, item);
    pbf.writeVarintField(20, ATTRIBUTE_TYPE.ints);
  }
}

function writeTensor(tensor: Initialiser, pbf: PbfWriter): void {
  for (const extent of tensor.shape) pbf.writeVarintField(1, extent);
  pbf.writeVarintField(2, ELEMENT[tensor.element]);
  pbf.writeStringField(8, tensor.name);
  if (tensor.bytes instanceof Uint8Array) {
    pbf.writeBytesField(9, tensor.bytes);
    return;
  }
  for (const entry of Object.entries(tensor.bytes)) pbf.writeMessage(13, writeStringPair, entry);
  pbf.writeVarintField(14, DATA_LOCATION_EXTERNAL);
}

const DATA_LOCATION_EXTERNAL = 1;

function writeStringPair([key, value]: readonly [string, string | number], pbf: PbfWriter): void {
  pbf.writeStringField(1, key);
  pbf.writeStringField(2, String(value));
}

function writeValueInfo(info: TensorInfo, pbf: PbfWriter): void {
  pbf.writeStringField(1, info.name);
  pbf.writeMessage(2, writeType, info);
}

function writeType(info: TensorInfo, pbf: PbfWriter): void {
  pbf.writeMessage(1, writeTensorType, info);
}

function writeTensorType(info: TensorInfo, pbf: PbfWriter): void {
  pbf.writeVarintField(1, ELEMENT[info.element]);
  pbf.writeMessage(2, writeShape, info);
}

function writeShape(info: TensorInfo, pbf: PbfWriter): void {
  for (const extent of info.shape) pbf.writeMessage(1, writeDimension, extent);
}

function writeDimension(extent: number, pbf: PbfWriter): void {
  pbf.writeVarintField(1, extent);
}
