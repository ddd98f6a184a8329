// Collects the nodes and constants of an ONNX graph while rules write them.

import { createHash } from 'node:crypto';
import { sizeOf } from '../../graph/value';
import type { Element, Initialiser, Node, NodeAttribute } from './proto';

/** onnxruntime's own operators: FusedMatMul, Gelu. */
export const CONTRIB = 'com.microsoft';

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, NodeAttribute>>;
  readonly domain?: string;
}

export class ModelBuilder {
  readonly nodes: Node[] = [];
  private readonly constants = new Map<string, Initialiser>();
  private readonly written = new Map<string, readonly string[]>();
  private names = 0;

  /** Adds a node with one output and returns the output's name. */
  node(operator: string, inputs: readonly string[], options: NodeOptions = {}): string {
    return this.nodeOf(1, operator, inputs, options)[0] as string;
  }

  /** Adds a node with `count` outputs and returns their names. */
  nodeOf(count: number, operator: string, inputs: readonly string[], options: NodeOptions = {}): readonly string[] {
    const outputs = Array.from({ length: count }, () => `v${this.names++}`);
    this.nodes.push({ operator, domain: options.domain ?? '', inputs, outputs, attributes: options.attributes ?? {} });
    return outputs;
  }

  /** What `write` returned the first time for this key: for nodes that several values are outputs of. */
  once(key: string, write: () => readonly string[]): readonly string[] {
    const names = this.written.get(key) ?? write();
    this.written.set(key, names);
    return names;
  }

  floats(values: ArrayLike<number>, shape: readonly number[]): string {
    return this.constant('float', shape, Float32Array.from(values));
  }

  filled(value: number, shape: readonly number[]): string {
    return this.floats(new Float32Array(sizeOf(shape)).fill(value), shape);
  }

  /** Shapes, axes and bounds, which ONNX wants as 64-bit integers. */
  int64s(values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.constant('int64', shape, BigInt64Array.from(values, BigInt));
  }

  reshape(name: string, shape: readonly number[]): string {
    return this.node('Reshape', [name, this.int64s(shape)]);
  }

  get initialisers(): readonly Initialiser[] {
    return [...this.constants.values()];
  }

  /** Equal constants are stored once. */
  private constant(element: Element, shape: readonly number[], data: Float32Array | BigInt64Array): string {
    if (data.length !== sizeOf(shape)) throw new RangeError(`constant: ${data.length} values for shape [${shape.join(', ')}]`);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = `${element}[${shape.join()}]${createHash('sha256').update(bytes).digest('base64')}`;
    const found = this.constants.get(key);
    if (found) return found.name;
    const name = `c${this.constants.size}`;
    this.constants.set(key, { name, element, shape, bytes });
    return name;
  }
}
