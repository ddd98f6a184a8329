// Files outlive the programs that wrote them: what an earlier Fathom wrote is still opened, and what a newer one wrote
// is refused by name and left as it is.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EVALUATION_FORMAT, readResults } from '../../../src/evaluate/results';
import { openSavedModel } from '../../../src/exchange/checkpoint';
import { CHECKPOINT_FORMAT, listCheckpoints, verifyCheckpoint } from '../../../src/experiment/checkpoints';
import { CONFIG_FORMAT } from '../../../src/experiment/config';
import { CONTROL_FORMAT } from '../../../src/experiment/control';
import { takeCommands } from '../../../src/experiment/controlFiles';
import { Failure } from '../../../src/experiment/failure';
import { openForkPoint } from '../../../src/experiment/fork';
import { identify } from '../../../src/experiment/processes';
import { RUN_FORMAT } from '../../../src/experiment/run';
import { controlFolder, createRun, listRuns, readRun, runFile } from '../../../src/experiment/runDirectory';
import { validate } from '../../../src/experiment/validate';
import { CATALOGUE } from '../../../src/model/catalogue';
import { editNotes, NOTES_FORMAT, notesFile } from '../../../src/observe/notes';
import { readTrainerState } from '../../../src/trainer/checkpoint';
import { config } from './config';
import { scratch } from './scratch';

async function newRun(): Promise<string> {
  return (await createRun({ runs: scratch(), name: 'x', config, kind: 'run' })).directory;
}

function contents(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(files.map((entry) => [entry.name, readFileSync(path.join(entry.parentPath, entry.name), 'latin1')]));
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof Failure)) throw error;
  return `${error.code} ${error.args.value} ${error.args.known}`;
}

describe('what a newer Fathom wrote', () => {
  it('as run.json is refused and listed with its words', async () => {
    const directory = await newRun();
    writeFileSync(runFile(directory), JSON.stringify({ ...(await readRun(directory)), format: RUN_FORMAT + 1, state: 'dreaming' }));
    const before = contents(directory);
    expect(await refusal(readRun(directory))).toBe(`run-newer-format ${RUN_FORMAT + 1} ${RUN_FORMAT}`);
    expect(await listRuns(path.dirname(directory))).toMatchObject([{ directory, problem: { code: 'run-newer-format' } }]);
    expect(contents(directory)).toEqual(before);
  });

  it.each([
    ['trainer.json', { format: CHECKPOINT_FORMAT + 1 }, CHECKPOINT_FORMAT],
    ['the configuration in it', { config: { ...config, format: CONFIG_FORMAT + 1 } }, CONFIG_FORMAT],
  ])('as %s is refused by whoever opens the checkpoint', async (_, change, known) => {
    const directory = await newRun();
    const folder = path.join(directory, 'checkpoints', 'step-00000001');
    mkdirSync(folder, { recursive: true });
    const state = { format: CHECKPOINT_FORMAT, step: 1, position: { epoch: 0, index: 0 }, config, ...change };
    writeFileSync(path.join(folder, 'trainer.json'), JSON.stringify(state));
    const tensors = Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{}')]);
    for (const name of ['model', 'optimizer']) writeFileSync(path.join(folder, `${name}.safetensors`), tensors);
    await verifyCheckpoint(folder);
    const before = contents(directory);
    const expected = `checkpoint-newer-format ${known + 1} ${known}`;
    expect(await refusal(readTrainerState(folder))).toBe(expected);
    expect(await refusal(openForkPoint(directory, undefined, CATALOGUE))).toBe(expected);
    expect(await refusal(openSavedModel(directory))).toBe(expected);
    expect(contents(directory)).toEqual(before);
    expect(await listCheckpoints(directory)).toHaveLength(1);
  });

  it('as a configuration is one finding at its place', () => {
    const { config: none, findings } = validate(`{"format": ${CONFIG_FORMAT + 1}, "what": "ever"}`, CATALOGUE);
    expect(none).toBeUndefined();
    expect(findings).toMatchObject([{ code: 'newer-format', field: 'format', range: { offset: 11, length: 1 } }]);
  });

  it('as a result of an evaluation is refused', async () => {
    const directory = await newRun();
    const folder = path.join(directory, 'evaluations');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'lambada-step-1.json'), JSON.stringify({ format: EVALUATION_FORMAT + 1 }));
    expect(await refusal(readResults(directory))).toBe(`evaluation-newer-format ${EVALUATION_FORMAT + 1} ${EVALUATION_FORMAT}`);
  });

  it('as notes is left as it is', async () => {
    const directory = await newRun();
    writeFileSync(notesFile(directory), JSON.stringify({ format: NOTES_FORMAT + 1, star: true }));
    const before = contents(directory);
    const edit = editNotes(directory, (notes) => ({ ...notes, star: false }));
    expect(await refusal(edit)).toBe(`notes-newer-format ${NOTES_FORMAT + 1} ${NOTES_FORMAT}`);
    expect(contents(directory)).toEqual(before);
  });

  it('as a command is discarded in words', async () => {
    const directory = await newRun();
    mkdirSync(controlFolder(directory));
    const own = identify();
    const command = { command: 'stop', id: 'x', pid: own.pid, started: own.started, format: CONTROL_FORMAT + 1 };
    writeFileSync(path.join(controlFolder(directory), 'a.json'), JSON.stringify(command));
    expect(takeCommands(directory, own)).toEqual({ obey: [], discard: [{ file: 'a.json', why: 'command-newer-format' }] });
  });
});
