// Files of tasks, vocabularies and texts that are broken or meant to harm: each is read, or refused in words that
// name the place.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openTokeniser } from '../../../src/data/tokeniser';
import { openWordPiece } from '../../../src/data/wordPiece';
import { TASKS } from '../../../src/evaluate/tasks';
import { readForeignModel } from '../../../src/exchange/foreignModel';
import { Failure } from '../../../src/experiment/failure';
import { fuzz, harmedOf, hostileNames, treesWith } from '../../fuzzing';
import { scratch } from '../experiment/scratch';

const fixture = (name: string): Buffer => readFileSync(path.join(import.meta.dirname, '../../fixtures', name));

/** Passes over what a person is told in words; anything else is a defect. */
async function failing(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    expect(error.message.length).toBeLessThan(5000);
  }
}

describe('files of tasks', () => {
  const fields = [
    'text',
    'sentence',
    'option1',
    'option2',
    'answer',
    'activity_label',
    'ctx_a',
    'ctx_b',
    'endings',
    'label',
    'goal',
    'sol1',
    'sol2',
  ];

  it.each(TASKS.map((task) => [task.name, task] as const))('%s, are read or refused in words', async (name, task) => {
    const folder = scratch();
    const [data, labels] = [path.join(folder, 'data'), path.join(folder, 'labels')];
    const good = fixture(`evaluation/${name}.${name === 'qqp' ? 'tsv' : 'jsonl'}`);
    const lines = fc
      .array(treesWith(fields), { minLength: 1, maxLength: 3 })
      .map((list) => Buffer.from(list.map((each) => JSON.stringify(each)).join('\n')));
    const goodLabels = fixture('evaluation/piqa-labels.lst');
    const files = fc.tuple(fc.oneof(harmedOf(good), lines), fc.oneof(fc.constant(goodLabels), harmedOf(goodLabels)));
    await fuzz(`files of ${name}`, 31, files, ([bytes, others]) => {
      writeFileSync(data, bytes);
      writeFileSync(labels, others);
      return failing(async () => {
        const examples = await task.read({ data, labels }, 100);
        expect(examples.every(({ choices, answer }) => answer >= 0 && answer < choices.length)).toBe(true);
      });
    });
  });
});

describe('tokenisers', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    hostileNames,
    fc
      .tuple(fc.constantFrom('a', ' ', '\n', '漢', 'ab', '\u0301', '\u{1f9ea}', '!', ' \n', "'s", '0'), fc.nat(30_000))
      .map(([unit, times]) => unit.repeat(times)),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('utf8')),
  );

  it.each(['bytes', 'gpt2'] as const)('%s, give back any text', async (name) => {
    const tokeniser = await openTokeniser(name);
    await fuzz(`texts for ${name}`, 32, texts, (text) => {
      const tokens = tokeniser.encode(text);
      expect(tokens.every((token) => token >= 0 && token < tokeniser.vocabulary)).toBe(true);
      expect(tokeniser.decode(tokens)).toBe(Buffer.from(text).toString('utf8'));
    });
  });

  it('of vocabulary files are opened or refused in words, and encode any text', async () => {
    const file = path.join(scratch(), 'vocab.txt');
    const good = fixture('wordpiece/vocab.txt').toString('utf8').split('\n').slice(0, 60).join('\n');
    const lines = fc
      .array(hostileNames, { maxLength: 20 })
      .map((list) => Buffer.from(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...list].join('\n')));
    const cases = fc.tuple(fc.oneof(harmedOf(Buffer.from(good)), lines), texts, fc.boolean());
    await fuzz('vocabulary files', 33, cases, ([vocabulary, text, lowerCase]) => {
      writeFileSync(file, vocabulary);
      return failing(async () => {
        const tokeniser = await openWordPiece(file, lowerCase);
        const tokens = tokeniser.encode(text);
        expect(tokens.every((token) => token >= 0 && token < tokeniser.vocabulary)).toBe(true);
        tokeniser.decode(tokens);
      });
    });
  });
});

describe('models of others', () => {
  it('are described or refused in words', async () => {
    const folder = scratch();
    const names = [
      'model_type',
      'n_layer',
      'n_embd',
      'n_head',
      'n_positions',
      'vocab_size',
      'activation_function',
      'hidden_size',
      'num_hidden_layers',
      'gpt2',
      'bert',
      'gelu',
    ];
    const configs = fc
      .tuple(
        fc.constantFrom('gpt2', 'openai-gpt', 'bert', 'x'),
        fc.dictionary(fc.constantFrom(...names), treesWith(names), { noNullPrototype: true }),
      )
      .map(([type, rest]) => Buffer.from(JSON.stringify({ model_type: type, n_layer: 2, n_embd: 8, n_head: 2, vocab_size: 256, ...rest })));
    await fuzz(
      'configurations of others',
      34,
      fc.oneof(configs, ...[harmedOf(Buffer.from('{"model_type": "gpt2", "n_layer": 2}'))]),
      (content) => {
        writeFileSync(path.join(folder, 'config.json'), content);
        return failing(() => readForeignModel(folder));
      },
    );
  });
});
