// The one description, for people, of everything that a configuration may say. Validation, the editor's
// schema, hovers, the terminal and the dashboard's form all read this table; nothing repeats it.

import type { OwnOptimiserField } from './catalogue';
import { CONFIG_FORMAT } from './config';
import { choice, type DerivedDefault, derived, type FieldTable, type SectionName, scaled } from './field';
import { MODEL_FIELDS } from './modelFields';
import { TRAINING_FIELDS } from './trainingFields';
import { WATCHDOG_FIELDS } from './watchdogFields';

export const SECTIONS: Readonly<Record<SectionName, string>> = {
  model: 'The transformer: how many layers, how wide, and how each joins the residual stream.',
  data: 'The text to train on, and how it becomes tokens.',
  optimiser: 'How gradients change the parameters.',
  schedule: 'How the learning rate rises and falls over the steps.',
  training: 'How long to train, how much at a time, and what to record and keep.',
  watchdog: 'When to raise alerts, and whether to go back when training breaks.',
  engine: 'What computes.',
};

/** A default that each optimiser has its own of. @param otherwise fills the field where the optimiser does not read it. */
function ownOf(field: OwnOptimiserField, otherwise: number, example: string): DerivedDefault<number> {
  return derived(`the optimiser's own: ${otherwise} for ${example}`, (read, catalogue) => {
    const optimiser = catalogue.optimisers.find(({ name }) => name === read('optimiser.name'));
    return optimiser && (optimiser.reads[field] ?? otherwise);
  });
}

/** Texts that come with Fathom. */
export const BUILT_IN_SOURCES: readonly string[] = ['built-in:moby-dick'];

export const FIELDS: FieldTable = {
  format: {
    type: 'integer',
    documentation: 'Version of the configuration format. Leave it out unless a tool asks for it.',
    default: CONFIG_FORMAT,
    minimum: 1,
    maximum: 1e6,
  },
  name: {
    type: 'text',
    documentation: 'Name of the experiment; runs carry it.',
    default: derived('scheme and layers, such as foundation-100', (read) => {
      const [scheme, layers] = [read('model.scheme'), read('model.layers')];
      return scheme === undefined || layers === undefined ? undefined : `${scheme}-${layers}`;
    }),
  },
  seed: {
    type: 'integer',
    documentation: 'Every random choice follows from it: initialisation, order of the data.',
    default: 1,
    minimum: 0,
    maximum: 2 ** 32 - 1,
    aliases: ['random_seed'],
  },
  ...MODEL_FIELDS,
  'data.source': {
    type: 'text',
    documentation: '`built-in:moby-dick`, a file, or a glob such as `src/**/*.ts`; relative to this configuration file.',
    default: 'built-in:moby-dick',
    aliases: ['dataset', 'corpus', 'path', 'file'],
  },
  'data.tokeniser': {
    type: 'choice',
    documentation: 'How text becomes tokens.',
    default: 'bytes',
    choices: () => [
      choice('bytes', 'Every UTF-8 byte is a token: 256 tokens, nothing to download.'),
      choice('gpt2', "GPT-2's byte pair encoding: 50257 tokens."),
      choice('wordpiece', "BERT's word pieces, from a vocabulary file."),
    ],
    aliases: ['tokenizer', 'encoding'],
  },
  'data.vocabularyFile': {
    type: 'text',
    documentation: 'The `vocab.txt` of a BERT, one token a line; relative to this configuration file. Only for the tokeniser `wordpiece`.',
    default: '',
    aliases: ['vocab_file', 'vocab'],
  },
  'data.lowerCase': {
    type: 'boolean',
    documentation: 'Whether `wordpiece` makes letters small and takes their accents away first, as an uncased vocabulary wants it.',
    default: true,
    aliases: ['do_lower_case', 'uncased'],
  },
  'data.validationFraction': {
    type: 'number',
    documentation: 'Share of the tokens, taken from the end, that is never trained on.',
    default: 0.1,
    minimum: 0.001,
    maximum: 0.5,
    aliases: ['val_fraction', 'validation_split'],
  },
  'optimiser.name': {
    type: 'choice',
    documentation: 'Optimiser.',
    default: 'adamw',
    choices: (catalogue) =>
      catalogue.optimisers.map(({ name, documentation, formula, source }) => choice(name, `${documentation}\n\n${formula}\n\n${source}`)),
    aliases: ['optimizer', 'type'],
  },
  'optimiser.learningRate': {
    type: 'number',
    documentation: 'Peak learning rate; the schedule scales it.',
    default: ownOf('learningRate', 1e-3, 'adamw'),
    minimum: 0,
    maximum: 10,
    live: true,
    aliases: ['lr', 'max_lr', 'learning_rate'],
  },
  'optimiser.layerRate': {
    type: 'number',
    documentation: 'Factor on the learning rate inside the layers; embedding and head take the full rate.',
    default: 1,
    minimum: 0,
    maximum: 1000,
    live: true,
  },
  'optimiser.beta1': {
    type: 'number',
    documentation: 'β₁: decay of the running mean of gradients.',
    default: 0.9,
    minimum: 0,
    maximum: 0.999999,
  },
  'optimiser.beta2': {
    type: 'number',
    documentation: 'β₂: decay of the running mean of squared gradients.',
    default: ownOf('beta2', 0.95, 'adamw'),
    minimum: 0,
    maximum: 0.999999,
  },
  'optimiser.momentum': {
    type: 'number',
    documentation: 'μ: how much of the sum of earlier gradients a step keeps.',
    default: ownOf('momentum', 0.95, 'muon'),
    minimum: 0,
    maximum: 0.999999,
  },
  'optimiser.epsilon': {
    type: 'number',
    documentation: 'ε: keeps the step finite where gradients are tiny.',
    default: 1e-8,
    minimum: 1e-16,
    maximum: 1,
    aliases: ['eps'],
  },
  'optimiser.weightDecay': {
    type: 'number',
    documentation: 'Decoupled: θ ← θ − lr·weightDecay·θ at every step, on matrices only.',
    default: ownOf('weightDecay', 0.1, 'adamw'),
    minimum: 0,
    maximum: 10,
    live: true,
    aliases: ['weight_decay', 'wd', 'decay'],
  },
  'optimiser.clip': {
    type: 'number',
    documentation: 'Largest global gradient norm; larger gradients are scaled down to it. 0 switches clipping off.',
    default: 1,
    minimum: 0,
    maximum: 1e6,
    live: true,
    aliases: ['grad_clip', 'clip_norm', 'max_grad_norm', 'gradient_clipping'],
  },
  'schedule.name': {
    type: 'choice',
    documentation: 'How the learning rate falls after warm-up.',
    default: 'cosine',
    choices: (catalogue) => catalogue.schedules,
    live: true,
    aliases: ['type', 'lr_scheduler'],
  },
  'schedule.warmup': {
    type: 'integer',
    documentation: 'Steps over which the learning rate rises from 0. Post-LN schemes want it; deep ones need it.',
    default: derived('5 % of the steps', (read) => scaled(read('training.steps'), 0.05)),
    minimum: 0,
    maximum: 1e9,
    unit: 'steps',
    live: true,
    aliases: ['warmup_steps', 'warmup_iters'],
  },
  'schedule.final': {
    type: 'number',
    documentation: 'Learning rate at the last step, as a share of the peak.',
    default: 0.1,
    minimum: 0,
    maximum: 1,
    live: true,
    aliases: ['min_lr_ratio'],
  },
  'schedule.decay': {
    type: 'integer',
    documentation: 'Steps at the end over which the learning rate falls to its final share, with `warmup-stable-decay`.',
    default: derived('10 % of the steps', (read) => scaled(read('training.steps'), 0.1)),
    minimum: 0,
    maximum: 1e9,
    unit: 'steps',
    live: true,
    aliases: ['decay_steps', 'num_decay_steps', 'cooldown', 'cooldown_steps', 'lr_decay_iters'],
  },
  'schedule.decayShape': {
    type: 'choice',
    documentation: 'How the learning rate falls in those steps.',
    default: 'linear',
    choices: () => [
      choice('linear', 'A straight line.'),
      choice('cosine', 'Half a cosine.'),
      choice('exponential', 'By the same factor at every step, as MiniCPM did (arXiv 2404.06395); needs a final share above 0.'),
      choice('one-minus-root', 'As 1 − √t: fast at first, slow at the end (arXiv 2405.18392).'),
    ],
    live: true,
    aliases: ['decay_type', 'lr_decay_style'],
  },
  ...TRAINING_FIELDS,
  ...WATCHDOG_FIELDS,
  'engine.name': {
    type: 'choice',
    documentation: 'What computes the programs.',
    default: 'auto',
    choices: () => [
      choice('auto', 'The fastest on the processor that works on this machine; the log says why. Graphics cards are asked for by name.'),
      choice('onnxruntime', 'ONNX Runtime on the processor.'),
      choice('webgpu', 'Any graphics card, through ONNX Runtime and WebGPU; nothing to install.'),
      choice('webgpu-software', 'WebGPU on whatever adapter there is, one that the processor pretends included: for tests.'),
      choice('tfjs', 'TensorFlow.js on WebAssembly: runs everywhere, slowly.'),
      choice('tfjs-node', 'TensorFlow’s C library on the processor, where @tensorflow/tfjs-node is installed.'),
      choice('tfjs-node-gpu', 'An NVIDIA card through CUDA 11.2, where @tensorflow/tfjs-node-gpu is installed.'),
      choice('reference', 'Plain float64 arithmetic: slow, and right. For tests and very small models.'),
    ],
  },
  'engine.workers': {
    type: 'integer',
    documentation: 'Threads that each take part of the batch; 0 lets the trainer choose.',
    default: 0,
    minimum: 0,
    maximum: 256,
    unit: 'threads',
    aliases: ['num_workers', 'threads'],
  },
};

/** Longest name; a run's directory carries it, and file systems end at 255 bytes. */
export const LONGEST_NAME = 64;
