// How a run fits into memory, before it runs: how many threads share a batch, which layers keep their
// activations, and what the process will then take at its peak. The formulas are those of methods.md
// section 5; what was measured is said where it stands.

import type { ExperimentConfig } from '../experiment/config';
import type { Machine } from '../experiment/machine';
import { workingBytes } from '../graph/liveness';
import { sizeOf } from '../graph/value';
import type { BatchShape, BlockKind } from './block';
import { optimiserNamed } from './catalogue';
import type { ParameterLayout } from './layout';
import { describeModel, type Model } from './model';
import { stateBytes } from './optimiser/optimiser';
import { blockPrograms, embeddingPrograms, headPrograms, type KeptActivations } from './programs';

/** Which activations wait for the backward pass. */
export interface Keeping {
  /** What a layer that saves keeps. */
  readonly kept: KeptActivations;
  /** The last this many layers save; the others recompute. */
  readonly savedLayers: number;
  /** Layers between kept streams; 1: they are kept between all. */
  readonly segment: number;
}

export interface MemoryPlan extends Keeping {
  /** Threads that share every batch, each with an engine of its own. */
  readonly workers: number;
  readonly rows: readonly { readonly part: string; readonly bytes: number }[];
  /** Peak resident memory of the trainer, predicted. */
  readonly total: number;
  /** What the run may take: what the configuration says, or what there is. */
  readonly limit: number;
}

/** More threads than this share memory bandwidth, not work (and each holds its own activations). */
export const MOST_WORKERS = 8;
/** Share of the available memory that a run takes where nobody says how much: the rest is the person's. */
const COMFORT = 0.6;
/** Measured on Linux x64 with onnxruntime: Node and the engine's library, and each further thread's engine. */
const PROCESS_BYTES = 135e6;
const THREAD_BYTES = 45e6;
/** Measured: what the allocator takes for a byte that a program has alive at its worst moment. */
const ALLOCATOR = 2.2;
/** Measured: handles and names of one layer's tensors in the script engine. */
const LAYER_BYTES = 20e3;

/**
 * The fastest way that fits: all threads before kept activations, kept activations before segments.
 * @param kept by layers that save, where that was chosen before.
 */
export function planMemory(config: ExperimentConfig, machine: Machine, kept?: KeptActivations): MemoryPlan {
  const limit = config.training.memoryLimit > 0 ? 1e9 * config.training.memoryLimit : machine.memory;
  const comfortable = config.training.memoryLimit > 0 ? limit : COMFORT * machine.memory;
  const measure = measured(config);
  let least: MemoryPlan | undefined;
  for (const workers of workerChoices(config, machine.cores)) {
    const at = (keeping: Keeping): MemoryPlan => ({ ...measure(workers, keeping), limit });
    for (const plan of activationChoices(config, kept, at, comfortable)) {
      if (plan.total <= comfortable) return plan;
      if (!least || plan.total < least.total) least = plan;
    }
  }
  // One thread divides every batch.
  return least as MemoryPlan;
}

/** Ways to keep activations that the configuration allows, fastest first. */
function activationChoices(
  { model: { layers }, training }: ExperimentConfig,
  chosen: KeptActivations | undefined,
  at: (keeping: Keeping) => MemoryPlan,
  room: number,
): MemoryPlan[] {
  const saving = (savedLayers: number, kept: KeptActivations = 'sums'): MemoryPlan => at({ kept, savedLayers, segment: 1 });
  const ways: readonly KeptActivations[] = chosen ? [chosen] : ['attention', 'products', 'sums'];
  const all = ways.map((kept) => saving(layers, kept));
  const [nothing, lean] = [saving(0), all.at(-1) as MemoryPlan];
  // A segment's streams and what its layers keep, against the borders between segments: least at this length.
  const segment = Math.max(1, Math.round(Math.sqrt(layers / 3)));
  const inSegments = at({ kept: 'sums', savedLayers: 0, segment });
  const perLayer = (lean.total - nothing.total) / layers;
  const affordable = perLayer > 0 ? Math.floor((room - nothing.total) / perLayer) : layers;
  switch (training.activations) {
    case 'save':
      return all;
    case 'recompute':
      return [nothing];
    case 'segments':
      return [inSegments];
    default:
      return [...all, saving(Math.max(0, Math.min(layers, affordable)), lean.kept), ...(segment > 1 ? [inSegments] : [])];
  }
}

/** Engines that are slow to start, or share a card or threads of their own: more of them would only wait for one another. */
const ONE_THREAD: ReadonlySet<ExperimentConfig['engine']['name']> = new Set([
  'reference',
  'webgpu',
  'webgpu-software',
  'tfjs-node',
  'tfjs-node-gpu',
]);

/** From most to fewest, where nobody says how many. */
function workerChoices({ engine, training }: ExperimentConfig, cores: number): number[] {
  if (engine.workers > 0) return [engine.workers];
  if (ONE_THREAD.has(engine.name) || training.fusedUpdate) return [1];
  const most = Math.min(cores, training.batch, MOST_WORKERS);
  return Array.from({ length: most }, (_, i) => most - i).filter((workers) => training.batch % workers === 0);
}

/** Prediction by number of workers and kept activations. */
function measured(config: ExperimentConfig): (workers: number, keeping: Keeping) => Omit<MemoryPlan, 'limit'> {
  const { model: described, training } = config;
  const model = describeModel(described);
  const optimiser = optimiserNamed(config.optimiser.name);
  const L = described.layers;
  /** Bytes of an element that waits. */
  const width = training.precision === 'float16' ? 2 : 4;
  // Layers share a handful of layouts: each is counted once and weighed by its layers.
  const blocks = new Map<ParameterLayout, number>();
  for (let layer = 1; layer <= L; layer++) {
    const { layout } = model.kindOf(layer);
    blocks.set(layout, (blocks.get(layout) ?? 0) + 1);
  }
  const ends = [model.embedding, model.head];
  const inLayers = (bytesOf: (layout: ParameterLayout) => number): number =>
    [...blocks].reduce((bytes, [layout, layers]) => bytes + layers * bytesOf(layout), 0);
  const sum = (layouts: Iterable<ParameterLayout>, bytesOf: (layout: ParameterLayout) => number): number =>
    [...layouts].reduce((bytes, layout) => bytes + bytesOf(layout), 0);
  const weights = (layout: ParameterLayout): number => 4 * layout.length;
  const parameters = inLayers(weights) + sum(ends, weights);
  const state = inLayers((layout) => stateBytes(optimiser, layout, true)) + sum(ends, (layout) => stateBytes(optimiser, layout, false));
  const distinct = sum(new Set([...blocks.keys(), ...ends]), weights);
  const tied = model.tied === undefined ? 0 : 4 * described.vocabulary * described.hidden;
  const shapeOf = (workers: number): BatchShape => ({
    batch: Math.max(1, Math.floor(training.batch / workers)),
    context: described.context,
  });
  const traced = (workers: number): Traced => {
    const shape = shapeOf(workers);
    return remembered(JSON.stringify([described, shape, training.statistics]), () => ({
      sums: keptElements(model, shape, 'sums'),
      products: keptElements(model, shape, 'products'),
      attention: keptElements(model, shape, 'attention'),
      transient: transientBytes(model, shape, training.statistics),
    }));
  };

  return (workers, { kept, savedLayers, segment }) => {
    const shape = shapeOf(workers);
    const whole = workers * shape.batch * shape.context;
    const streams = width * model.streams.length * whole * described.hidden;
    const borders = segment === 1 ? L + 1 : Math.floor(L / segment) + segment;
    const keeping = segment === 1 ? savedLayers : segment;
    const perLayer = keeping === 0 || kept === 'nothing' ? 0 : width * workers * traced(workers)[kept];
    // Gradients on their way to those of the step, whose first part is written in place; TensorFlow.js, which reads no
    // memory that threads share, copies weights as well.
    const first = training.accumulation > 1 ? 0 : 1;
    const copies = workers > 1 && config.engine.name === 'tfjs' ? 2 * workers * distinct : (workers - first) * distinct;
    const rows = [
      { part: 'weights and gradients', bytes: parameters + (training.fusedUpdate ? distinct : parameters) },
      { part: `state of ${optimiser.descriptor.title}`, bytes: state },
      { part: 'averaged weights', bytes: training.averaging > 0 ? parameters : 0 },
      { part: 'one layer at a time for each thread', bytes: copies + workers * tied },
      { part: 'activations between layers', bytes: (borders + 2) * streams },
      { part: 'activations kept by layers', bytes: keeping * perLayer },
      { part: 'one program at work', bytes: ALLOCATOR * workers * traced(workers).transient },
      { part: 'process', bytes: PROCESS_BYTES + (workers - 1) * THREAD_BYTES + L * LAYER_BYTES },
    ].filter((row) => row.bytes > 0);
    return { workers, kept, savedLayers, segment, rows, total: rows.reduce((bytes, row) => bytes + row.bytes, 0) };
  };
}

/** What one layer keeps: of the kind that keeps most. */
function keptElements(model: Model, shape: BatchShape, keep: KeptActivations): number {
  const elementsOf = (kind: BlockKind): number => {
    const { forward, saved } = blockPrograms(model, kind, shape, keep, { statistics: [], dropping: true });
    return saved.reduce((elements, name) => elements + sizeOf(forward.outputs[name]?.type.shape ?? [0]), 0);
  };
  return Math.max(...model.kinds.map(elementsOf));
}

/** Bytes that the hungriest program of a pass has alive at once: a layer that recomputes, or an end. */
function transientBytes(model: Model, shape: BatchShape, statistics: readonly string[]): number {
  const variant = { statistics, dropping: true };
  const derivatives = [
    ...model.kinds.map((kind) => blockPrograms(model, kind, shape, 'nothing', variant)),
    embeddingPrograms(model, shape, variant),
  ];
  const programs = [...derivatives.flatMap(({ forward, backward }) => [forward, backward]), headPrograms(model, shape).train];
  return Math.max(...programs.map(workingBytes));
}

/** What only tracing the programs can tell. */
interface Traced {
  /** Elements kept by a layer, by what it keeps. */
  readonly sums: number;
  readonly products: number;
  readonly attention: number;
  /** Bytes. */
  readonly transient: number;
}

/** Least recently asked first. */
const known = new Map<string, Traced>();
const MOST_KNOWN = 64;

/**
 * Tracing takes some hundredths of a second, and an editor asks at every key, for findings, lens and hover: what is
 * traced is remembered by all that it depends on, so that a key in the learning rate costs nothing.
 */
function remembered(key: string, trace: () => Traced): Traced {
  const value = known.get(key) ?? trace();
  known.delete(key);
  known.set(key, value);
  for (const [oldest] of known) {
    if (known.size <= MOST_KNOWN) break;
    known.delete(oldest);
  }
  return value;
}
