// What this room reads, broken and hostile: configurations, control files, run.json of any version, checkpoints'
// tensors, and names that would lead elsewhere.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { takeCommands } from '../../../src/experiment/controlFiles';
import { FIELD_PATHS } from '../../../src/experiment/draft';
import { applyFix } from '../../../src/experiment/edits';
import { Failure } from '../../../src/experiment/failure';
import { applyLive } from '../../../src/experiment/liveEdits';
import { MESSAGES, render } from '../../../src/experiment/messages';
import { identify } from '../../../src/experiment/processes';
import { liveFields } from '../../../src/experiment/remedy';
import { controlFolder, createRun, parseRun, readRun, runFile } from '../../../src/experiment/runDirectory';
import { SafetensorsReader, writeSafetensors } from '../../../src/experiment/safetensors';
import { cellsOf, readStudy } from '../../../src/experiment/study';
import { validate } from '../../../src/experiment/validate';
import { CATALOGUE } from '../../../src/model/catalogue';
import { describeCost, foreseeRun } from '../../../src/model/cost';
import { fuzz, harmedOf, hostileNames, treesWith } from '../../fuzzing';
import { config } from './config';
import { scratch } from './scratch';

const examples = readdirSync('examples')
  .filter((name) => name.endsWith('.fathom.json'))
  .map((name) => readFileSync(path.join('examples', name)));

describe('configurations', () => {
  const machine = { cores: 4, memory: 16e9 };

  /** What the editor does with every text while somebody types. */
  function look(text: string): void {
    const { config: sound, findings } = validate(text, CATALOGUE, undefined, foreseeRun(machine));
    expect(sound === undefined).toBe(findings.some(({ severity }) => severity === 'error'));
    for (const { code, args, range, fixes } of findings) {
      expect(MESSAGES).toHaveProperty(code);
      expect(render(code, args).length).toBeLessThan(5000);
      expect(range.offset).toBeGreaterThanOrEqual(0);
      expect(range.offset + range.length).toBeLessThanOrEqual(text.length);
      for (const fix of fixes) validate(applyFix(text, fix), CATALOGUE);
    }
    if (sound) describeCost(sound, machine);
  }

  it('harmed, are answered with findings', async () => {
    const texts = fc.oneof(...examples.map(harmedOf)).map((bytes) => bytes.toString('utf8'));
    await fuzz('configurations, harmed', 21, texts, look);
  });

  it('of any JSON under the names of fields are answered with findings, and what is sound can be described', async () => {
    const leaves = FIELD_PATHS.map((field) => field.split('.'));
    const values = fc.oneof(treesWith([]), fc.integer({ min: 1, max: 4096 }), fc.double({ min: 0, max: 1 }));
    const fields = fc.array(fc.tuple(fc.constantFrom(...leaves), values), { maxLength: 6 }).map((list) => {
      const root: Record<string, unknown> = { model: { layers: 4, hidden: 16 } };
      for (const [[section = '', name], value] of list) {
        if (name === undefined) root[section] = value;
        else root[section] = { ...(root[section] as object), [name]: value };
      }
      return JSON.stringify(root, undefined, 1);
    });
    const trees = treesWith(leaves.flat()).map((tree) => JSON.stringify(tree) ?? '');
    await fuzz('configurations, any JSON', 22, fc.oneof(fields, trees), look);
  });

  it('that nest without end are refused in words', async () => {
    const nested = fc
      .tuple(fc.constantFrom('[', '{"model":', '/*', '"', '[{"a":'), fc.nat(60_000))
      .map(([open, times]) => open.repeat(times));
    await fuzz('configurations, nested', 23, nested, look, 0.1);
  });
});

describe('studies', () => {
  it('harmed or of any axes are read, with cells that can be counted, or refused in words', async () => {
    const file = path.join(scratch(), 'x.study.json');
    const good = readdirSync('examples').filter((name) => name.endsWith('.study.json'));
    const harmedGood = fc.oneof(...good.map((name) => harmedOf(readFileSync(path.join('examples', name)))));
    const values = fc.oneof(fc.array(fc.integer(), { maxLength: 30 }), treesWith(['model.layers']));
    const fields = fc.oneof(
      fc.constantFrom(...FIELD_PATHS),
      fc.constantFrom('model.schemeOptions.__proto__', 'model.schemeOptions.alpha'),
      hostileNames,
    );
    const axes = fc.dictionary(fields, values, { maxKeys: 6, noNullPrototype: true });
    const made = fc
      .tuple(axes, fc.oneof(hostileNames, fc.constant({ model: { layers: 4, hidden: 16 } })), hostileNames)
      .map(([some, base, name]) => Buffer.from(JSON.stringify({ name, base, axes: some })));
    await fuzz(
      'studies',
      28,
      fc.oneof(harmedGood, made),
      async (content) => {
        writeFileSync(file, content);
        const study = await readStudy(file).catch((error: unknown) => {
          expect(error).toBeInstanceOf(Failure);
        });
        if (!study) return;
        const count = study.axes.reduce((product, { values: list }) => product * list.length, 1);
        expect(count).toBeLessThanOrEqual(10_000);
        if (count > 100) return;
        for (const { text } of cellsOf(study)) validate(text, CATALOGUE);
      },
      0.5,
    );
  });

  it('of a few axes too many are refused before they are multiplied', async () => {
    const file = path.join(scratch(), 'x.study.json');
    const many = Array.from({ length: 30 }, (_, i) => i + 1);
    const axes = Object.fromEntries(FIELD_PATHS.slice(0, 12).map((field) => [field, many]));
    writeFileSync(file, JSON.stringify({ base: { model: { layers: 4, hidden: 16 } }, axes }));
    await expect(readStudy(file)).rejects.toMatchObject({ code: 'study-too-many', args: { value: 30 ** 12, limit: 10_000 } });
  });
});

describe('changes while a run trains', () => {
  it('of any field and value are taken soundly or refused in words', async () => {
    const { config: sound } = validate('{"model": {"layers": 4, "hidden": 16}}', CATALOGUE);
    if (!sound) throw new Error('a sound configuration is sound');
    const before = JSON.stringify(sound);
    const fields = fc.oneof(
      fc.constantFrom<string>(...liveFields()),
      fc.constantFrom<string>(...FIELD_PATHS, '__proto__', 'constructor.prototype', 'training.__proto__.polluted'),
      hostileNames,
    );
    const values = fc.dictionary(fields, fc.oneof(fc.double({ min: 0, max: 1 }), fc.nat(1000), treesWith([])), {
      maxKeys: 3,
      noNullPrototype: true,
    });
    await fuzz('changes while a run trains', 29, values, (given) => {
      try {
        const { config: edited } = applyLive(sound, given, 3, CATALOGUE);
        expect(validate(JSON.stringify(edited), CATALOGUE).config).toBeDefined();
      } catch (error) {
        expect(error).toBeInstanceOf(Failure);
      }
      expect(JSON.stringify(sound)).toBe(before);
    });
  });
});

describe('control files', () => {
  it('harmed or of any JSON are discarded in words or are whole commands', async () => {
    const directory = scratch();
    const own = identify();
    const good = { command: 'pause', format: 1, id: 'x', started: own.started, pid: own.pid };
    const contents = fc.oneof(
      harmedOf(Buffer.from(JSON.stringify(good))),
      treesWith([...Object.keys(good), 'stop', 'set']).map((tree) => Buffer.from(JSON.stringify(tree) ?? '')),
    );
    mkdirSync(controlFolder(directory));
    await fuzz('control files', 24, contents, (content) => {
      writeFileSync(path.join(controlFolder(directory), '1.json'), content);
      const { obey, discard } = takeCommands(directory, own);
      expect(obey.length + discard.length).toBe(1);
      for (const { why } of discard) expect(MESSAGES).toHaveProperty(why);
      expect(readdirSync(controlFolder(directory))).toEqual([]);
    });
  });
});

describe('run.json', () => {
  const names = [
    'format',
    'id',
    'name',
    'kind',
    'state',
    'created',
    'process',
    'heartbeat',
    'step',
    'steps',
    'metrics',
    'lineage',
    'run',
    'error',
  ];

  it('of any version is read or refused by name, and never changed', async () => {
    const { record } = await createRun({ runs: scratch(), name: 'x', config, kind: 'run' });
    const directory = scratch();
    const versions = fc
      .tuple(
        fc.oneof(fc.integer(), fc.constantFrom(1, 2, 1e9)),
        fc.dictionary(fc.constantFrom(...names), treesWith(names), { noNullPrototype: true }),
      )
      .map(([format, fields]) => JSON.stringify({ ...record, ...fields, format }));
    await fuzz('run.json, other versions', 25, fc.oneof(versions, harmedOf(Buffer.from(JSON.stringify(record)))), async (content) => {
      writeFileSync(runFile(directory), content);
      const read = await readRun(directory).catch((error: unknown) => error);
      if (read instanceof Error) expect(read).toBeInstanceOf(Failure);
      expect(readFileSync(runFile(directory))).toEqual(Buffer.from(content));
    });
  });

  it('whose ancestors have no end tells the nearest', () => {
    const depth = 200_000;
    const lineage = `${'{"run":"a","step":1,"lineage":'.repeat(depth)}null${'}'.repeat(depth)}`;
    const text = `{"format":1,"id":"a","name":"a","kind":"run","state":"running","created":"","heartbeat":1,"step":1,"steps":1,"lineage":${lineage}}`;
    const told = parseRun(JSON.parse(text));
    expect(JSON.stringify(told).match(/"lineage"/g)).toHaveLength(1000);
  });
});

describe('tensors', () => {
  it('in harmed files are read whole or refused in words', async () => {
    const file = path.join(scratch(), 'model.safetensors');
    await writeSafetensors(
      file,
      [
        { name: 'a', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
        { name: 'b', shape: [3], dtype: 'U8', data: Uint8Array.of(1, 2, 3) },
      ],
      { optimiser: 'adamw' },
    );
    const good = readFileSync(file);
    const entry = treesWith(['dtype', 'shape', 'data_offsets', 'F32', 'U8', 'BF16']);
    const headers = fc
      .dictionary(fc.constantFrom('a', 'b', '__metadata__', '__proto__'), entry, { noNullPrototype: true })
      .map((header) => {
        const json = Buffer.from(JSON.stringify(header));
        const prefix = Buffer.alloc(8);
        prefix.writeBigUInt64LE(BigInt(json.length));
        return Buffer.concat([prefix, json, Buffer.alloc(64)]);
      });
    await fuzz('safetensors', 26, fc.oneof(harmedOf(good), headers), async (content) => {
      writeFileSync(file, content);
      try {
        const reader = await SafetensorsReader.open(file);
        for (const name of reader.names) await reader.read(name);
        await reader.close();
      } catch (error) {
        expect(error).toBeInstanceOf(Failure);
      }
    });
  });
});

describe('names', () => {
  it('of a run make one folder in its place, on any system', async () => {
    const root = scratch();
    const runs = path.join(root, '.fathom', 'runs');
    await fuzz(
      'names of runs',
      27,
      hostileNames,
      async (name) => {
        const { directory, record } = await createRun({ runs, name, config: { ...config, name }, kind: 'run' });
        const id = path.basename(directory);
        expect(path.dirname(directory)).toBe(runs);
        expect(readdirSync(runs)).toEqual([id]);
        expect(id).toMatch(/^\d{8}-\d{6}-[\p{L}\p{N}._-]*[\p{L}\p{N}_]$/u);
        expect(Buffer.byteLength(id)).toBeLessThan(250);
        expect((await readRun(directory)).id).toBe(record.id);
        rmSync(directory, { recursive: true });
        expect(readdirSync(root)).toEqual(['.fathom']);
        expect(existsSync(path.join(root, 'x'))).toBe(false);
      },
      0.3,
    );
  });
});
