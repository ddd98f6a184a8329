// Moves multiplication by numbers out of the way: through sums, products and reshapes, towards a matrix
// product that scales for nothing or a tensor small enough not to matter. Differentiated programs are
// full of such factors, and an engine that runs one operator at a time pays a whole pass over memory for
// each. Rounding differs in the last place, meaning does not.

import { constant, constantNumber } from '../graph/constant';
import { add, gelu, multiply, subtract } from '../graph/elementwise';
import { apply, numberList, numberOf } from '../graph/primitive';
import { primitiveNamed } from '../graph/primitives';
import { broadcast, reshape } from '../graph/shape';
import { type Program, reachable, sizeOf, type Value } from '../graph/value';
import { geluOperand } from './gelu';
import { type Surroundings, surroundingsOf } from './surroundings';

/** factor · value. */
interface Scaled {
  readonly value: Value;
  readonly factor: number;
}

/** A tensor this many times smaller than the result may take a factor itself: it costs next to nothing there. */
const SMALL = 8;
/** Factors beyond this (or below its inverse) are applied where they stand, lest float32 overflow between. */
const LARGEST = 2 ** 16;

const isUsable = (factor: number): boolean => Math.abs(factor) <= LARGEST && Math.abs(factor) >= 1 / LARGEST;
const isSmall = (operand: Value, result: Value): boolean => sizeOf(operand.type.shape) * SMALL <= sizeOf(result.type.shape);
const sameShape = (a: Value, b: Value): boolean => a.type.shape.join() === b.type.shape.join();

/** The number that a value consists of throughout, where that is known. */
function uniformNumber(value: Value): number | undefined {
  const [source] = value.inputs;
  const repeats = value.primitive === 'broadcast' || value.primitive === 'reshape';
  return source && repeats ? uniformNumber(source) : constantNumber(value);
}

/** The same program with fewer passes for factors. A GELU that an engine can compute as one stays whole. */
export function hoistScalars(program: Program): Program {
  const outputs = Object.values(program.outputs);
  const hoisting = new Hoisting(surroundingsOf(outputs));
  for (const value of reachable(outputs)) hoisting.visit(value);
  return {
    ...program,
    outputs: Object.fromEntries(Object.entries(program.outputs).map(([name, value]) => [name, hoisting.plain(value)])),
  };
}

class Hoisting {
  private readonly done = new Map<number, Scaled>();
  private readonly applied = new Map<string, Value>();

  constructor(private readonly around: Surroundings) {}

  visit(value: Value): void {
    const { value: result, factor } = this.scaled(value);
    const kept = isUsable(factor) ? { value: result, factor } : { value: this.times(result, factor), factor: 1 };
    this.done.set(value.id, kept);
  }

  /** The value with its factor applied. */
  plain(value: Value): Value {
    const { value: source, factor } = this.of(value);
    return this.times(source, factor);
  }

  private of(value: Value): Scaled {
    const found = this.done.get(value.id);
    if (!found) throw new Error('a value was used before it was visited');
    return found;
  }

  private times(value: Value, factor: number): Value {
    if (factor === 1) return value;
    if (value.primitive === 'constant')
      return constant(
        (value.attributes.data as Float64Array).map((x) => x * factor),
        value.type.shape,
      );
    const key = `${value.id} ${factor}`;
    const found = this.applied.get(key) ?? multiply(value, constant(factor));
    this.applied.set(key, found);
    return found;
  }

  /** An operand's factor is applied where the operand is small, and otherwise left to the result. */
  private operand(value: Value, result: Value): Scaled {
    return isSmall(value, result) ? { value: this.plain(value), factor: 1 } : this.of(value);
  }

  private scaled(value: Value): Scaled {
    const inside = geluOperand(value, this.around);
    if (inside) return { value: gelu(this.plain(inside)), factor: 1 };
    const [a, b] = value.inputs;
    switch (value.primitive) {
      case 'negate':
        return a ? this.through(a, -1) : this.opaque(value);
      case 'sum':
        return a ? this.sum(value, a) : this.opaque(value);
      case 'spread':
        return a ? this.spread(value, a) : this.opaque(value);
      case 'reshape':
      case 'transpose':
      case 'broadcast':
      case 'slice':
      case 'place':
      case 'rows':
      case 'scatterRows':
      case 'pick':
        return a ? this.linear(value, a) : this.opaque(value);
      case 'concat':
        return this.concat(value);
      case 'multiply':
      case 'divide':
        return a && b ? this.product(value, a, b) : this.opaque(value);
      case 'add':
      case 'subtract':
        return a && b ? this.total(value, a, b) : this.opaque(value);
      case 'matmul':
        return a && b ? this.matmul(value, a, b) : this.opaque(value);
      default:
        return this.opaque(value);
    }
  }

  /** The number that an operand consists of throughout, its factor applied. */
  private uniform(value: Value): number | undefined {
    const { value: source, factor } = this.of(value);
    const number = uniformNumber(source);
    return number === undefined ? undefined : number * factor;
  }

  private rebuilt(value: Value, inputs: readonly Value[]): Value {
    const same = inputs.every((source, i) => source === value.inputs[i]);
    return same ? value : apply(primitiveNamed(value.primitive), inputs, value.attributes);
  }

  private opaque(value: Value): Scaled {
    return { value: this.rebuilt(value, value.inputs.map(this.plain, this)), factor: 1 };
  }

  /** factor · source. */
  private through(source: Value, factor: number): Scaled {
    const inner = this.of(source);
    return { value: inner.value, factor: inner.factor * factor };
  }

  /** Linear in its first input; the others are indices. */
  private linear(value: Value, source: Value): Scaled {
    const inner = this.operand(source, value);
    return { value: this.rebuilt(value, [inner.value, ...value.inputs.slice(1)]), factor: inner.factor };
  }

  private sum(value: Value, source: Value): Scaled {
    // A row in which one element is set sums to that element.
    const [set] = source.inputs;
    if (set && source.primitive === 'spread' && numberList(value.attributes, 'axes').join() === '1') {
      const inner = this.of(set);
      return { value: reshape(inner.value, value.type.shape), factor: inner.factor };
    }
    return this.linear(value, source);
  }

  private spread(value: Value, source: Value): Scaled {
    const number = this.uniform(source);
    if (number === undefined || !isUsable(number)) return this.linear(value, source);
    return { value: this.rebuilt(value, [broadcast(constant(1), source.type.shape), ...value.inputs.slice(1)]), factor: number };
  }

  private concat(value: Value): Scaled {
    const parts = value.inputs.map(this.of, this);
    const factor = parts[0]?.factor ?? 1;
    if (parts.some((part) => part.factor !== factor)) return this.opaque(value);
    return {
      value: this.rebuilt(
        value,
        parts.map((part) => part.value),
      ),
      factor,
    };
  }

  private product(value: Value, a: Value, b: Value): Scaled {
    const divides = value.primitive === 'divide';
    const right = this.uniform(b);
    if (right !== undefined && isUsable(right) && sameShape(a, value)) return this.through(a, divides ? 1 / right : right);
    const left = this.uniform(a);
    if (left !== undefined && isUsable(left) && sameShape(b, value) && !divides) return this.through(b, left);
    const [x, y] = [this.operand(a, value), this.operand(b, value)];
    return { value: this.rebuilt(value, [x.value, y.value]), factor: divides ? x.factor / y.factor : x.factor * y.factor };
  }

  private total(value: Value, a: Value, b: Value): Scaled {
    const { value: result, factor } = this.balanced(value, a, b);
    // What is spread into zeros is better subtracted from the other than the other from it.
    const [left, right] = result.inputs;
    const swaps = result.primitive === 'subtract' && left?.primitive === 'spread' && right;
    return swaps ? { value: subtract(right, left), factor: -factor } : { value: result, factor };
  }

  private balanced(value: Value, a: Value, b: Value): Scaled {
    const [x, y] = [this.of(a), this.of(b)];
    if (x.factor === y.factor) return { value: this.rebuilt(value, [x.value, y.value]), factor: x.factor };
    const opposite = value.primitive === 'add' ? subtract : add;
    if (x.factor === -y.factor) return { value: opposite(x.value, y.value), factor: x.factor };
    // One operand takes the ratio, the result the other's factor: the small operand, else the one that has a factor.
    const leftTakes = isSmall(a, value) || (y.factor === 1 && !isSmall(b, value));
    const ratio = leftTakes ? x.factor / y.factor : y.factor / x.factor;
    if (!isUsable(ratio)) return this.opaque(value);
    return leftTakes
      ? { value: this.rebuilt(value, [this.times(x.value, ratio), y.value]), factor: y.factor }
      : { value: this.rebuilt(value, [x.value, this.times(y.value, ratio)]), factor: x.factor };
  }

  private matmul(value: Value, a: Value, b: Value): Scaled {
    const [x, y] = [this.of(a), this.of(b)];
    const scale = numberOf(value.attributes, 'scale') * x.factor * y.factor;
    const product = apply(primitiveNamed('matmul'), [x.value, y.value], { ...value.attributes, scale });
    return { value: x.value === a && y.value === b && x.factor * y.factor === 1 ? value : product, factor: 1 };
  }
}
