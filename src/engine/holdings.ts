// What an engine holds behind its tensors. The tensors that it hands out say type and shape only, so that
// what a library made for them changes place, or goes, without anyone outside the engine seeing it.

import type { DType } from '../graph/value';
import type { Tensor } from './engine';

export class Holdings<Held> {
  /** Undefined once released. */
  private readonly held = new WeakMap<Tensor, Held | undefined>();

  /**
   * @param engine its name, for errors
   * @param dispose gives back what lies outside JavaScript's memory
   */
  constructor(
    private readonly engine: string,
    private readonly dispose: (held: Held) => void,
  ) {}

  /** @param shape of what is held, any rank */
  tensor(dtype: DType, shape: readonly number[], held: Held): Tensor {
    const tensor: Tensor = { dtype, shape };
    this.held.set(tensor, held);
    return tensor;
  }

  /** Throws `TypeError` for a tensor of another engine and `Error` for a released one. */
  of(tensor: Tensor): Held {
    if (!this.held.has(tensor)) throw new TypeError(`tensor of another engine than ${this.engine}`);
    const held = this.held.get(tensor);
    if (held === undefined) throw new Error(`tensor [${tensor.shape.join(', ')}] was released`);
    return held;
  }

  /** Holds `next` instead, and disposes of what was held. */
  replace(tensor: Tensor, next: Held): void {
    this.dispose(this.of(tensor));
    this.held.set(tensor, next);
  }

  /** Any number of times; tensors of other engines are passed over. */
  release(tensor: Tensor): void {
    const held = this.held.get(tensor);
    if (held === undefined) return;
    this.dispose(held);
    this.held.set(tensor, undefined);
  }
}
