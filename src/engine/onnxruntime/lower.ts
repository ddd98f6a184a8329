// Turns a program into an ONNX model: one pass from the outputs back that plans, so that fusions are
// known before anything is written, then one pass forward that writes.

import { formatType, type Program, reachable, type TensorType, type Value } from '../../graph/value';
import { usedInputs } from '../inputs';
import { hoistScalars } from '../scalars';
import { surroundingsOf } from '../surroundings';
import { splitTranspositions } from '../transpositions';
import { CONTRIB, ModelBuilder } from './model';
import type { Element, Model, Node, TensorInfo } from './proto';
import type { Plan, Rule } from './rule';
import { CONTRACT_RULES } from './rules/contract';
import { ELEMENTWISE_RULES } from './rules/elementwise';
import { HALVES_RULES } from './rules/halves';
import { INDEXING_RULES } from './rules/indexing';
import { NORMALISE_RULES } from './rules/normalise';
import { OBSERVATION_RULES } from './rules/observation';
import { REDUCE_RULES } from './rules/reduce';
import { SHAPE_RULES } from './rules/shape';

/** Operator set 18: the newest that all of onnxruntime's graph optimisations know. */
const IMPORTS = { '': 18, [CONTRIB]: 1 };

export const RULES: Readonly<Record<string, Rule>> = {
  ...SHAPE_RULES,
  ...ELEMENTWISE_RULES,
  ...REDUCE_RULES,
  ...CONTRACT_RULES,
  ...INDEXING_RULES,
  ...NORMALISE_RULES,
  ...OBSERVATION_RULES,
  ...HALVES_RULES,
};

/** Name of a program input or output in the model; they may be called the same, so each has its prefix. */
export const inputName = (name: string): string => `in.${name}`;
export const outputName = (name: string): string => `out.${name}`;

/** Booleans travel as 0 and 1 in 32-bit integers. */
export const elementOf = ({ dtype }: TensorType): Element => (dtype === 'float' ? 'float' : dtype === 'half' ? 'float16' : 'int32');

/**
 * The program as an ONNX model. Inputs that no output needs are left out.
 * @param rules by primitive: another provider's where the processor's do not fit.
 * @throws Error that names the program and the primitive where a rule is missing.
 */
export function lower(original: Program, rules: Readonly<Record<string, Rule>> = RULES): Model {
  const program = splitTranspositions(hoistScalars(original));
  const values = reachable(Object.values(program.outputs));
  const plans = planAll(program, values, rules);
  const inputs = usedInputs(program);
  const names = new Map(inputs.map(({ name, value }) => [value.id, inputName(name)]));
  const model = new ModelBuilder();
  const nameOf = (value: Value): string => {
    const name = names.get(value.id);
    if (name === undefined) throw new Error(`program '${program.name}': ${spelled(value)} is needed before it is written`);
    return name;
  };
  for (const value of values) {
    const plan = plans.get(value.id);
    if (plan) names.set(value.id, plan.write(model, plan.needs.map(nameOf)));
  }
  const outputs = Object.entries(program.outputs);
  return {
    name: program.name,
    imports: IMPORTS,
    inputs: inputs.map(({ name, value }) => info(inputName(name), value)),
    outputs: outputs.map(([name, value]) => info(outputName(name), value)),
    nodes: leavesLast(
      withOutputs(
        model.nodes,
        outputs.map(([name, value]) => [outputName(name), nameOf(value)]),
      ),
    ),
    initialisers: model.initialisers,
  };
}

function planAll(program: Program, values: readonly Value[], rules: Readonly<Record<string, Rule>>): Map<number, Plan> {
  const around = surroundingsOf(Object.values(program.outputs));
  const needed = new Set(Object.values(program.outputs).map((value) => value.id));
  const plans = new Map<number, Plan>();
  for (const value of [...values].reverse()) {
    if (value.primitive === 'input' || !needed.has(value.id)) continue;
    const rule = rules[value.primitive];
    if (!rule) throw new Error(`program '${program.name}': onnxruntime has no rule for ${spelled(value)}`);
    const plan = rule(value, around);
    for (const need of plan.needs) needed.add(need.id);
    plans.set(value.id, plan);
  }
  return plans;
}

function spelled(value: Value): string {
  return `'${value.primitive}' (${formatType(value.type)})`;
}

function info(name: string, value: Value): TensorInfo {
  return { name, element: elementOf(value.type), shape: value.type.shape };
}

/** Gives results their output names: by renaming where a node makes them, by Identity where that is taken. */
function withOutputs(nodes: readonly Node[], outputs: readonly (readonly [name: string, source: string])[]): Node[] {
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const renamed = new Map<string, string>();
  const copies: Node[] = [];
  for (const [name, source] of outputs) {
    if (made.has(source) && !renamed.has(source)) renamed.set(source, name);
    else copies.push({ operator: 'Identity', domain: '', inputs: [renamed.get(source) ?? source], outputs: [name], attributes: {} });
  }
  const rename = (name: string): string => renamed.get(name) ?? name;
  return [...nodes.map((node) => ({ ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) })), ...copies];
}

/**
 * Nodes that no other node uses go last, the earliest at the very end. onnxruntime works its way back from
 * such nodes, the last one first; in this order each gradient is made while its operands are in the cache,
 * and they are let go of soonest.
 */
function leavesLast(nodes: readonly Node[]): Node[] {
  const used = new Set(nodes.flatMap((node) => node.inputs));
  const isLeaf = (node: Node): boolean => !node.outputs.some((name) => used.has(name));
  return [...nodes.filter((node) => !isLeaf(node)), ...nodes.filter(isLeaf).reverse()];
}
