// Quora Question Pairs, as GLUE has it (Wang et al. 2018, arXiv:1804.07461): whether two questions are the
// same. A decoder is asked without fine-tuning, by which of two words is likelier after them; an encoder
// that was fine-tuned for it, by its classifier.

import { tabLines } from '../../data/lines';
import { pairOf } from '../../data/pairs';
import { accuracy, binary } from '../metrics';
import { answerTo, type Task } from '../task';

export const qqp: Task = {
  name: 'qqp',
  title: 'QQP',
  documentation:
    'Two questions and the question whether both ask the same. A gpt is asked without training for it: “no” and “yes” are scored. A bert trained for model.objective pair-class answers by its classifier. Precision, recall and F1 are those of “yes”.',
  files: { data: 'dev.tsv: question1, question2, is_duplicate' },
  headline: 'accuracy',
  chance: 0.5,
  pairs: true,
  async read({ data }, limit) {
    return (await tabLines(data, limit)).lines.map((line) => {
      const { first, second, label } = pairOf(line);
      const questions = `Question 1: ${first}\nQuestion 2: ${second}`;
      const context = `${questions}\nQuestion: Do both questions ask the same thing?\nAnswer:`;
      return { choices: ['no', 'yes'].map((word) => answerTo(context, word)), answer: label, pair: { first, second } };
    });
  },
  metrics: (scored) => ({ ...accuracy(scored), ...binary(scored) }),
};
