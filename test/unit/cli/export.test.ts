import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseCommand } from '../../../src/cli/arguments';
import { exportRun } from '../../../src/cli/commands/export';
import type { ModelConfig } from '../../../src/experiment/config';
import { EventWriter } from '../../../src/experiment/eventWriter';
import { SafetensorsReader } from '../../../src/experiment/safetensors';
import { savedRun } from '../exchange/saved';
import { scratch, testContext } from './harness';

async function runWith(model: Partial<ModelConfig>, averaged = false) {
  const { directory } = await savedRun(model, averaged);
  const context = testContext('no-trainer.mjs', scratch());
  const exporting = (...argv: string[]) => exportRun.run(parseCommand(exportRun.spec, [directory, ...argv]), context);
  return { directory, context, exporting };
}

describe('fathom export', () => {
  test('writes the newest checkpoint beside where it is typed, and says as what', async () => {
    const { directory, context, exporting } = await runWith({ scheme: 'pre-ln' });
    expect(await exporting('--format', 'huggingface')).toBe(0);
    const folder = `${path.basename(directory)}-huggingface`;
    expect(readdirSync(path.join(context.cwd, folder)).sort()).toEqual(['README.md', 'config.json', 'model.safetensors']);
    expect(context.terminal.out).toBe(`Exported the model of step 7 as gpt2 to ${folder}\n`);
  });

  test('says in one line why a model keeps our names', async () => {
    const { context, exporting } = await runWith({ scheme: 'foundation', activation: 'gelu-tanh' });
    await exporting('--format', 'huggingface', '--out', 'out');
    expect(context.terminal.out.split('\n')).toEqual([
      'Exported the model of step 7 as plain safetensors to out',
      'Fathom’s own names were kept: openai-gpt has no norm before the head, and this model has one.',
      '',
    ]);
  });

  test('writes the average of the weights where it is asked for and there', async () => {
    const { context, exporting } = await runWith({ scheme: 'pre-ln' }, true);
    await exporting('--format', 'huggingface', '--out', 'trained');
    await exporting('--format', 'huggingface', '--weights', 'averaged', '--out', 'averaged');
    expect(context.terminal.out).toContain('Exported the averaged model of step 7');
    const read = async (folder: string) => {
      const reader = await SafetensorsReader.open(path.join(context.cwd, folder, 'model.safetensors'));
      const values = await reader.read(reader.names[0] ?? '');
      await reader.close();
      return values;
    };
    expect(await read('averaged')).toEqual((await read('trained')).map((value) => 2 * value));
    const { exporting: plain } = await runWith({ scheme: 'pre-ln' });
    await expect(plain('--format', 'onnx', '--weights', 'averaged')).rejects.toMatchObject({ code: 'checkpoint-without-average' });
    await expect(plain('--format', 'onnx', '--weights', 'best')).rejects.toMatchObject({ code: 'usage-choice' });
  });

  test('writes ONNX, CSV and Parquet', async () => {
    const { directory, context, exporting } = await runWith({ scheme: 'pre-ln' });
    const writer = EventWriter.open(directory);
    writer.scalars(1, { 'loss/train': 5 });
    writer.close();
    await exporting('--format', 'onnx', '--step', '7', '--out', 'onnx');
    await exporting('--format', 'csv', '--out', 'csv');
    expect(readdirSync(path.join(context.cwd, 'onnx'))).toEqual(['model.onnx']);
    expect(readdirSync(path.join(context.cwd, 'csv'))).toEqual(['scalars.csv']);
    await exporting('--format', 'parquet', '--out', 'parquet');
    expect(readdirSync(path.join(context.cwd, 'parquet'))).toEqual(['scalars.parquet']);
  });

  test('overwrites nothing and leaves nothing half written', async () => {
    const { directory, context, exporting } = await runWith({ scheme: 'pre-ln' });
    const used = path.join(context.cwd, 'used');
    mkdirSync(used);
    writeFileSync(path.join(used, 'mine'), '');
    await expect(exporting('--format', 'onnx', '--out', 'used')).rejects.toMatchObject({ code: 'export-folder-used' });
    await expect(exporting('--format', 'csv', '--runs', 'x', '--out', 'used')).rejects.toMatchObject({ code: 'export-folder-used' });
    expect(readdirSync(used)).toEqual(['mine']);
    mkdirSync(path.join(directory, 'events.out.tfevents.0000000001.folder'));
    await expect(exporting('--format', 'csv', '--out', 'new')).rejects.toThrow();
    expect(existsSync(path.join(context.cwd, 'new'))).toBe(false);
  });

  test('wants a format that exists and a step that is a number', async () => {
    const { exporting } = await runWith({ scheme: 'pre-ln' });
    await expect(exporting()).rejects.toMatchObject({ code: 'usage-missing-option' });
    await expect(exporting('--format', 'gguf')).rejects.toMatchObject({ code: 'usage-choice' });
    await expect(exporting('--format', 'onnx', '--step', 'last')).rejects.toMatchObject({ code: 'usage-number' });
    await expect(exporting('--format', 'onnx', '--step', '8')).rejects.toMatchObject({ code: 'export-no-such-step' });
  });
});
