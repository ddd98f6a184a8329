// Makes a program smaller without changing its meaning: equal values become one, arithmetic with 0
// and 1 disappears, chains of scalings, reshapes and transpositions collapse. Differentiation writes
// freely because this tidies up; engines then see each computation once.

import { constant, constantNumber } from './constant';
import { MATMUL } from './contract';
import { MULTIPLY, multiply, negate } from './elementwise';
import { apply, numberList } from './primitive';
import { rewrite } from './rewrite';
import { reshape, transpose } from './shape';
import type { Attributes, Program, Value } from './value';

/** The same inputs and output names with fewer values behind them. */
export function simplify(program: Program): Program {
  let outputs: Readonly<Record<string, Value>> = program.outputs;
  for (;;) {
    const known = new Map<string, Value>();
    const share = (value: Value): Value => {
      const key = `${value.primitive}(${value.inputs.map((source) => source.id)})${attributesKey(value)}`;
      const found = known.get(key);
      if (!found) known.set(key, value);
      return found ?? value;
    };
    const next = rewrite(outputs, (value) => share(simpler(value)));
    if (Object.keys(next).every((name) => next[name] === outputs[name])) return { ...program, outputs: next };
    outputs = next;
  }
}

function attributesKey(value: Value): string {
  if (value.primitive === 'input') return `#${value.id}`;
  const attributes: Attributes = value.attributes;
  return Object.keys(attributes)
    .sort()
    .map((name) => {
      const attribute = attributes[name];
      return `${name}=${attribute instanceof Float64Array ? attribute.join() : String(attribute)}`;
    })
    .join(';');
}

const sameShape = (a: Value, b: Value): boolean => a.type.shape.join() === b.type.shape.join();

/** One rule that applies at the top of `value`, or the value itself. */
function simpler(value: Value): Value {
  const [a, b] = value.inputs;
  const rule = RULES[value.primitive];
  return (a && rule?.(value, a, b)) ?? value;
}

const RULES: Readonly<Record<string, (value: Value, a: Value, b: Value | undefined) => Value | undefined>> = {
  multiply(value, a, b) {
    if (!b) return undefined;
    const [x, factor] = constantNumber(a) === undefined ? [a, constantNumber(b)] : [b, constantNumber(a)];
    if (factor === undefined) return undefined;
    if (factor === 1 && sameShape(x, value)) return x;
    if (x.primitive === 'negate') return multiply(x.inputs[0] as Value, constant(-factor));
    if (x.primitive === 'multiply' && sameShape(x, value)) {
      const [p, q] = x.inputs as readonly [Value, Value];
      const [inner, other] = constantNumber(p) === undefined ? [constantNumber(q), p] : [constantNumber(p), q];
      if (inner !== undefined && sameShape(other, value)) return multiply(other, constant(inner * factor));
    }
    return constantNumber(a) !== undefined && a.type.shape.length === 0 && b.type.shape.length > 0 ? apply(MULTIPLY, [b, a]) : undefined;
  },
  divide(value, a, b) {
    const divisor = b && constantNumber(b);
    return divisor === 1 && sameShape(a, value) ? a : undefined;
  },
  add(value, a, b) {
    if (!b) return undefined;
    if (constantNumber(a) === 0 && sameShape(b, value)) return b;
    return constantNumber(b) === 0 && sameShape(a, value) ? a : undefined;
  },
  subtract(value, a, b) {
    if (!b) return undefined;
    if (constantNumber(a) === 0 && sameShape(b, value)) return negate(b);
    return constantNumber(b) === 0 && sameShape(a, value) ? a : undefined;
  },
  negate: (_, a) => (a.primitive === 'negate' ? a.inputs[0] : undefined),
  reshape(value, a) {
    if (sameShape(a, value)) return a;
    return a.primitive === 'reshape' ? reshape(a.inputs[0] as Value, value.type.shape) : undefined;
  },
  broadcast: (value, a) => (sameShape(a, value) ? a : undefined),
  slice: (value, a) => (sameShape(a, value) ? a : undefined),
  place: (value, a) => (sameShape(a, value) ? a : undefined),
  sum: (value, a) => (numberList(value.attributes, 'axes').length === 0 ? a : undefined),
  transpose(value, a) {
    const order = numberList(value.attributes, 'order');
    if (a.primitive === 'transpose') {
      const first = numberList(a.attributes, 'order');
      return transpose(
        a.inputs[0] as Value,
        order.map((axis) => first[axis] ?? 0),
      );
    }
    const moving = order.filter((axis) => a.type.shape[axis] !== 1);
    return moving.every((axis, i) => i === 0 || axis > (moving[i - 1] ?? 0)) ? reshape(a, value.type.shape) : undefined;
  },
  matmul(value, a, b) {
    // A matrix transposed only for this product: the product's own flag does it for nothing.
    if (!b) return undefined;
    const swap = (x: Value): boolean =>
      x.primitive === 'transpose' && x.type.shape.length >= 2 && isSwap(numberList(x.attributes, 'order'));
    if (!swap(a) && !swap(b)) return undefined;
    const flags = { ...value.attributes };
    if (swap(a)) flags.transposeA = flags.transposeA !== true;
    if (swap(b)) flags.transposeB = flags.transposeB !== true;
    return apply(MATMUL, [swap(a) ? (a.inputs[0] as Value) : a, swap(b) ? (b.inputs[0] as Value) : b], flags);
  },
};

/** Whether an order only exchanges the last two axes. */
function isSwap(order: readonly number[]): boolean {
  const rank = order.length;
  return order.every((axis, i) => axis === (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i));
}
