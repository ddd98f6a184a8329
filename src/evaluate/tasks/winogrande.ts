// Winogrande (Sakaguchi et al. 2019, arXiv:1907.10641): who or what a blank stands for. Scored as Trinh &
// Le 2018 do: either name is put in, and what follows the blank is scored, which is the same text for both.

import { jsonLines } from '../../data/lines';
import { accuracy } from '../metrics';
import { answerTo, type Task } from '../task';

export const winogrande: Task = {
  name: 'winogrande',
  title: 'Winogrande',
  documentation: 'A sentence with its blank filled by either option, up to the blank, as context; the rest of the sentence is scored.',
  files: { data: 'dev.jsonl: {"sentence", "option1", "option2", "answer"}' },
  headline: 'accuracy',
  chance: 0.5,
  async read({ data }, limit) {
    return (await jsonLines(data, limit)).map((line) => {
      const sentence = line.text('sentence');
      const blank = sentence.indexOf('_');
      const rest = sentence.slice(blank + 1).trim();
      if (blank < 0 || rest === '') line.wrong('sentence', 'a text with a blank (_) and something after it');
      const choices = ['option1', 'option2'].map((option) => answerTo(sentence.slice(0, blank) + line.text(option), rest));
      return { choices, answer: line.oneOf('answer', ['1', '2']) };
    });
  },
  metrics: accuracy,
};
