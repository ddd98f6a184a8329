// PIQA (Bisk et al. 2019, arXiv:1911.11641): which of two ways to reach a goal works in the physical world.

import { Fields, jsonLines, linesOf } from '../../data/lines';
import { Failure } from '../../experiment/failure';
import { accuracy, accuracyNorm } from '../metrics';
import { answerTo, type Task } from '../task';

export const piqa: Task = {
  name: 'piqa',
  title: 'PIQA',
  documentation:
    'A goal as a question, followed by either of two solutions. The solution is scored; accuracy_norm divides its log-likelihood by its characters.',
  files: { data: 'valid.jsonl: {"goal", "sol1", "sol2"}', labels: 'valid-labels.lst: 0 or 1 a line' },
  headline: 'accuracy',
  chance: 0.5,
  async read({ data, labels = '' }, limit) {
    const lines = await jsonLines(data, limit);
    const answers = await linesOf(labels, limit);
    if (answers.length !== lines.length) {
      throw new Failure('evaluation-labels-count', { file: labels, value: answers.length, other: data, expected: lines.length });
    }
    return lines.map((line, i) => {
      const context = `Question: ${line.text('goal')}\nAnswer:`;
      const choices = ['sol1', 'sol2'].map((name) => {
        const solution = line.text(name);
        return solution === '' ? line.wrong(name, 'a text that is not empty') : answerTo(context, solution);
      });
      const label = answers[i];
      return {
        choices,
        answer: new Fields(label ?? { file: labels, number: i + 1 }, { label: label?.text.trim() }).oneOf('label', ['0', '1']),
      };
    });
  },
  metrics: (scored) => ({ ...accuracy(scored), ...accuracyNorm(scored) }),
};
