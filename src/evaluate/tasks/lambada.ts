// LAMBADA in OpenAI's version (Paperno et al. 2016, arXiv:1606.06031): the last word of a passage that
// only the whole passage tells.

import { jsonLines } from '../../data/lines';
import { cloze } from '../metrics';
import { answerTo, type Task } from '../task';

export const lambada: Task = {
  name: 'lambada',
  title: 'LAMBADA',
  documentation:
    'The last word of a passage, scored after all the words before it. Right where every token of it is the greedy one; perplexity is per word.',
  files: { data: 'lambada_test_en.jsonl: {"text"}' },
  headline: 'accuracy',
  async read({ data }, limit) {
    return (await jsonLines(data, limit)).map((line) => {
      const text = line.text('text');
      const at = text.lastIndexOf(' ');
      if (text.slice(0, Math.max(0, at)).trim() === '' || at === text.length - 1)
        line.wrong('text', 'two words or more, without a space at the end');
      return { choices: [answerTo(text.slice(0, at), text.slice(at + 1))], answer: 0 };
    });
  },
  metrics: cloze,
};
