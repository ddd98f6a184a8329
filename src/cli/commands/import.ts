// `fathom import`: a model from Hugging Face as a run that has not begun, for a configuration to go on with.

import { rm } from 'node:fs/promises';
import path from 'node:path';
import { FIRST_POSITION } from '../../data/trainingData';
import { readForeignModel } from '../../exchange/foreignModel';
import { importWeights } from '../../exchange/importModel';
import { CHECKPOINT_FORMAT } from '../../experiment/checkpoints';
import type { ExperimentConfig } from '../../experiment/config';
import { createRun, writeRun } from '../../experiment/runDirectory';
import type { TrainerState } from '../../trainer/checkpoint';
import type { Arguments } from '../arguments';
import { type Command, RUNS_OPTION, SET_OPTIONS } from '../command';
import { soundConfiguration } from '../configuration';
import { nameOf } from '../runs';
import { writeLine, writeLines } from '../terminal';

export const importModel: Command = {
  spec: {
    name: 'import',
    summary: 'Make a run that goes on from a gpt2, openai-gpt or bert folder of Hugging Face.',
    words: ['folder', 'config'],
    options: [...SET_OPTIONS, RUNS_OPTION],
    details:
      'The model comes from the folder (config.json and model.safetensors), everything else from the configuration.\n' +
      'The run has not begun: fathom resume trains it, fathom evaluate and fathom generate take it as it is.',
  },
  async run(args, context) {
    const folder = path.resolve(context.cwd, args.words[0] ?? '');
    const { type, fields } = await readForeignModel(folder);
    const sound = await soundConfiguration(describing(args, fields), context);
    if (sound === undefined) return 1;
    const { config, runs, file } = sound;
    const state = beginning(config);
    const { directory, record } = await createRun({ runs, name: config.name, config, kind: 'run', configuration: file });
    try {
      await importWeights(folder, type, directory, config, state);
      await writeRun(directory, { ...record, state: 'stopped' });
    } catch (error) {
      await rm(directory, { recursive: true, force: true }).catch(() => undefined);
      throw error;
    }
    const name = nameOf(directory, context.cwd);
    writeLine(context.terminal, { text: 'Imported', style: 'green' }, ` the ${type} model in ${args.words[0] ?? ''} as ${name}`);
    writeLines(context.terminal, [[`fathom resume ${name} trains it for ${config.training.steps} steps.`]]);
    return 0;
  },
};

/** The configuration's words with the folder's model in place of its own. */
function describing(args: Arguments, fields: Readonly<Record<string, unknown>>): Arguments {
  const model = Object.entries(fields).map(([field, value]) => `${field}=${JSON.stringify(value)}`);
  return {
    ...args,
    words: args.words.slice(1),
    values: (option) => (option === 'set' ? [...args.values(option), ...model] : args.values(option)),
  };
}

/** Where training begins; how, the trainer chooses when it starts. */
function beginning(config: ExperimentConfig): TrainerState {
  return { format: CHECKPOINT_FORMAT, step: 0, position: FIRST_POSITION, config };
}
