import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { probeSources, resolveSources } from '../../../src/experiment/sources';
import { config } from './config';
import { scratch } from './scratch';

const withSource = (source: string) => ({ ...config, data: { ...config.data, source } });

describe('sources', () => {
  it('become absolute against the folder of the configuration', () => {
    const folder = scratch();
    const resolved = (source: string) => resolveSources(withSource(source), folder).data.source;
    expect(resolved('text/a.txt')).toBe(path.join(folder, 'text', 'a.txt'));
    expect(resolved('../a.txt')).toBe(path.join(path.dirname(folder), 'a.txt'));
    expect(resolved('src/**/*.{ts,js}')).toBe(path.join(folder, 'src', '**', '*.{ts,js}'));
    expect(resolved(path.join(folder, 'b.txt'))).toBe(path.join(folder, 'b.txt'));
    expect(resolved('built-in:moby-dick')).toBe('built-in:moby-dick');
  });

  it('are also vocabularies, and runs by their name or their directory', () => {
    const folder = scratch();
    mkdirSync(path.join(folder, '.fathom', 'runs'), { recursive: true });
    const from = (run: string) => resolveSources({ ...config, training: { ...config.training, from: run } }, folder).training.from;
    expect([from(''), from('../runs/a')]).toEqual(['', path.join(path.dirname(folder), 'runs', 'a')]);
    expect(from('20260101-000000-base')).toBe(path.join(folder, '.fathom', 'runs', '20260101-000000-base'));
    const data = { ...config.data, vocabularyFile: 'bert/vocab.txt' };
    expect(resolveSources({ ...config, data }, folder).data.vocabularyFile).toBe(path.join(folder, 'bert', 'vocab.txt'));
  });

  it('are looked for on the disk', () => {
    const folder = scratch();
    writeFileSync(path.join(folder, 'full.txt'), 'text');
    writeFileSync(path.join(folder, 'empty.txt'), '');
    mkdirSync(path.join(folder, 'folder'));
    const probe = probeSources(folder);
    const answers = ['full.txt', 'empty.txt', 'none.txt', 'folder', '*.md', 'built-in:x'].map((source) => probe(source));
    expect(answers).toEqual(['ok', 'empty', 'missing', 'unknown', 'unknown', 'ok']);
  });
});
