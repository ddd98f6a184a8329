// A program as it runs: sessions of the library and loops of our own in turn, over memory that stays from run to run.

import { setImmediate } from 'node:timers/promises';
import type { Program, TensorType } from '../../graph/value';
import { memoryOf } from '../alignedMemory';
import type { Executable, Tensor } from '../engine';
import { checkInputs, checkInto, type UsedInput, usedInputs } from '../inputs';
import { inputSlot, outputSlot } from '../stages';
import type { OnnxLibrary, OnnxSession } from './native';
import { type Memory, OnnxTensor } from './tensor';

/** What a stage reads and writes, by slot. */
interface Slots {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export type Compiled = Slots &
  (
    | { readonly by: 'engine'; readonly session: OnnxSession }
    | { readonly by: 'loop'; run(...addresses: readonly number[]): void; readonly scratch: Float32Array }
  );

/** Memory that an executable asks of its engine. */
export interface Stock {
  /** Of a result that nobody said where to write: it lives as long as anybody holds it. */
  blank(type: TensorType): Memory;
  /** Where loops reach it. */
  floats(length: number): Float32Array;
}

/** A stage and the tensors that it works on. */
type Action =
  | { readonly by: 'engine'; readonly session: OnnxSession; readonly inputs: number; readonly outputs: number }
  | {
      readonly by: 'loop';
      run(...addresses: readonly number[]): void;
      readonly addresses: readonly number[];
      /** Operands that lie where loops do not reach, and results: to where, and from where. */
      readonly before: readonly Copy[];
      readonly behind: readonly Copy[];
    };
type Copy = readonly [to: Float32Array, from: Float32Array];

/**
 * What a run does, for the tensors that it was asked with. The same layer is asked with the same tensors at every step: to
 * look them up one by one, each where no cache holds it any more, took a twentieth of a thin layer's time (measured).
 */
interface Binding {
  readonly inputs: readonly Tensor[];
  readonly into: Readonly<Record<string, Tensor>>;
  /** By output: where it is told, and its memory. */
  readonly told: readonly (Tensor | undefined)[];
  readonly made: readonly Memory[];
  /** `OnnxTensor.releases` when all this was so. */
  readonly releases: number;
  /** Of all sessions: their addresses are in `actions`. */
  readonly handles: BigUint64Array;
  readonly actions: readonly Action[];
  /** Handed out again once all that was made has been given back. */
  readonly results: Record<string, Tensor>;
}

/** Milliseconds for which a thread may run programs before whatever else waits for it is let in. */
const BREATH = 10;
let lastBreath = 0;

const NOWHERE: Readonly<Record<string, Tensor>> = {};

export class OnnxExecutable implements Executable {
  private readonly used: readonly UsedInput[];
  /** What is made, and memory of earlier runs that was given back. */
  private readonly outputs: readonly {
    readonly name: string;
    readonly slot: string;
    readonly type: TensorType;
    readonly spare: Memory[];
  }[];
  /** Copies of operands that lie where loops do not reach, by slot. */
  private readonly copies = new Map<string, Float32Array>();
  private readonly known = new WeakMap<Readonly<Record<string, Tensor>>, Binding>();

  /** @param between what lies at slots between stages, and constants. */
  constructor(
    private readonly library: OnnxLibrary,
    private readonly stock: Stock,
    readonly program: Program,
    private readonly stages: readonly Compiled[],
    private readonly between: ReadonlyMap<string, Memory>,
  ) {
    this.used = usedInputs(program);
    this.outputs = Object.entries(program.outputs).map(([name, { type }]) => ({ name, slot: outputSlot(name), type, spare: [] }));
  }

  async run(inputs: Readonly<Record<string, Tensor>>, into: Readonly<Record<string, Tensor>> = NOWHERE): Promise<Record<string, Tensor>> {
    if (performance.now() - lastBreath > BREATH) {
      await setImmediate();
      lastBreath = performance.now();
    }
    const known = this.known.get(inputs);
    const binding = known && this.holds(known, inputs, into) ? known : this.bind(inputs, into);
    for (const action of binding.actions) {
      if (action.by === 'engine') action.session.run(action.inputs, action.outputs);
      else {
        for (const [to, from] of action.before) to.set(from);
        action.run(...action.addresses);
        for (const [to, from] of action.behind) to.set(from);
      }
    }
    const { results } = binding;
    for (let i = 0; i < this.outputs.length; i++) {
      const { name, type, spare } = this.outputs[i] as (typeof this.outputs)[number];
      if (binding.told[i]) continue;
      spare.pop();
      results[name] = new OnnxTensor(type.dtype, type.shape, binding.made[i] as Memory, spare);
    }
    return results;
  }

  async dispose(): Promise<void> {
    for (const stage of this.stages) if (stage.by === 'engine') stage.session.close();
  }

  /** Whether a binding is of these very tensors, none of which was released. */
  private holds({ into: place, inputs: given, told, made, releases }: Binding, inputs: Binding['into'], into: Binding['into']): boolean {
    if (place !== into || releases !== OnnxTensor.releases) return false;
    for (let i = 0; i < given.length; i++) if (inputs[(this.used[i] as UsedInput).name] !== given[i]) return false;
    for (let i = 0; i < told.length; i++) {
      const { name, spare } = this.outputs[i] as (typeof this.outputs)[number];
      if (into[name] !== told[i] || (!told[i] && spare.at(-1) !== made[i])) return false;
    }
    return true;
  }

  private bind(inputs: Readonly<Record<string, Tensor>>, into: Readonly<Record<string, Tensor>>): Binding {
    checkInputs(this.program, this.used, inputs);
    checkInto(this.program, into);
    const at = new Map(this.between);
    for (const { name } of this.used) at.set(inputSlot(name), OnnxTensor.memoryOf(inputs[name] as Tensor));
    const made = this.outputs.map(({ name, slot, type, spare }) => {
      const told = into[name];
      const memory = told ? OnnxTensor.memoryOf(told) : (spare.at(-1) ?? this.stock.blank(type));
      if (!told && spare.length === 0) spare.push(memory);
      at.set(slot, memory);
      return memory;
    });
    const slots = this.stages.flatMap((stage) => (stage.by === 'engine' ? [...stage.inputs, ...stage.outputs] : []));
    const handles = BigUint64Array.from(slots, (slot) => memoryAt(at, slot).handle);
    const start = this.library.addressOf(handles);
    let taken = 0;
    const next = (count: number): number => {
      taken += count;
      return start + HANDLE_BYTES * (taken - count);
    };
    const actions = this.stages.map((stage): Action => {
      if (stage.by === 'loop') return this.loopOver(stage, at);
      const { session, inputs, outputs } = stage;
      return { by: 'engine', session, inputs: next(inputs.length), outputs: next(outputs.length) };
    });
    const given = this.used.map(({ name }) => inputs[name] as Tensor);
    const told = this.outputs.map(({ name }) => into[name]);
    const binding = { inputs: given, into, told, made, releases: OnnxTensor.releases, handles, actions, results: { ...into } };
    if (given.some(OnnxTensor.isPassing)) this.known.delete(inputs);
    else this.known.set(inputs, binding);
    return binding;
  }

  /** A loop sees one memory: whatever lies elsewhere is copied there, or back. */
  private loopOver({ inputs, outputs, run, scratch }: Compiled & { readonly by: 'loop' }, at: ReadonlyMap<string, Memory>): Action {
    const memory = memoryOf(scratch);
    const [before, behind]: [Copy[], Copy[]] = [[], []];
    const placed = (slot: string, copies: Copy[], isResult: boolean): number => {
      const data = memoryAt(at, slot).data as Float32Array;
      if (memoryOf(data) === memory) return data.byteOffset;
      const copy = this.copyFor(slot, data.length);
      copies.push(isResult ? [data, copy] : [copy, data]);
      return copy.byteOffset;
    };
    const addresses = [
      ...inputs.map((slot) => placed(slot, before, false)),
      ...outputs.map((slot) => placed(slot, behind, true)),
      scratch.byteOffset,
    ];
    return { by: 'loop', run, addresses, before, behind };
  }

  private copyFor(slot: string, length: number): Float32Array {
    const copy = this.copies.get(slot) ?? this.stock.floats(length);
    this.copies.set(slot, copy);
    return copy;
  }
}

const HANDLE_BYTES = 8;

function memoryAt(at: ReadonlyMap<string, Memory>, slot: string): Memory {
  const memory = at.get(slot);
  if (!memory) throw new Error(`nothing lies at '${slot}'`);
  return memory;
}
