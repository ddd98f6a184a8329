import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { sendCommand, takeCommands, validate } from '../../../src/experiment/controlFiles';
import { MESSAGES } from '../../../src/experiment/messages';
import { identify } from '../../../src/experiment/processes';
import { controlFolder } from '../../../src/experiment/runDirectory';
import { scratch } from './scratch';

const own = identify();
const none = { obey: [], discard: [] };

function drop(directory: string, name: string, content: string): void {
  mkdirSync(controlFolder(directory), { recursive: true });
  writeFileSync(path.join(controlFolder(directory), name), content);
}

describe('commands', () => {
  it('are taken once, in the order they were sent', async () => {
    const directory = scratch();
    expect(takeCommands(directory, own)).toEqual(none);
    const ids: string[] = [];
    for (const command of ['pause', 'resume', 'checkpoint', 'stop'] as const) ids.push(await sendCommand(directory, { command }, own));
    const { obey, discard } = takeCommands(directory, own);
    expect(obey.map((file) => [file.command, file.id])).toEqual(
      ['pause', 'resume', 'checkpoint', 'stop'].map((name, at) => [name, ids[at]]),
    );
    expect(discard).toEqual([]);
    expect(takeCommands(directory, own)).toEqual(none);
    expect(readdirSync(controlFolder(directory))).toEqual([]);
  });

  it('carry other values for fields of the configuration', async () => {
    const directory = scratch();
    const values = { 'optimiser.learningRate': 1e-4, 'schedule.name': 'constant' };
    await sendCommand(directory, { command: 'set', values }, own);
    expect(takeCommands(directory, own).obey).toMatchObject([{ command: 'set', values }]);
    const file = { format: 1, command: 'set', id: 'x', started: own.started, pid: own.pid };
    expect(validate({ ...file, values: [] })).toBe('command-malformed');
    expect(validate(file)).toBe('command-malformed');
  });

  it('keep their order though the clock is put back between them', async () => {
    const directory = scratch();
    onTestFinished(() => void vi.useRealTimers());
    const now = Date.now();
    for (const [at, command] of [
      [now + 5000, 'pause'],
      [now - 5000, 'resume'],
      [now, 'stop'],
    ] as const) {
      vi.useFakeTimers({ now: at, toFake: ['Date'] });
      await sendCommand(directory, { command }, own);
    }
    expect(takeCommands(directory, own).obey.map(({ command }) => command)).toEqual(['pause', 'resume', 'stop']);
  });

  it('for an earlier start are discarded and named', async () => {
    const directory = scratch();
    const id = await sendCommand(directory, { command: 'stop' }, { ...own, started: 'earlier' });
    const other = await sendCommand(directory, { command: 'stop' }, { ...own, pid: own.pid + 1 });
    const { obey, discard } = takeCommands(directory, own);
    expect(obey).toEqual([]);
    expect(discard.map(({ id, command, why }) => ({ id, command, why }))).toEqual(
      [id, other].map((id) => ({ id, command: 'stop', why: 'command-other-start' })),
    );
    expect(takeCommands(directory, own)).toEqual(none);
  });

  it('that make no sense are discarded, and half-written ones left alone', () => {
    const directory = scratch();
    drop(directory, 'a.json', '{"command":');
    drop(directory, 'b.json', JSON.stringify({ format: 1, command: 'explode', id: 'x', started: own.started, pid: own.pid }));
    drop(directory, 'c.json', JSON.stringify({ format: 2, command: 'set' }));
    drop(directory, 'd.json', ' '.repeat(100_000));
    drop(directory, '.e.json.tmp', '{');
    const { obey, discard } = takeCommands(directory, own);
    expect(obey).toEqual([]);
    expect(discard).toEqual([
      { file: 'a.json', why: 'command-malformed' },
      { file: 'b.json', why: 'command-malformed' },
      { file: 'c.json', why: 'command-newer-format' },
      { file: 'd.json', why: 'command-malformed' },
    ]);
    expect(readdirSync(controlFolder(directory))).toEqual(['.e.json.tmp']);
    for (const { why } of discard) expect(MESSAGES).toHaveProperty(why);
  });

  it.skipIf(process.platform === 'win32')('that are pipes or devices hold nobody up', () => {
    const directory = scratch();
    mkdirSync(controlFolder(directory));
    symlinkSync('/dev/zero', path.join(controlFolder(directory), 'a.json'));
    execFileSync('mkfifo', [path.join(controlFolder(directory), 'b.json')]);
    const { obey, discard } = takeCommands(directory, own);
    expect(obey).toEqual([]);
    expect(discard).toEqual(['a.json', 'b.json'].map((file) => ({ file, why: 'command-malformed' })));
  });

  it('from two windows at once all arrive, each once', async () => {
    const directory = scratch();
    const sent = await Promise.all(
      Array.from({ length: 40 }, (_, i) => sendCommand(directory, { command: i % 2 === 0 ? 'pause' : 'resume' }, own)),
    );
    expect(new Set(takeCommands(directory, own).obey.map(({ id }) => id))).toEqual(new Set(sent));
  });

  it('cannot be deleted, so are not obeyed', () => {
    const directory = scratch();
    mkdirSync(path.join(controlFolder(directory), 'folder.json'), { recursive: true });
    expect(takeCommands(directory, own)).toEqual({ obey: [], discard: [{ file: 'folder.json', why: 'command-not-deletable' }] });
  });

  it('are guarded against any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(validate(value)).toMatch(/^command-/);
      }),
      { seed: 1 },
    );
  });
});
