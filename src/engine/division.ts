// Which of a program's values loops of ours compute (kernels/rowLoop.ts, kernels/moves.ts), which the engine, and when: so
// that few values wait in memory, and no loop is there for less than another part of the engine costs.

import { reachable, sizeOf, type Value } from '../graph/value';
import { gaussianPairs } from './gaussian';
import { geluOperand } from './gelu';
import { isRowSum, isTotal, kindOf, lateSum } from './kernels/loopPlan';
import { grains, isMove, isOfVectors, isReordered } from './kernels/moves';
import { type Surroundings, surroundingsOf } from './surroundings';

/**
 * What a loop computes with an instruction or two. An engine's exponential and error function, twice as many numbers at a
 * time with multiplication and addition in one, take no longer than ours would, but where one exponential serves for
 * both (gaussian.ts).
 */
const ELEMENTWISE = new Set(['add', 'subtract', 'multiply', 'divide', 'negate', 'sqrt', 'relu', 'step']);

/** Which of a program's values loops compute, and when. */
export class Division {
  readonly values: readonly Value[];
  readonly around: Surroundings;
  readonly spaces: Spaces;
  times: Times;

  /** @param settled what is not to be divided otherwise: beside it only sums over all rows, for what is looked at, go to its loops. */
  constructor(
    outputs: Readonly<Record<string, Value>>,
    private readonly settled?: Division,
  ) {
    this.values = reachable(Object.values(outputs)).filter(({ primitive }) => primitive !== 'input' && primitive !== 'constant');
    this.around = surroundingsOf(Object.values(outputs));
    this.spaces = new Map(settled?.spaces);
    const pairs = gaussianPairs(this.values);
    for (const value of this.values) {
      const space = this.isOpen(value) ? spaceOf(value, this.spaces, pairs) : undefined;
      if (space) this.spaces.set(value.id, space);
    }
    if (!settled) for (const { id } of moved(this.values, this.around)) if (!this.spaces.has(id)) this.spaces.set(id, MOVES);
    this.times = scheduled(this.values, this.spaces, this.around);
  }

  /** Gives back to the engine what does not spare enough, the least first. */
  drop(worth: number): void {
    for (;;) {
      const loops = grouped(
        this.values.filter(({ id }) => this.spaces.has(id)),
        (value) => `${this.times.get(value.id)} ${this.spaces.get(value.id)}`,
      );
      const [poorest] = [...loops.values()]
        .filter((members) => !members.some(({ id }) => this.settled?.spaces.has(id)))
        .map((members) => ({ members, spared: spared(members, this.spaces, this.around) }))
        .filter(({ spared }) => spared < worth)
        .sort((a, b) => a.spared - b.spared);
      if (!poorest) return;
      for (const { id } of poorest.members) this.spaces.delete(id);
      this.times = scheduled(this.values, this.spaces, this.around);
    }
  }

  /** Puts what loops made for somebody to look at side by side without another part of the engine for it. */
  pack(observed: Value): void {
    if (this.spaces.size === 0 || !isMove(observed) || observed.inputs.some(({ primitive }) => primitive === 'constant')) return;
    this.spaces.set(observed.id, MOVES);
    this.times = scheduled(this.values, this.spaces, this.around);
  }

  private isOpen(value: Value): boolean {
    if (!this.settled) return !isBias(value, this.around);
    return !this.settled.times.has(value.id) && (lateSum(value) !== undefined || isSummedSquare(value, this.around));
  }
}

/** Of values that a loop computes, the shape [..., C] over whose rows it goes. */
type Spaces = Map<number, readonly number[]>;
/** Of values that are only moved. */
export const MOVES: readonly number[] = [];
/** When a value is computed: the engine's parts at whole numbers, loops between them. */
type Times = ReadonlyMap<number, number>;

/** Whether an engine's operator for a product takes this value along as its bias. */
function isBias(value: Value, around: Surroundings): boolean {
  const [a, b] = value.inputs;
  const biased = (product: Value | undefined, bias: Value | undefined): boolean =>
    product?.primitive === 'matmul' && product.type.shape.length === 2 && bias?.type.shape.length === 1 && around.isPrivate(product);
  return value.primitive === 'add' && (biased(a, b) || biased(b, a));
}

/** Whether an engine's operator for sums over everything squares by itself what this value squares. */
function isSummedSquare(value: Value, around: Surroundings): boolean {
  const users = around.users(value);
  return (
    value.primitive === 'multiply' &&
    value.inputs[0] === value.inputs[1] &&
    users.length > 0 &&
    users.every((user) => user.primitive === 'sum' && isTotal(user))
  );
}

function spaceOf(value: Value, spaces: Spaces, pairs: ReadonlySet<number>): readonly number[] | undefined {
  const { primitive, type, inputs } = value;
  const [x] = inputs;
  const fits = (space: readonly number[]): boolean => isSpace(space) && inputs.every((operand) => isOperand(operand, space));
  if (!x || type.dtype !== 'float') return undefined;
  // Sums over all rows are a loop's where it has what they add up, or reads it anyhow.
  if (lateSum(value)) return primitive === 'sum' ? (fits(x.type.shape) ? x.type.shape : undefined) : spaces.get(x.id);
  if (primitive === 'sum') return isRowSum(value) && value.attributes.keep === true && fits(x.type.shape) ? x.type.shape : undefined;
  if (primitive === 'layerMean' || primitive === 'layerInverse' || primitive === 'layerNorm')
    return fits(x.type.shape) ? x.type.shape : undefined;
  if (primitive === 'broadcast') return fits(type.shape) && sizeOf(x.type.shape) < sizeOf(type.shape) ? type.shape : undefined;
  if (!ELEMENTWISE.has(primitive) && !pairs.has(value.id)) return undefined;
  if (fits(type.shape)) return type.shape;
  const space = inputs.map(({ id }) => spaces.get(id)).find((found) => found !== undefined && found !== MOVES);
  const isColumn = space && kindOf(type.shape, space) === 'column';
  return isColumn && inputs.every((operand) => isOperand(operand, space)) ? space : undefined;
}

/** What copies of ours can move: whatever changes an order, and reshapes before and behind it. */
function moved(values: readonly Value[], around: Surroundings): readonly Value[] {
  const grain = grains(values);
  const isOurs = (value: Value): boolean =>
    isMove(value) && isOfVectors(grain.get(value.id)) && value.inputs.every(({ primitive }) => primitive !== 'constant');
  return values.filter((value) => {
    const neighbours = [...value.inputs, ...around.users(value)];
    return isOurs(value) && (isReordered(value) || neighbours.some((other) => isReordered(other) && isOurs(other)));
  });
}

/** A matrix whose rows are whole fours, or more axes before them. */
function isSpace(shape: readonly number[]): boolean {
  return shape.length > 1 && (shape.at(-1) ?? 0) % 4 === 0 && sizeOf(shape) > (shape.at(-1) ?? 0) && sizeOf(shape) < 2 ** 28;
}

function isOperand(operand: Value, space: readonly number[]): boolean {
  return operand.type.dtype === 'float' && kindOf(operand.type.shape, space) !== undefined;
}

const AFTER_PART = 0.5;
const AFTER_LOOP = 0.001;

/**
 * Times at which all inputs are there. What only results of the whole program need is computed as soon as that can be,
 * and does not make a loop of its own; loops otherwise, and then the engine's parts, as late as can be, so that few
 * values wait in memory.
 */
function scheduled(values: readonly Value[], spaces: Spaces, around: Surroundings): Times {
  const times = new Map<number, number>();
  const isLoop = ({ id }: Value): boolean => spaces.has(id);
  // What a loop adds up over all rows is not there before it has ended.
  const sameLoop = (used: Value, user: Value): boolean =>
    spaces.get(used.id)?.join() === spaces.get(user.id)?.join() && (!lateSum(used) || lateSum(used) === lateSum(user));
  const soonest = (value: Value): number => {
    let time = isLoop(value) ? -AFTER_PART : 0;
    for (const used of value.inputs) {
      const there = times.get(used.id);
      if (there === undefined) continue;
      if (!isLoop(value)) time = Math.max(time, isLoop(used) ? Math.floor(there) + 1 : there);
      else time = Math.max(time, !isLoop(used) ? there + AFTER_PART : sameLoop(used, value) ? there : there + AFTER_LOOP);
    }
    return time;
  };
  const latest = (value: Value, users: readonly Value[]): number =>
    Math.min(
      ...users.map((user) => {
        const needed = times.get(user.id) as number;
        if (!isLoop(value)) return isLoop(user) ? Math.floor(needed) : needed;
        return !isLoop(user) ? needed - AFTER_PART : sameLoop(value, user) ? needed : needed - AFTER_LOOP;
      }),
    );
  const backwards = [...values].reverse();
  const idle = new Set<number>();
  for (const value of backwards) if (around.users(value).every((user) => !isLoop(user) && idle.has(user.id))) idle.add(value.id);
  for (const value of values) times.set(value.id, soonest(value));
  for (const value of backwards) {
    if (!isLoop(value) || idle.has(value.id)) continue;
    const users = around.users(value);
    const waiting = users.filter((user) => !idle.has(user.id));
    times.set(value.id, latest(value, waiting.length > 0 ? waiting : users));
  }
  for (const value of values) if (!isLoop(value) || idle.has(value.id)) times.set(value.id, soonest(value));
  for (const value of backwards) {
    const users = around.users(value);
    if (!isLoop(value) && users.length > 0) times.set(value.id, latest(value, users));
  }
  return times;
}

/** Elements that operators would have passed over, less what a loop passes over. */
function spared(members: readonly Value[], spaces: Spaces, around: Surroundings): number {
  const [first] = members;
  const space = (first && spaces.get(first.id)) ?? MOVES;
  if (space === MOVES) return sparedByMoves(members, around);
  let passes = -1;
  for (const value of members) {
    if (isSummedSquare(value, around)) continue;
    const isFull = kindOf(value.type.shape, space) === 'full';
    // Mean and deviation are one operator, a norm with them three passes of one.
    if (value.primitive === 'layerInverse') passes += 2;
    else if (value.primitive === 'layerNorm') passes += 3;
    else if (value.primitive === 'sum' || (isFull && value.primitive !== 'broadcast')) passes += 1;
    // An engine has it as one operator, and not as five.
    if (geluOperand(value, around)) passes -= 4;
  }
  return passes * sizeOf(space);
}

function sparedByMoves(members: readonly Value[], { users }: Surroundings): number {
  const own = new Set(members.map(({ id }) => id));
  const size = (values: readonly Value[]): number => values.reduce((sum, { type }) => sum + sizeOf(type.shape), 0);
  const handedOn = members.filter((value) => users(value).length === 0 || users(value).some(({ id }) => !own.has(id)));
  return size(members.filter(isReordered)) - size(handedOn);
}

export function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
