// What a person adds to a run, on disk.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readJson, writeFileAtomic, writeJsonAtomic } from '../../../src/experiment/files';
import { createRun } from '../../../src/experiment/runDirectory';
import { editNotes, parseTags } from '../../../src/observe/notes';
import { config } from '../experiment/config';
import { scratch } from '../experiment/scratch';

async function run(): Promise<string> {
  return (await createRun({ runs: scratch(), name: 'deep', config, kind: 'run' })).directory;
}

describe('notes', () => {
  it('are changed as a whole, and what else the file says stays', async () => {
    const directory = await run();
    const file = path.join(directory, 'notes.json');
    await writeJsonAtomic(file, { text: 'mine', colour: 'red' });
    await editNotes(directory, (notes) => ({ ...notes, name: 'good', star: true, tags: ['a'] }));
    expect(await readJson(file)).toEqual({ text: 'mine', colour: 'red', format: 1, name: 'good', star: true, tags: ['a'] });
    await editNotes(directory, ({ name: _, ...notes }) => notes);
    expect(await readJson(file)).not.toHaveProperty('name');
  });

  it('are not written over what cannot be read, nor for a run that is gone', async () => {
    const directory = await run();
    await writeFileAtomic(path.join(directory, 'notes.json'), '{"text": "half');
    await expect(editNotes(directory, (notes) => notes)).rejects.toMatchObject({ code: 'file-not-json' });
    await expect(editNotes(path.join(directory, 'gone'), (notes) => notes)).rejects.toMatchObject({ code: 'run-missing' });
    expect(existsSync(path.join(directory, 'gone'))).toBe(false);
  });

  it('have tags as people list them', () => {
    expect(parseTags(' deep, , eq 4,deep ')).toEqual(['deep', 'eq 4']);
    expect(parseTags('')).toEqual([]);
  });
});
