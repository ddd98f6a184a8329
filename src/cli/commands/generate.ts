// `fathom generate`: text from a checkpoint of a run, written as it comes to be.

import { generate as generateText } from '../../evaluate/generate';
import { openRun } from '../../evaluate/opening';
import { SAMPLE_FORMAT, writeSample } from '../../evaluate/samples';
import { type Command, RUNS_OPTION, STEP_OPTION, WEIGHTS_OPTION } from '../command';
import { numberThat, required, whichModel, wholeNumber } from '../optionValues';
import { findRun, runsOf } from '../runs';

const TOKENS = 200;
const TEMPERATURE = 0.8;

export const generate: Command = {
  spec: {
    name: 'generate',
    summary: 'Write text with a checkpoint of a run.',
    words: ['run'],
    options: [
      { name: 'prompt', value: 'TEXT', help: 'what the text begins with' },
      { name: 'tokens', value: 'N', help: `tokens to write, ${TOKENS} unless given` },
      { name: 'temperature', value: 'X', help: `0 always takes the likeliest token; ${TEMPERATURE} unless given` },
      { name: 'top-p', value: 'X', help: 'draw only from the likeliest tokens that together have this probability; 1 unless given' },
      { name: 'top-k', value: 'N', help: 'draw only from the N likeliest tokens; from all unless given' },
      { name: 'seed', value: 'N', help: 'the same seed writes the same text; 0 unless given' },
      { name: 'count', value: 'N', help: 'texts to write, each with the seed after the last one’s; 1 unless given' },
      { name: 'save', help: 'also keep the text in the run’s folder samples' },
      { name: 'json', help: 'pieces of text as lines of JSON, for programs' },
      STEP_OPTION,
      WEIGHTS_OPTION,
      RUNS_OPTION,
    ],
    details:
      'Keys and values are remembered until the text is longer than the model’s context; from then on every token takes a whole pass.',
  },
  async run(args, { terminal, cwd }) {
    const prompt = required(args, this.spec, 'prompt');
    const tokens = wholeNumber(args, 'tokens', 1) ?? TOKENS;
    const topK = wholeNumber(args, 'top-k', 1);
    const sampling = {
      temperature: numberThat(args, 'temperature', (value) => value >= 0, 'a number from 0') ?? TEMPERATURE,
      topP: numberThat(args, 'top-p', (value) => value > 0 && value <= 1, 'a number above 0, at most 1') ?? 1,
      ...(topK !== undefined && { topK }),
    };
    const firstSeed = wholeNumber(args, 'seed', 0) ?? 0;
    const count = wholeNumber(args, 'count', 1) ?? 1;
    const json = args.has('json');
    const directory = await findRun(args.words[0] ?? '', cwd, runsOf(cwd, args.value(RUNS_OPTION.name)));
    const run = await openRun(directory, whichModel(args));
    for (const { problem } of run.broken) terminal.writeError(`fathom: ${problem.message}\n`);
    const model = await run.remembering();
    try {
      for (let index = 0; index < count; index++) {
        const drawn = { ...sampling, seed: firstSeed + index };
        if (!json) terminal.write(`${index > 0 ? '\n' : ''}${prompt}`);
        let text = '';
        for await (const piece of generateText(model, run.tokeniser, prompt, tokens, drawn)) {
          text += piece;
          terminal.write(json ? `${JSON.stringify({ sample: index, text: piece })}\n` : harmless(piece));
        }
        if (!json) terminal.write('\n');
        if (args.has('save'))
          await writeSample(directory, { format: SAMPLE_FORMAT, step: run.step, prompt, text, tokens, sampling: drawn });
        model.forget();
      }
    } finally {
      await model.dispose();
      await run.close();
    }
    return 0;
  },
};

/** A model of bytes may write escape sequences; lines and tabs are all that it may do to a terminal. */
function harmless(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '\u{fffd}');
}
