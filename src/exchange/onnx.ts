// Writes a checkpoint's forward pass as one ONNX model with the weights inside. Each kind of layer is
// lowered once, as for training, and its nodes are copied for every layer, so that what is written is
// what was trained and depth costs nodes only.

import { open } from 'node:fs/promises';
import path from 'node:path';
import { lower } from '../engine/onnxruntime/lower';
import { ELEMENT, encodeModel, type Initialiser } from '../engine/onnxruntime/proto';
import type { ModelConfig } from '../experiment/config';
import { diskFailure, writeFileAtomic } from '../experiment/files';
import { UNSEEN } from '../model/attention';
import { PAIR_CLASSES } from '../model/heads';
import { type SavedModel, type SavedParameter, savedName, savedParameters } from './checkpoint';
import { forwardPrograms } from './forward';
import { Graph } from './graph';

export const MODEL_FILE = 'model.onnx';
export const WEIGHTS_FILE = 'model.onnx.data';

/** A protocol buffer ends at 2 GiB; weights of more bytes than this lie in a file beside it. */
const INSIDE_LIMIT = 1.5e9;

/** Sequences at a time: programs have fixed shapes. */
const BATCH = 1;

/**
 * Writes `model.onnx` into `folder`, which is there: `tokens` int64 [1, T], of an encoder `types` too, to `logits`
 * float [1, T, V]; of a classifier of pairs, `attention_mask` besides, to [1, classes]. Operators are those of set 18
 * and onnxruntime's own FusedMatMul and Gelu.
 * @param insideLimit most bytes of weights that the model itself holds; more go to `model.onnx.data`, one
 * tensor at a time.
 * @returns names of the files. Throws disk `Failure`s and what reading weights throws.
 */
export async function exportOnnx(saved: SavedModel, folder: string, insideLimit = INSIDE_LIMIT): Promise<readonly string[]> {
  const { model: config } = saved.config;
  const graph = forwardGraph(saved);
  const { needs } = graph;
  const parameters = savedParameters(saved.model).filter(({ name }) => needs.has(name));
  const outside = parameters.reduce((sum, { shape }) => sum + bytesOf(shape), 0) > insideLimit;
  const weights = outside ? await besideModel(saved, parameters, folder) : await insideModel(saved, parameters);
  const inputs = [...integersOf(config), ...(isClassifier(config) ? [ATTENTION_MASK] : [])].map(
    (name) => ({ name, element: 'int64', shape: [BATCH, config.context] }) as const,
  );
  const outputs = [{ name: LOGITS, element: 'float', shape: logitsShape(config) }] as const;
  const model = graph.model(saved.config.name, inputs, outputs, weights);
  await writeFileAtomic(path.join(folder, MODEL_FILE), encodeModel(model));
  return outside ? [MODEL_FILE, WEIGHTS_FILE] : [MODEL_FILE];
}

const LOGITS = 'logits';
/** What programs give logits as: without a batch axis. */
const FLAT_LOGITS = 'logits.flat';
/** 1 where a token is, 0 where padding is. */
const ATTENTION_MASK = 'attention_mask';
/** What programs take padding as. */
const PADDING = 'padding';

const isClassifier = ({ objective }: ModelConfig): boolean => objective === 'pair-class';

/** Inputs that programs take as int[T], under these names with `.flat`. */
const integersOf = ({ architecture }: ModelConfig): readonly string[] => (architecture === 'bert' ? ['tokens', 'types'] : ['tokens']);

const logitsShape = (model: ModelConfig): readonly number[] =>
  isClassifier(model) ? [BATCH, PAIR_CLASSES] : [BATCH, model.context, model.vocabulary];

/** From int64 [1, T] to what programs take. */
function placeInputs(graph: Graph, model: ModelConfig): void {
  const plain = { domain: '', attributes: {} } as const;
  const flatShape = graph.constant('tokens.shape', 'int64', [1], [BATCH * model.context]);
  for (const name of integersOf(model)) {
    graph.node({ ...plain, operator: 'Reshape', inputs: [name, flatShape], outputs: [`${name}.wide`] });
    graph.node({ ...plain, operator: 'Cast', inputs: [`${name}.wide`], outputs: [`${name}.flat`], attributes: { to: ELEMENT.int32 } });
  }
  if (!isClassifier(model)) return;
  const wide = graph.constant('padding.shape', 'int64', [4], [BATCH, 1, 1, model.context]);
  const [one, unseen] = [graph.constant('padding.one', 'float', [], [1]), graph.constant('padding.unseen', 'float', [], [-UNSEEN])];
  graph.node({ ...plain, operator: 'Cast', inputs: [ATTENTION_MASK], outputs: ['padding.float'], attributes: { to: ELEMENT.float } });
  graph.node({ ...plain, operator: 'Sub', inputs: ['padding.float', one], outputs: ['padding.missing'] });
  graph.node({ ...plain, operator: 'Mul', inputs: ['padding.missing', unseen], outputs: ['padding.scores'] });
  graph.node({ ...plain, operator: 'Reshape', inputs: ['padding.scores', wide], outputs: [PADDING] });
}

/** Everything but the weights, which nodes name as checkpoints do. */
function forwardGraph({ model }: SavedModel): Graph {
  const { context, layers } = model.config;
  const programs = forwardPrograms(model, { batch: BATCH, context });
  const graph = new Graph();
  const stream = (after: number, name: string): string => `after.${after}.${name}`;

  placeInputs(graph, model.config);
  graph.place(lower(programs.embedding), {
    prefix: 'embedding',
    shared: 'embedding',
    input: (name) => (integersOf(model.config).includes(name) ? `${name}.flat` : name),
    output: (name) => stream(0, name),
  });
  const lowered = new Map([...programs.blocks].map(([kind, program]) => [kind, lower(program)]));
  for (let layer = 1; layer <= layers; layer++) {
    const kind = model.kindOf(layer);
    const piece = lowered.get(kind);
    if (!piece) throw new Error(`layer ${layer} is of a kind that has no program`);
    for (const [name, value] of Object.entries(model.constantsOf(layer))) {
      graph.constant(savedName(layer, `constant.${name}`), 'float', [], [value]);
    }
    graph.place(piece, {
      prefix: `layers.${layer}`,
      shared: kind.name,
      input: (name) => (name === PADDING ? PADDING : name.startsWith('carry.') ? stream(layer - 1, name) : savedName(layer, name)),
      output: (name) => stream(layer, name),
    });
  }
  graph.place(lower(programs.head), {
    prefix: 'head',
    shared: 'head',
    input: (name) => (name.startsWith('carry.') ? stream(layers, name) : name),
    output: () => FLAT_LOGITS,
  });
  const whole = logitsShape(model.config);
  const shape = graph.constant('logits.shape', 'int64', [whole.length], whole);
  graph.node({ operator: 'Reshape', domain: '', inputs: [FLAT_LOGITS, shape], outputs: [LOGITS], attributes: {} });
  return graph;
}

async function insideModel({ weights }: SavedModel, parameters: readonly SavedParameter[]): Promise<Initialiser[]> {
  const held: Initialiser[] = [];
  for (const { name, shape } of parameters) {
    const { buffer } = await weights.read(name);
    held.push({ name, shape, element: 'float', bytes: new Uint8Array(buffer) });
  }
  return held;
}

async function besideModel({ weights }: SavedModel, parameters: readonly SavedParameter[], folder: string): Promise<Initialiser[]> {
  const file = path.join(folder, WEIGHTS_FILE);
  const held: Initialiser[] = [];
  try {
    const handle = await open(file, 'wx');
    try {
      let offset = 0;
      for (const { name, shape } of parameters) {
        const length = bytesOf(shape);
        await handle.writeFile(new Uint8Array((await weights.read(name)).buffer));
        held.push({ name, shape, element: 'float', bytes: { location: WEIGHTS_FILE, offset, length } });
        offset += length;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw diskFailure(error, file);
  }
  return held;
}

const bytesOf = (shape: readonly number[]): number => 4 * shape.reduce((product, extent) => product * extent, 1);
