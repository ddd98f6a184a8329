// A run with something to see in every tab, for tests that look at all of them.

import type { Evaluation, TextSample } from '../../src/experiment/view';
import type { FakeOptions } from './fakeHost';

export const event = (step: number, tag: string, payload: object) => ({ step, tag, text: JSON.stringify(payload) });

const score = (task: string, step: number, accuracy: number, metrics = {}): Evaluation => ({
  task,
  step,
  averaged: false,
  metrics: { accuracy, ...metrics },
  examples: 1838,
  limited: false,
  shortened: 0,
});

const sample = (number: number, text: string): TextSample => ({
  file: `step-1000-${number}.json`,
  step: 1000,
  prompt: 'It was ',
  text,
  sampling: { temperature: 0.8, topP: 1, topK: 40, seed: number },
});

/** What a trainer says when it stops at step 485. @param loss as it would stand in the file */
export const diagnosis = (loss: string) =>
  event(485, 'alert', {
    code: 'non-finite',
    step: 485,
    what: 'a gradient',
    where: 'layer 60, attention',
    place: 'layer 60',
    part: 'attention',
    loss,
    good: 480,
    learningRate: 0.001,
  });

export const EVENTS = [
  event(310, 'edit', { changes: [{ field: 'optimiser.learningRate', from: 1e-3, to: 5e-4 }] }),
  event(400, 'alert', { code: 'loss-spike', step: 400, value: 5.13, distance: 9.4, median: 2.21 }),
  event(410, 'alert', { code: 'loss-spike-over', step: 410, value: 2.3, since: 400 }),
  event(420, 'alert', { code: 'dead-layers', step: 420, layers: 3, place: 'layer 97', value: 2e-8 }),
  event(450, 'alert', { code: 'rollback', step: 450, from: 485, reason: 'a gradient is not finite', rate: 0.5, rollbacks: 1, most: 2 }),
  diagnosis('NaN'),
];

export const FULL: FakeOptions = {
  texts: EVENTS,
  compared: [
    { name: 'post-ln', skew: 0.6 },
    { name: 'deepnorm', skew: -0.3 },
  ],
  outcomes: {
    evaluations: [
      score('piqa', 250, 0.503),
      score('piqa', 500, 0.541),
      score('piqa', 750, 0.562),
      score('piqa', 1000, 0.578),
      score('qqp', 500, 0.512, { precision: 0.44, recall: 0.61, f1: 0.51 }),
      score('qqp', 1000, 0.585, { precision: 0.49, recall: 0.66, f1: 0.562 }),
      score('lambada', 1000, 0.113, { perplexity: 187.31 }),
    ],
    samples: [
      sample(2, 'the whale, and the sea was all about him;\nand Ahab stood upon the deck, and said nothing.'),
      sample(1, 'a strange sort of morning; the men were at the rail, and looking out to the leeward.'),
    ],
  },
};
