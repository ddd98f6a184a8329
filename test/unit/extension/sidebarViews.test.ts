// The sidebar's views and commands as the editor would drive them.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { writeFileAtomic, writeJsonAtomic } from '../../../src/experiment/files';
import { createRun, readRun, writeRun } from '../../../src/experiment/runDirectory';
import { COMMANDS, DEVICES_VIEW, EXPERIMENTS_VIEW, RUNS_VIEW } from '../../../src/extension/contributions';
import { DevicesTree } from '../../../src/extension/devices/tree';
import { ExperimentSummaries } from '../../../src/extension/experiments/summaries';
import { ExperimentsTree } from '../../../src/extension/experiments/tree';
import { CleanCommands } from '../../../src/extension/launch/cleaning';
import { DeleteCommands } from '../../../src/extension/launch/deletion';
import { RunQueue } from '../../../src/extension/launch/queue';
import { RunChoice } from '../../../src/extension/runs/choice';
import { LabelCommands } from '../../../src/extension/runs/labels';
import { GroupNode, PageNode, RunNode, RunsTree } from '../../../src/extension/runs/tree';
import type { RunsWatch } from '../../../src/extension/runs/watch';
import type { RunSummary } from '../../../src/observe/runView';
import { config } from '../experiment/config';
import { scratch } from '../experiment/scratch';
import { EventEmitter, forgetEverything, person, Uri } from './fakeSidebar';
import { labelled, status } from './helpers';

vi.mock('vscode', () => import('./fakeSidebar'));
beforeEach(forgetEverything);

/** What the extension's classes ask for, of which the fakes have what is used. */
const as = <T>(fake: unknown): T => fake as T;
const LOG = as<never>({ error: () => undefined, warn: () => undefined, info: () => undefined, show: () => undefined });

function watching(first: readonly RunSummary[]) {
  const changed = new EventEmitter<void>();
  let runs = new Map(first.map((run) => [run.directory, run]));
  const watch = as<RunsWatch>({
    onDidChange: changed.event,
    get all() {
      return [...runs.values()];
    },
    status: (directory: string) => runs.get(directory),
    listed: async () => undefined,
  });
  const become = (now: readonly RunSummary[]) => {
    runs = new Map(now.map((run) => [run.directory, run]));
    changed.fire();
  };
  return {
    watch,
    become,
    choice: new RunChoice(
      watch,
      () => undefined,
      () => [],
    ),
  };
}

const call = (id: string, ...args: unknown[]) => person.commands.get(id)?.(...args) as Promise<void>;

describe('the Runs view', () => {
  const many = Array.from({ length: 1200 }, (_, i) => status({ id: `run-${i}`, name: `n${i}`, state: 'finished' }));
  const rows = async (tree: RunsTree) => {
    const top = await tree.getChildren();
    const below = await Promise.all(top.map((node) => (node instanceof GroupNode ? tree.getChildren(node) : [node])));
    return below.flat();
  };

  it('shows groups, a page of each, and what is left behind one more row', async () => {
    const tree = new RunsTree(watching(many).watch, 'day');
    const [group] = await tree.getChildren();
    expect(tree.getTreeItem(group as GroupNode)).toMatchObject({ label: 'Older', description: '1200', collapsibleState: 2 });
    const shown = await rows(tree);
    const more = shown.at(-1);
    expect([shown.length, more instanceof PageNode]).toEqual([501, true]);
    expect(tree.getTreeItem(more as PageNode)).toMatchObject({ label: '700 more', collapsibleState: 1 });
    expect(tree.getParent(more as PageNode)).toBe(group);
    expect(await tree.getChildren(more)).toHaveLength(501);
    expect(new Set(shown.map((node) => tree.getTreeItem(node).id)).size).toBe(501);
  });

  it('filters and says so, and says where nothing is found', async () => {
    const tree = new RunsTree(watching(many).watch, 'none');
    const view = person.views.get(RUNS_VIEW);
    tree.show({ filter: 'n7 -n70' });
    expect(await rows(tree)).toHaveLength(111 - 11);
    expect(view?.description).toBe('n7 -n70: 100 of 1200');
    tree.show({ filter: 'nothing' });
    expect(await rows(tree)).toEqual([]);
    expect(view?.message).toBe('No run matches the filter "nothing".');
    tree.show({ filter: '' });
    expect([view?.description, view?.message]).toEqual(['', '']);
  });

  it('refreshes only what changed, and everything where a row moved; its badge counts what trains', async () => {
    const [a, b] = [status({ id: 'a' }), status({ id: 'b', state: 'finished' })];
    const { watch, become } = watching([a, b]);
    const tree = new RunsTree(watch, 'state');
    const fired: unknown[] = [];
    tree.onDidChangeTreeData((nodes) => fired.push(nodes));
    const [first] = await rows(tree);
    expect(person.views.get(RUNS_VIEW)?.badge).toMatchObject({ value: 1 });
    become([status({ id: 'a', step: 121 }), b]);
    expect(fired).toEqual([[first]]);
    become([status({ id: 'a', state: 'stopped' }), b]);
    expect(fired.at(-1)).toBeUndefined();
    expect(person.views.get(RUNS_VIEW)?.badge).toBeUndefined();
  });

  it('shows a run of two tags twice, under ids of their own', async () => {
    const tree = new RunsTree(watching([labelled(status(), { tags: ['x', 'y'] })]).watch, 'tag');
    const ids = (await rows(tree)).map((node) => tree.getTreeItem(node).id);
    expect([ids.length, new Set(ids).size]).toEqual([2, 2]);
  });

  it('makes a tooltip with the disk use when somebody looks', async () => {
    const run = status();
    const tree = new RunsTree(watching([run]).watch, 'none');
    const [node] = await rows(tree);
    const item = tree.getTreeItem(node as RunNode);
    expect(item.tooltip).toBeUndefined();
    const { tooltip } = await tree.resolveTreeItem(item, node as RunNode);
    expect(as<{ value: string }>(tooltip).value).toMatch(/Training loss: 2\.413[\s\S]*Disk use: 0 B, of which 0 B in checkpoints/);
  });
});

describe('commands on runs', () => {
  async function onDisk(...states: readonly ('finished' | 'running' | 'stopped')[]) {
    const runs = scratch();
    const made: RunSummary[] = [];
    for (const [i, state] of states.entries()) {
      const { directory, record } = await createRun({ runs, name: `r${i}`, config, kind: 'run' });
      const written = { ...record, state };
      await writeRun(directory, written);
      made.push({ directory, state, record: written, problems: [] });
    }
    return made;
  }
  const nodes = (runs: readonly RunSummary[]) => runs.map(({ directory }) => new RunNode(directory));
  const notesOf = (run: RunSummary | undefined) => JSON.parse(readFileSync(path.join(run?.directory ?? '', 'notes.json'), 'utf8'));

  it('label all that are selected, and nothing in an untrusted workspace', async () => {
    const runs = await onDisk('finished', 'stopped');
    const { watch, choice } = watching(runs);
    new LabelCommands(choice, watch, LOG);
    const selected = nodes(runs);
    await call(COMMANDS.starRun, selected[0], selected);
    person.answers.push('deep, eq 4');
    await call(COMMANDS.tagRun, selected[0], selected);
    person.answers.push('the good one');
    await call(COMMANDS.renameRun, selected[1], []);
    expect(runs.map(notesOf)).toEqual([
      { format: 1, star: true, tags: ['deep', 'eq 4'], text: '' },
      { format: 1, star: true, tags: ['deep', 'eq 4'], text: '', name: 'the good one' },
    ]);
    person.trusted = false;
    await call(COMMANDS.noteRun, selected[0], selected);
    expect(notesOf(runs[0])).not.toMatchObject({ text: expect.stringContaining('x') });
    expect(person.heard.at(-1)).toContain('Restricted Mode');
  });

  it('delete into the trash after a question, for good where there is none, and never what trains', async () => {
    const runs = await onDisk('finished', 'stopped', 'running');
    const { watch, choice } = watching(runs);
    new DeleteCommands(choice, watch, LOG);
    const [a, b, alive] = nodes(runs);
    await call(COMMANDS.deleteRun, alive, [alive, a]);
    expect(person.heard.at(-1)).toContain('r2 is training');
    person.answers.push(undefined);
    await call(COMMANDS.deleteRun, a, [a, b]);
    expect(person.heard.at(-1)).toMatch(/^Delete 2 runs .*\nr?\S*\/.*r0/);
    expect(person.deleted).toEqual([]);
    person.answers.push('Delete', 'Delete');
    await call(COMMANDS.deleteRun, a, undefined);
    person.trash = false;
    await call(COMMANDS.deleteRun, b, undefined);
    expect(person.deleted).toEqual([
      [a?.directory, true],
      [b?.directory, false],
    ]);
  });

  it('clean up the checkpoints that a person ticks, and leave the newest of many runs', async () => {
    const runs = await onDisk('stopped', 'stopped');
    const { watch, choice } = watching(runs);
    new CleanCommands(choice, watch, LOG);
    const folder = (run: RunSummary | undefined, step: number) =>
      path.join(run?.directory ?? '', 'checkpoints', `step-${String(step).padStart(8, '0')}`);
    const empty = Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{}')]);
    for (const run of runs)
      for (const step of [1, 2, 3]) {
        for (const name of ['model', 'optimizer']) await writeFileAtomic(path.join(folder(run, step), `${name}.safetensors`), empty);
        await writeJsonAtomic(path.join(folder(run, step), 'trainer.json'), {});
      }
    const left = (run: RunSummary | undefined) => [1, 2, 3].filter((step) => existsSync(folder(run, step)));
    const [first] = nodes(runs);
    const ticked = (items: readonly { readonly picked: boolean }[]) => items.filter(({ picked }) => picked);
    person.answers.push((items: readonly { readonly picked: boolean }[]) => ticked(items).slice(0, 1), 'Delete');
    await call(COMMANDS.cleanCheckpoints, first, [first]);
    expect([left(runs[0]), left(runs[1])]).toEqual([
      [1, 3],
      [1, 2, 3],
    ]);
    person.answers.push((items: readonly unknown[]) => items, 'Delete');
    await call(COMMANDS.cleanCheckpoints);
    expect([left(runs[0]), left(runs[1])]).toEqual([[3], [3]]);
  });
});

describe('a second start', () => {
  function queued(runs: readonly RunSummary[]) {
    const kept = new Map<string, unknown>();
    const memory = {
      get: (key: string, otherwise: unknown) => kept.get(key) ?? otherwise,
      update: async (key: string, value: unknown) => void kept.set(key, value),
    };
    const { watch, become, choice } = watching(runs);
    const launched: string[] = [];
    const nodes = { find: async () => ({ executable: '/node' }) };
    const make = () =>
      new RunQueue(
        as({ runs: watch, choice, nodes, memory, log: LOG, launch: async (directory: string) => void launched.push(directory) }),
      );
    return { queue: make(), make, become, launched };
  }
  const training = status({ id: 'other', name: 'other' });

  it('asks only while something trains, unless a setting has answered', async () => {
    expect(await queued([status({ state: 'finished' })]).queue.when('mine')).toBe('now');
    person.commands.clear();
    const made = await createRun({ runs: scratch(), name: 'other', config, kind: 'run' });
    const { queue } = queued([{ directory: made.directory, state: 'starting', record: made.record, problems: [] }]);
    person.answers.push((items: readonly unknown[]) => items[0], undefined);
    expect(await queue.when('mine')).toBe('wait');
    expect(person.heard.at(-1)).toBe('other is training. What about mine?');
    expect(await queue.when('mine')).toBeUndefined();
    person.settings['fathom.secondStart'] = 'beside';
    expect(await queue.when('mine')).toBe('now');
    person.settings['fathom.secondStart'] = 'wait';
    expect(await queue.when('mine')).toBe('wait');
    // It has ended, which the list does not show yet.
    await writeRun(made.directory, { ...made.record, state: 'finished' });
    expect(await queue.when('mine')).toBe('now');
    // Another has begun, which the list does not show either.
    await writeRun(made.directory, { ...made.record, state: 'running' });
    queue.began(made.directory);
    person.commands.clear();
    expect(await queue.when('mine')).toBe('wait');
  });

  it('that waits begins when the other has ended, in a window that came later too', async () => {
    const { directory } = await createRun({ runs: scratch(), name: 'mine', config, kind: 'run' });
    const { queue, make, become, launched } = queued([training]);
    await queue.add(directory, 'new');
    const waiting = async () => ({ directory, state: (await readRun(directory)).state, record: await readRun(directory), problems: [] });
    become([training, await waiting()]);
    queue.dispose();
    person.commands.clear();
    make();
    expect((await waiting()).state).toBe('queued');
    become([status({ id: 'other', state: 'finished' }), await waiting()]);
    await vi.waitFor(() => expect(launched).toEqual([directory]));
    expect((await waiting()).state).toBe('starting');
  });

  it('that waits can be taken out of the queue, and a start by hand does not wait', async () => {
    const runs = scratch();
    const [a, b] = [await createRun({ runs, name: 'a', config, kind: 'run' }), await createRun({ runs, name: 'b', config, kind: 'run' })];
    const { queue, become, launched } = queued([training]);
    await queue.add(a.directory, 'new');
    await queue.add(b.directory, 'new');
    become([training, ...[a, b].map(({ directory, record }) => ({ directory, state: 'queued' as const, record, problems: [] }))]);
    const node = new RunNode(a.directory);
    await call(COMMANDS.cancelQueued, node, [node]);
    expect(existsSync(a.directory)).toBe(false);
    await call(COMMANDS.startQueued, new RunNode(b.directory));
    expect(launched).toEqual([b.directory]);
  });
});

describe('the Experiments view', () => {
  it('marks what is broken, and summarises what is not, each once it is looked at', async () => {
    person.files = [Uri.file('/w/b/deep-10.fathom.json'), Uri.file('/w/deep-9.fathom.json'), Uri.file('/w/broken.fathom.json')];
    const lookAtFile = async (uri: Uri) =>
      uri.fsPath.includes('broken')
        ? { findings: [{ severity: 'error', code: 'x', args: {} }] }
        : { config: { model: { layers: 9, scheme: 'pre-ln' } }, findings: [] };
    const tree = new ExperimentsTree(new ExperimentSummaries(as({ lookAtFile, parametersOf: async () => 5100 })));
    expect(person.views.has(EXPERIMENTS_VIEW)).toBe(true);
    const nodes = await tree.getChildren();
    const items = () => nodes.map((node) => tree.getTreeItem(node));
    expect(items().map(({ label }) => label)).toEqual(['broken', 'deep-9', 'deep-10']);
    await vi.waitFor(() =>
      expect(items().map(({ description }) => description)).toEqual([
        '1 error',
        '9 layers · 5.1 k parameters · pre-ln',
        '9 layers · 5.1 k parameters · pre-ln · b',
      ]),
    );
    expect(items().map(({ iconPath }) => as<{ id: string }>(iconPath).id)).toEqual(['error', 'beaker', 'beaker']);
  });
});

describe('the Devices view', () => {
  it('starts nothing in an untrusted workspace, and says why nothing could be found out', async () => {
    const find = vi.fn(async () => ({ executable: process.execPath }));
    const tree = new DevicesTree(as({ nodes: { find }, log: LOG, tool: '/nowhere/cli.mjs' }));
    person.trusted = false;
    expect(await tree.getChildren()).toEqual([]);
    expect(find).not.toHaveBeenCalled();
    person.trusted = true;
    expect(await tree.getChildren()).toEqual([]);
    expect(person.views.get(DEVICES_VIEW)?.message).toContain('could not be found out');
  });
});
