// Quora Question Pairs, as GLUE has it (Wang et al. 2018, arXiv:1804.07461), asked without fine-tuning:
// whether two questions are the same, by which of two words is likelier after them.

import { tabLines } from '../../data/lines';
import { accuracy, binary } from '../metrics';
import { answerTo, type Task } from '../task';

export const qqp: Task = {
  name: 'qqp',
  title: 'QQP (zero-shot)',
  documentation:
    'Two questions and the question whether both ask the same; “no” and “yes” are scored. Precision, recall and F1 are those of “yes”.',
  files: { data: 'dev.tsv: question1, question2, is_duplicate' },
  headline: 'accuracy',
  async read({ data }, limit) {
    return (await tabLines(data, limit)).lines.map((line) => {
      const questions = `Question 1: ${line.text('question1')}\nQuestion 2: ${line.text('question2')}`;
      const context = `${questions}\nQuestion: Do both questions ask the same thing?\nAnswer:`;
      return { choices: ['no', 'yes'].map((word) => answerTo(context, word)), answer: line.oneOf('is_duplicate', ['0', '1']) };
    });
  },
  metrics: (scored) => ({ ...accuracy(scored), ...binary(scored) }),
};
