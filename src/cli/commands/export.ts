// `fathom export`: a run's model or numbers in formats that other tools read.

import path from 'node:path';
import { openSavedModel, type SavedModel } from '../../exchange/checkpoint';
import { exportCsv } from '../../exchange/csv';
import { intoFreshFolder } from '../../exchange/folder';
import { exportHuggingFace } from '../../exchange/huggingFace';
import { exportOnnx } from '../../exchange/onnx';
import { exportParquet } from '../../exchange/parquet';
import type { WhichWeights } from '../../experiment/checkpoints';
import { Failure } from '../../experiment/failure';
import { render } from '../../experiment/messages';
import { CATALOGUE } from '../../model/catalogue';
import { writeDepthPictures } from '../../report/depthHistory';
import type { Arguments } from '../arguments';
import { type Command, type Context, RUNS_OPTION, WEIGHTS_OPTION } from '../command';
import { required, whichWeights, wholeNumber } from '../optionValues';
import { findRun, runsOf, shortPath } from '../runs';
import { writeLine } from '../terminal';

const FORMATS = ['huggingface', 'onnx', 'csv', 'parquet', 'svg'] as const;
type Format = (typeof FORMATS)[number];

export const exportRun: Command = {
  spec: {
    name: 'export',
    summary: 'Write a run’s model for Hugging Face or ONNX, or its numbers as CSV, Parquet or pictures.',
    words: ['run'],
    options: [
      { name: 'format', value: 'FORMAT', help: `one of ${FORMATS.join(', ')}` },
      { name: 'out', value: 'DIR', help: 'folder to write, instead of <run>-<format> here; has to be empty' },
      { name: 'step', value: 'N', help: 'the checkpoint of this step, instead of the newest' },
      WEIGHTS_OPTION,
      RUNS_OPTION,
    ],
    details: [
      'huggingface  safetensors and config.json: gpt2 for Pre-LN, openai-gpt for Post-LN, FLN, ULN and DeepNorm',
      '             without final norm; any other model keeps its own names, and why is said',
      'onnx         the forward pass with weights inside: tokens int64 [1, context] to logits [1, context, vocabulary]',
      'csv          scalars.csv, and depth.csv with step, row, statistic and value',
      'parquet      the same two tables, for tools that read columns',
      'svg          a picture of every recorded statistic: layer × step, its profile over depth, and the loss',
    ].join('\n'),
  },
  async run(args, context) {
    const format = formatOf(args);
    const step = wholeNumber(args, 'step', 0);
    const run = await findRun(args.words[0] ?? '', context.cwd, runsOf(context.cwd, args.value('runs')));
    const folder = path.resolve(context.cwd, args.value('out') ?? `${path.basename(run)}-${format}`);
    if (format === 'csv' || format === 'parquet') {
      const write = format === 'csv' ? exportCsv : exportParquet;
      const { files, problems } = await intoFreshFolder(folder, () => write(run, folder));
      for (const { code, args } of problems) context.terminal.writeError(`fathom: ${render(code, args)}\n`);
      tell(context, folder, files.join(' and '));
    } else if (format === 'svg') {
      const files = await intoFreshFolder(folder, () => writeDepthPictures(run, CATALOGUE.statistics, folder));
      tell(context, folder, `${files.length} pictures`);
    } else {
      const which = whichWeights(args);
      await exportModel(await openSavedModel(run, step, which), which, format, folder, context);
    }
    return 0;
  },
};

async function exportModel(
  saved: SavedModel,
  which: WhichWeights,
  format: Exclude<Format, 'csv' | 'parquet' | 'svg'>,
  folder: string,
  context: Context,
): Promise<void> {
  try {
    const model = `the ${which === 'averaged' ? 'averaged ' : ''}model of step ${saved.step}`;
    if (format === 'onnx') {
      const files = await intoFreshFolder(folder, () => exportOnnx(saved, folder));
      tell(context, folder, `${model} as ${files.join(' and ')}`);
    } else {
      const { type, reason } = await intoFreshFolder(folder, () => exportHuggingFace(saved, folder));
      tell(context, folder, `${model} as ${reason ? 'plain safetensors' : type}`);
      if (reason) writeLine(context.terminal, `Fathom’s own names were kept: ${render(reason.code, reason.args)}`);
    }
  } finally {
    await saved.weights.close();
  }
}

function tell({ terminal, cwd }: Context, folder: string, what: string): void {
  writeLine(terminal, { text: 'Exported', style: 'green' }, ` ${what} to ${shortPath(folder, cwd)}`);
}

/** Throws `Failure` `usage-missing-option` or `usage-choice`. */
function formatOf(args: Arguments): Format {
  const value = required(args, exportRun.spec, 'format');
  const format = FORMATS.find((candidate) => candidate === value);
  if (format === undefined) throw new Failure('usage-choice', { option: '--format', value, choices: FORMATS.join(', ') });
  return format;
}
