// What the Config tab's buttons do to a run's file, its trainer and its forks, and what they refuse.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { writeCheckpoint } from '../../../src/experiment/checkpoints';
import type { ExperimentConfig } from '../../../src/experiment/config';
import { takeCommands } from '../../../src/experiment/controlFiles';
import { writeJsonAtomic } from '../../../src/experiment/files';
import { identify } from '../../../src/experiment/processes';
import type { RunRecord } from '../../../src/experiment/run';
import { createRun, readRun, writeRun } from '../../../src/experiment/runDirectory';
import { writeSafetensors } from '../../../src/experiment/safetensors';
import { validate } from '../../../src/experiment/validate';
import { ConfigurationChecks } from '../../../src/extension/config/checks';
import { RunConfigForm } from '../../../src/extension/dashboard/configForm';
import type { ForkDrafts } from '../../../src/extension/launch/forkDrafts';
import { CATALOGUE } from '../../../src/model/catalogue';
import { scratch } from '../experiment/scratch';

interface Opened {
  isDirty: boolean;
  saves: number;
  text: string;
}

/** What the editor has open and is asked, by path. */
const editor = vi.hoisted(() => ({ open: new Map<string, unknown>(), commands: [] as unknown[][], isTrusted: true }));

vi.mock('vscode', async () => {
  const { fakeVscode, openDocument } = await import('./fakeVscode');
  const documentOf = (file: string) => {
    const known = editor.open.get(file) as (Opened & object) | undefined;
    if (known) return known;
    const document = {
      ...openDocument(file),
      isDirty: false,
      saves: 0,
      text: '',
      async save() {
        writeFileSync(file, this.text);
        this.isDirty = false;
        this.saves++;
        return true;
      },
    };
    document.text = document.getText();
    document.getText = () => document.text;
    editor.open.set(file, document);
    return document;
  };
  class EventEmitter {
    private readonly listeners: (() => void)[] = [];
    readonly event = (listener: () => void) => {
      this.listeners.push(listener);
      return { dispose: () => undefined };
    };
    fire(): void {
      for (const listener of this.listeners) listener();
    }
    dispose(): void {}
  }
  const nothing = () => ({ dispose: () => undefined });
  return {
    ...fakeVscode,
    EventEmitter,
    RelativePattern: class {},
    commands: { executeCommand: async (...call: unknown[]) => void editor.commands.push(call) },
    workspace: {
      ...fakeVscode.workspace,
      get isTrusted() {
        return editor.isTrusted;
      },
      get textDocuments() {
        return [...editor.open.values()];
      },
      openTextDocument: async ({ fsPath }: { fsPath: string }) => documentOf(fsPath),
      applyEdit: async ({ edits }: { edits: readonly { range: { start: never; end: never }; text: string }[] }) => {
        const [document] = [...editor.open.values()] as (Opened & { offsetAt(at: never): number })[];
        for (const { range, text } of edits) {
          if (!document) return false;
          document.text = document.text.slice(0, document.offsetAt(range.start)) + text + document.text.slice(document.offsetAt(range.end));
          document.isDirty = true;
        }
        return true;
      },
      createFileSystemWatcher: () => ({ onDidChange: nothing, onDidCreate: nothing, onDidDelete: nothing, dispose: () => undefined }),
      onDidGrantWorkspaceTrust: nothing,
    },
  };
});

const TEXT = `{
  // Deep, and thin.
  "model": { "layers": 4, "hidden": 16 },
  "optimiser": { "learningRate": 1e-3 } /* found by hand */
}
`;
const own = identify();

beforeEach(() => {
  editor.open.clear();
  editor.commands.length = 0;
  editor.isTrusted = true;
});

function configOf(text: string): ExperimentConfig {
  const { config } = validate(text, CATALOGUE);
  if (!config) throw new Error('not sound');
  return config;
}

/** A run that trains, started from a file. */
async function running(change: Partial<RunRecord> = {}) {
  const folder = scratch();
  const file = path.join(folder, 'deep.fathom.json');
  writeFileSync(file, TEXT);
  const made = await createRun({
    runs: path.join(folder, '.fathom', 'runs'),
    name: 'deep',
    config: configOf(TEXT),
    kind: 'run',
    configuration: file,
  });
  const record: RunRecord = { ...made.record, state: 'running', process: own, step: 10, heartbeat: 1, ...change };
  await writeRun(made.directory, record);
  const drafts: unknown[] = [];
  const forks = { remember: async (...draft: unknown[]) => void drafts.push(draft) } as unknown as ForkDrafts;
  const form = new RunConfigForm(made.directory, new ConfigurationChecks(), forks);
  return { form, file, record, drafts, directory: made.directory };
}

const nobody = async () => Promise.reject(new Error('nobody answers'));
const CLIP = [{ field: 'optimiser.clip', value: 0.5 }];
const text = (file: string) => readFileSync(file, 'utf8');

describe('the form of a run', () => {
  it('shows what is in force, edits of the trainer included, and how the file differs', async () => {
    const edits = [{ id: 'x', step: 5, changes: [{ field: 'optimiser.learningRate', from: 1e-3, to: 1e-4 }] }];
    const { form, file } = await running({ edits });
    const state = await form.state([]);
    expect(state.values['optimiser.learningRate']).toBe(1e-4);
    expect(state.file).toMatchObject({
      state: 'sound',
      name: path.basename(file),
      unsaved: false,
      changes: [{ field: 'optimiser.learningRate', from: 1e-4, to: 1e-3 }],
    });
    expect(state.refusals).toEqual({ fork: { code: 'config-no-checkpoint', args: {} } });
  });

  it('tells of a file that is broken, or gone, or of none', async () => {
    const { form, file, directory, record } = await running();
    writeFileSync(file, '{ "model": { "layers" 4 } }');
    expect(await form.state([])).toMatchObject({
      file: { state: 'broken', why: { code: 'syntax-colon-expected' } },
      refusals: { save: { code: 'config-file-broken' } },
    });
    writeFileSync(file, '{ "model": { "layers": 4 } }');
    expect((await form.state([])).file).toMatchObject({ state: 'unsound', why: { code: 'missing-field' } });
    rmSync(file);
    expect(await form.state([])).toMatchObject({ file: { state: 'missing' }, refusals: { save: { code: 'config-file-missing' } } });
    const { configuration: _, ...without } = record;
    await writeRun(directory, without);
    expect(await form.state([])).toMatchObject({ file: { state: 'none' }, refusals: { save: { code: 'config-no-file' } } });
  });

  it('compares with the parent as it was where the fork began', async () => {
    const { form, directory, record } = await running();
    const runs = path.dirname(directory);
    const parent = await createRun({ runs, name: 'parent', config: configOf(TEXT), kind: 'run' });
    const rate = (step: number, to: number) => ({ id: `${step}`, step, changes: [{ field: 'optimiser.learningRate', from: 1e-3, to }] });
    await writeRun(parent.directory, { ...parent.record, edits: [rate(3, 5e-3), rate(9, 9e-3)] });
    await writeRun(directory, { ...record, lineage: { run: parent.record.id, step: 4 } });
    expect((await form.state([])).parent).toEqual({
      run: parent.record.id,
      step: 4,
      changes: [{ field: 'optimiser.learningRate', from: 5e-3, to: 1e-3 }],
    });
    rmSync(parent.directory, { recursive: true });
    expect((await form.state([])).parent).toEqual({ run: parent.record.id, step: 4 });
  });
});

describe('saving', () => {
  it('edits the file where it is meant, keeps comments, and saves', async () => {
    const { form, file } = await running();
    expect(await form.change({ action: 'save', edits: CLIP }, nobody)).toMatchObject({ code: 'config.saved' });
    expect(text(file)).toBe(TEXT.replace('"learningRate": 1e-3 }', '"learningRate": 1e-3, "clip": 0.5 }'));
    expect(await form.change({ action: 'save', edits: CLIP }, nobody)).toMatchObject({ code: 'config.savedAlready' });
  });

  it('leaves a file with unsaved changes unsaved', async () => {
    const { form, file } = await running();
    await form.change({ action: 'save', edits: [] }, nobody);
    const document = editor.open.get(file) as Opened;
    document.text = TEXT.replace('thin', 'very thin');
    document.isDirty = true;
    expect(await form.change({ action: 'save', edits: CLIP }, nobody)).toMatchObject({ code: 'config.savedOpen' });
    expect(document).toMatchObject({ isDirty: true, saves: 0 });
    expect(document.text).toContain('very thin');
    expect(document.text).toContain('"clip": 0.5');
    expect(text(file)).toBe(TEXT);
    expect((await form.state([])).file.unsaved).toBe(true);
  });

  it('touches no file that is being edited and is no JSON, nor in an untrusted workspace', async () => {
    const { form, file } = await running();
    writeFileSync(file, '{ "model": ');
    await expect(form.change({ action: 'save', edits: CLIP }, nobody)).rejects.toMatchObject({ code: 'config-file-broken' });
    editor.isTrusted = false;
    for (const action of ['save', 'apply', 'fork'] as const)
      await expect(form.change({ action, edits: CLIP, step: 4 }, nobody)).rejects.toMatchObject({ code: 'config-untrusted' });
    expect(text(file)).toBe('{ "model": ');
    expect((await form.state([])).refusals).toMatchObject({ save: { code: 'config-untrusted' }, apply: { code: 'config-untrusted' } });
  });
});

describe('applying', () => {
  it('asks the trainer for what it can take, and tells from which step on it holds', async () => {
    const { form, directory, record } = await running();
    const edits = [...CLIP, { field: 'training.batch', value: 4 }];
    const said = form.change({ action: 'apply', edits }, async (id) => {
      const { obey } = takeCommands(directory, own);
      expect(obey).toMatchObject([{ command: 'set', id, values: { 'optimiser.clip': 0.5 } }]);
      await writeRun(directory, { ...record, edits: [{ id, step: 11, changes: [{ field: 'optimiser.clip', from: 1, to: 0.5 }] }] });
    });
    expect(await said).toEqual({ code: 'config.applied', args: { step: 11 } });
    expect((await readRun(directory)).edits).toHaveLength(1);
  });

  it('says what is wrong without asking, and that a trainer is gone', async () => {
    const { form, directory, record } = await running();
    const apply = (value: number) => form.change({ action: 'apply', edits: [{ field: 'optimiser.clip', value }] }, nobody);
    await expect(apply(-1)).rejects.toMatchObject({ code: 'below-minimum' });
    expect(await apply(1)).toEqual({ code: 'config.appliedAlready', args: {} });
    await writeRun(directory, { ...record, process: { ...own, started: 'long ago' } });
    await expect(apply(2)).rejects.toMatchObject({ code: 'apply-ended', args: { state: 'lost' } });
    expect(takeCommands(directory, own).obey).toEqual([]);
  });
});

describe('forking', () => {
  it('describes the fork in a file of its own, and trains it', async () => {
    const taken = (step: number, to: number) => ({ id: `${step}`, step, changes: [{ field: 'optimiser.learningRate', from: 1e-3, to }] });
    const { form, directory, drafts, file } = await running({ edits: [taken(7, 5e-4), taken(9, 2e-4)] });
    const config = configOf(TEXT);
    await writeCheckpoint(directory, 8, async (folder) => {
      const tensor = { name: 'w', shape: [1], data: () => Float32Array.from([1]) };
      for (const name of ['model.safetensors', 'optimizer.safetensors']) await writeSafetensors(path.join(folder, name), [tensor]);
      await writeJsonAtomic(path.join(folder, 'trainer.json'), { format: 1, step: 8, position: { epoch: 0, index: 0 }, config });
    });
    expect((await form.state([])).checkpoints).toEqual([8]);
    const wider = form.change({ action: 'fork', edits: [{ field: 'model.hidden', value: 32 }], step: 8 }, nobody);
    await expect(wider).rejects.toMatchObject({ code: 'fork-model' });
    const early = form.change({ action: 'fork', edits: [{ field: 'training.steps', value: 5 }], step: 8 }, nobody);
    await expect(early).rejects.toMatchObject({ code: expect.stringMatching(/fork-steps|warmup/) });
    const draft = path.join(path.dirname(file), 'foundation-4-fork.fathom.json');
    expect(existsSync(draft)).toBe(false);
    const said = await form.change({ action: 'fork', edits: CLIP, step: 8 }, nobody);
    expect(said).toMatchObject({ code: 'config.forked', args: { step: 8 } });
    const [[uri, origin]] = drafts as [[{ fsPath: string }, unknown]];
    expect(origin).toEqual({ directory, step: 8 });
    // What was applied after the checkpoint is what the form shows.
    const optimiser = { ...config.optimiser, learningRate: 2e-4, clip: 0.5 };
    expect(configOf(text(uri.fsPath))).toEqual({ ...config, name: 'foundation-4-fork', optimiser });
    expect(editor.commands).toEqual([['fathom.startRun', uri]]);
    expect(text(file)).toBe(TEXT);
  });
});
