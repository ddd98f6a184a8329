// Puts lowered programs together into one ONNX graph: each is copied in under names of its own, and what
// one gives is what the next takes.

import { inputName, outputName } from '../engine/onnxruntime/lower';
import type { Initialiser, Model, Node } from '../engine/onnxruntime/proto';

/** How a piece is tied to the rest: names in the graph for names of the program. */
export interface Ties {
  /** Of everything inside the piece. */
  readonly prefix: string;
  /** Of constants, which copies of the same program share. */
  readonly shared: string;
  input(name: string): string;
  output(name: string): string;
}

/** What the lowering puts before names of inputs and outputs. */
const IN = inputName('').length;
const OUT = outputName('').length;

export class Graph {
  readonly nodes: Node[] = [];
  private readonly held = new Map<string, Initialiser>();
  private readonly made = new Set<string>();
  private readonly taken = new Set<string>();
  private imports: Readonly<Record<string, number>> = {};

  get constants(): readonly Initialiser[] {
    return [...this.held.values()];
  }

  /** Names that nodes take and nothing here makes: inputs of the graph, and weights. */
  get needs(): ReadonlySet<string> {
    return new Set([...this.taken].filter((name) => name !== '' && !this.made.has(name) && !this.held.has(name)));
  }

  constant(name: string, element: 'float' | 'int64', shape: readonly number[], values: readonly number[]): string {
    const data = element === 'float' ? Float32Array.from(values) : BigInt64Array.from(values, BigInt);
    this.held.set(name, { name, element, shape, bytes: new Uint8Array(data.buffer) });
    return name;
  }

  node(node: Node): void {
    this.nodes.push(node);
    for (const name of node.inputs) this.taken.add(name);
    for (const name of node.outputs) this.made.add(name);
  }

  place(piece: Model, ties: Ties): void {
    this.imports = { ...this.imports, ...piece.imports };
    const names = new Map<string, string>([['', '']]);
    for (const { name } of piece.inputs) names.set(name, ties.input(name.slice(IN)));
    for (const { name } of piece.outputs) names.set(name, ties.output(name.slice(OUT)));
    for (const initialiser of piece.initialisers) {
      const name = `${ties.shared}/${initialiser.name}`;
      names.set(initialiser.name, name);
      this.held.set(name, { ...initialiser, name });
    }
    const nameOf = (name: string): string => names.get(name) ?? `${ties.prefix}/${name}`;
    for (const node of piece.nodes) this.node({ ...node, inputs: node.inputs.map(nameOf), outputs: node.outputs.map(nameOf) });
  }

  /** The whole, with constants and these weights inside. */
  model(name: string, inputs: Model['inputs'], outputs: Model['outputs'], weights: readonly Initialiser[]): Model {
    return { name, imports: this.imports, inputs, outputs, initialisers: [...this.constants, ...weights], nodes: this.nodes };
  }
}
