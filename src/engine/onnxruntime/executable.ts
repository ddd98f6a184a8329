// A program as it runs: sessions of the library and loops of our own in turn, over memory that stays from run to run.

import { setImmediate } from 'node:timers/promises';
import type { Program, TensorType } from '../../graph/value';
import { memoryOf } from '../alignedMemory';
import type { Executable, Tensor } from '../engine';
import { checkInputs, checkInto, type UsedInput, usedInputs } from '../inputs';
import { inputSlot, outputSlot } from '../stages';
import type { OnnxSession } from './native';
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

/** Milliseconds for which a thread may run programs before whatever else waits for it is let in. */
const BREATH = 10;
let lastBreath = 0;

export class OnnxExecutable implements Executable {
  private readonly used: readonly UsedInput[];
  /** What is made, and memory of earlier runs that was given back. */
  private readonly outputs: readonly {
    readonly name: string;
    readonly slot: string;
    readonly type: TensorType;
    readonly spare: Memory[];
  }[];
  private readonly usedSlots: readonly (readonly [slot: string, name: string])[];
  /** Copies of operands that lie where loops do not reach, by slot. */
  private readonly copies = new Map<string, Float32Array>();

  /** @param held what lies at each slot; those between stages and constants are there already. */
  constructor(
    private readonly stock: Stock,
    readonly program: Program,
    private readonly stages: readonly Compiled[],
    private readonly held: Map<string, Memory>,
  ) {
    this.used = usedInputs(program);
    this.usedSlots = this.used.map(({ name }) => [inputSlot(name), name]);
    this.outputs = Object.entries(program.outputs).map(([name, { type }]) => ({ name, slot: outputSlot(name), type, spare: [] }));
  }

  async run(inputs: Readonly<Record<string, Tensor>>, into: Readonly<Record<string, Tensor>> = {}): Promise<Record<string, Tensor>> {
    checkInputs(this.program, this.used, inputs);
    checkInto(this.program, into);
    if (performance.now() - lastBreath > BREATH) {
      await setImmediate();
      lastBreath = performance.now();
    }
    const { held } = this;
    for (const [slot, name] of this.usedSlots) held.set(slot, OnnxTensor.memoryOf(inputs[name] as Tensor));
    const results: Record<string, Tensor> = {};
    for (const { name, slot, type, spare } of this.outputs) {
      const result = into[name] ?? new OnnxTensor(type.dtype, type.shape, spare.pop() ?? this.stock.blank(type), spare);
      results[name] = result;
      held.set(slot, OnnxTensor.memoryOf(result));
    }
    for (const stage of this.stages) {
      if (stage.by === 'engine') this.runSession(stage, stage.session);
      else this.runLoop(stage, stage);
    }
    return results;
  }

  async dispose(): Promise<void> {
    for (const stage of this.stages) if (stage.by === 'engine') stage.session.close();
  }

  private runSession({ inputs, outputs }: Slots, session: OnnxSession): void {
    for (let i = 0; i < inputs.length; i++) session.feed(i, (this.held.get(inputs[i] as string) as Memory).handle);
    for (let i = 0; i < outputs.length; i++) session.fetch(i, (this.held.get(outputs[i] as string) as Memory).handle);
    session.run();
  }

  /** A loop sees one memory: whatever lies elsewhere is copied there, or back. */
  private runLoop({ inputs, outputs }: Slots, { run, scratch }: Compiled & { readonly by: 'loop' }): void {
    const memory = memoryOf(scratch);
    const addresses: number[] = [];
    for (const slot of inputs) {
      const data = this.dataAt(slot);
      if (memoryOf(data) === memory) addresses.push(data.byteOffset);
      else {
        const copy = this.copyFor(slot, data.length);
        copy.set(data);
        addresses.push(copy.byteOffset);
      }
    }
    const back: (readonly [to: Float32Array, from: Float32Array])[] = [];
    for (const slot of outputs) {
      const data = this.dataAt(slot);
      if (memoryOf(data) === memory) addresses.push(data.byteOffset);
      else {
        const copy = this.copyFor(slot, data.length);
        back.push([data, copy]);
        addresses.push(copy.byteOffset);
      }
    }
    run(...addresses, scratch.byteOffset);
    for (const [to, from] of back) to.set(from);
  }

  private dataAt(slot: string): Float32Array {
    return (this.held.get(slot) as Memory).data as Float32Array;
  }

  private copyFor(slot: string, length: number): Float32Array {
    const copy = this.copies.get(slot) ?? this.stock.floats(length);
    this.copies.set(slot, copy);
    return copy;
  }
}
