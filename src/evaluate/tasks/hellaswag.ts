// HellaSwag (Zellers et al. 2019, arXiv:1905.07830): which of four endings goes on with a description.

import { jsonLines } from '../../data/lines';
import { accuracy, accuracyNorm } from '../metrics';
import { answerTo, type Task } from '../task';

const ENDINGS = 4;

export const hellaswag: Task = {
  name: 'hellaswag',
  title: 'HellaSwag',
  documentation:
    'What someone does and the beginning of it, followed by each of four endings. The ending is scored; accuracy_norm divides its log-likelihood by its characters.',
  files: { data: 'hellaswag_val.jsonl: {"activity_label", "ctx_a", "ctx_b", "endings", "label"}' },
  headline: 'accuracy_norm',
  chance: 0.25,
  async read({ data }, limit) {
    return (await jsonLines(data, limit)).map((line) => {
      const context = cleaned(`${line.text('activity_label')}: ${line.text('ctx_a')} ${capitalised(line.text('ctx_b'))}`);
      const endings = line.texts('endings', ENDINGS).map(cleaned);
      if (endings.includes('')) line.wrong('endings', `${ENDINGS} texts that are not empty`);
      const answer = line.oneOf('label', ['0', '1', '2', '3']);
      return { choices: endings.map((ending) => answerTo(context, ending)), answer };
    });
  },
  metrics: (scored) => ({ ...accuracy(scored), ...accuracyNorm(scored) }),
};

/** Brackets are left over from the pages that the descriptions were taken from; titles become sentences. */
function cleaned(text: string): string {
  return text
    .trim()
    .replaceAll(' [title]', '. ')
    .replaceAll(/\[.*?\]/g, '')
    .replaceAll('  ', ' ');
}

/** First letter large, all others small, as Python's `capitalize` has it. */
function capitalised(text: string): string {
  const [first = '', ...rest] = text;
  return first.toUpperCase() + rest.join('').toLowerCase();
}
