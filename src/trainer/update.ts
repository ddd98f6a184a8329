// From gradients to a step: global norm, clipping, the optimiser on every block, and the sums that
// statistics over depth are made of.

import type { Engine, FloatArray, HostKernels } from '../engine/engine';
import type { ExperimentConfig } from '../experiment/config';
import type { Part } from '../model/layout';
import { layerFactors, layerRate } from '../model/model';
import { adamwNumbers, adamwStep } from '../model/optimiser/adamw';
import type { Step } from '../model/optimiser/optimiser';
import { averageWeights } from './averaging';
import { flatOf, kernelsOf } from './memory';
import { allBlocks, type Block, type Weights } from './weights';

/** Of one block and part; squares of norms. Gradients are of the step's mean loss, before clipping. */
export interface ParameterSums {
  gradientSquares: number;
  weightSquares: number;
  updateSquares: number;
  /** Gradients that are NaN or infinite. */
  nonFinite: number;
}

export type BlockSums = Map<Part, ParameterSums>;

export interface Gradients {
  /** Global norm over everything trained. */
  readonly norm: number;
  /** In the order of `allBlocks`. */
  readonly sums: readonly BlockSums[];
}

/** Global gradient norm and each part's share of it. @param microBatches whose gradients were added up. */
export function measureGradients(engine: Engine, weights: Weights, microBatches: number): Gradients {
  return gradientsOf(allBlocks(weights).map((block) => measureGradient(engine, block, microBatches)));
}

/** Of every block what `measureGradient` gave. */
export function gradientsOf(sums: readonly BlockSums[]): Gradients {
  let total = 0;
  for (const parts of sums) for (const { gradientSquares } of parts.values()) total += gradientSquares;
  return { norm: Math.sqrt(total), sums };
}

/** The gradient that a block holds now. */
export function measureGradient(engine: Engine, block: Block, microBatches: number): BlockSums {
  const kernels = kernelsOf(engine);
  const parts: BlockSums = new Map();
  for (const { part, from, to } of block.layout.regions) {
    const squares = kernels.sumOfSquares(flatOf(block.gradient), from, to) / microBatches ** 2;
    sumsOf(parts, part).gradientSquares += squares;
    if (!Number.isFinite(squares)) sumsOf(parts, part).nonFinite += countNonFinite(flatOf(block.gradient).subarray(from, to));
  }
  return parts;
}

export interface UpdateStep {
  /** 1-based. */
  readonly step: number;
  readonly learningRate: number;
  /** Whose gradients were added up. */
  readonly microBatches: number;
}

/**
 * One step of the configuration's optimiser, in place; weight decay is decoupled and on matrices only. The
 * weights' average follows.
 * @param gradients of this step; their sums are completed with weights and updates.
 */
export function applyUpdate(engine: Engine, weights: Weights, config: ExperimentConfig, at: UpdateStep, gradients: Gradients): void {
  const clipping = clippingOf(config, gradients);
  allBlocks(weights).forEach((block, index) => {
    updateBlock(engine, block, config, at, gradients.sums[index] ?? new Map(), clipping);
  });
  if (config.training.averaging > 0) averageWeights(weights, config.training.averaging, at.step);
}

/** Factor on every gradient that keeps their global norm within what the configuration allows. */
export function clippingOf({ optimiser: { clip } }: ExperimentConfig, { norm }: Gradients): number {
  return clip > 0 && norm > clip ? clip / norm : 1;
}

/** Completes a step's sums of gradients with those of weights and updates. */
export function addSums(target: BlockSums, sums: BlockSums): void {
  for (const [part, { weightSquares, updateSquares }] of sums) {
    const ofPart = sumsOf(target, part);
    ofPart.weightSquares += weightSquares;
    ofPart.updateSquares += updateSquares;
  }
}

/** One block's share of a step. @param sums completed with its weights and updates. @param clipping factor on its gradient. */
export function updateBlock(
  engine: Engine,
  block: Block,
  config: ExperimentConfig,
  { step, learningRate, microBatches }: UpdateStep,
  sums: BlockSums,
  clipping = 1,
): void {
  const { beta1, beta2, momentum, epsilon, weightDecay } = config.optimiser;
  const kernels = kernelsOf(engine);
  const gradientScale = clipping / microBatches;
  const isLayer = typeof block.place === 'number';
  const frozen = isLayer && config.training.freeze === 'blocks';
  const rate = isLayer ? learningRate * layerRate(config) : learningRate;
  const tiny = isLayer ? epsilon * layerFactors(config.model).epsilon : epsilon;
  block.state.plan.pieces.forEach(({ piece: { part, decay, from, to, step: take } }, i) => {
    const ofPart = sumsOf(sums, part);
    if (frozen) {
      ofPart.weightSquares += kernels.sumOfSquares(flatOf(block.weight), from, to);
      return;
    }
    const scalars = {
      step,
      learningRate: rate,
      gradientScale,
      weightDecay: decay ? weightDecay : 0,
      beta1,
      beta2,
      momentum,
      epsilon: tiny,
    };
    const [weight, gradient] = [flatOf(block.weight).subarray(from, to), flatOf(block.gradient).subarray(from, to)];
    const done = stepIn(kernels, take)(weight, gradient, block.state.views[i] ?? [], scalars);
    ofPart.weightSquares += done.weightSquares;
    ofPart.updateSquares += done.updateSquares;
  });
}

/** The step itself, or the kernel that takes it faster where memory is float32. */
function stepIn(kernels: HostKernels, step: Step): Step {
  if (step !== adamwStep) return step;
  return (weight, gradient, state, scalars) => {
    const arrays = [weight, gradient, ...state];
    if (!arrays.every((array) => array instanceof Float32Array)) return step(weight, gradient, state, scalars);
    const [w, g, first, second] = arrays as [Float32Array, Float32Array, Float32Array, Float32Array];
    return kernels.adamw(w, g, first, second, adamwNumbers(scalars));
  };
}

/** Completes the sums of a step that is not taken: weights as they are, updates of 0. */
export function measureWeights(engine: Engine, weights: Weights, gradients: Gradients): void {
  const kernels = kernelsOf(engine);
  allBlocks(weights).forEach((block, index) => {
    const parts = gradients.sums[index] ?? new Map();
    for (const { part, from, to } of block.layout.regions)
      sumsOf(parts, part).weightSquares += kernels.sumOfSquares(flatOf(block.weight), from, to);
  });
}

/** Asked only where something is wrong, so it costs healthy steps nothing. */
function countNonFinite(values: FloatArray): number {
  let count = 0;
  for (const value of values) if (!Number.isFinite(value)) count++;
  return count;
}

function sumsOf(parts: BlockSums, part: Part): ParameterSums {
  const found = parts.get(part) ?? { gradientSquares: 0, weightSquares: 0, updateSquares: 0, nonFinite: 0 };
  parts.set(part, found);
  return found;
}
