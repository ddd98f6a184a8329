// Masked tokens: what is hidden, and that a batch depends on its position alone.

import { describe, expect, it } from 'vitest';
import { partsOf } from '../../../src/data/batch';
import { configuredTokeniser } from '../../../src/data/configuredTokeniser';
import { Dataset } from '../../../src/data/dataset';
import { FIRST_POSITION } from '../../../src/data/trainingData';
import { windowsFor } from '../../../src/data/windows';
import { randomStream } from '../../../src/experiment/random';

const [PAD, CLS, SEP, MASK] = [256, 257, 258, 259];
const CONTEXT = 64;

async function open(seed = 3): Promise<Dataset> {
  const data = { tokeniser: 'bytes', vocabularyFile: '', lowerCase: true } as const;
  const tokeniser = await configuredTokeniser({ data, model: { architecture: 'bert' } });
  const random = randomStream(1);
  const text = Uint8Array.from({ length: 20_000 }, () => 97 + random.below(20));
  return new Dataset(
    tokeniser,
    'random',
    text.subarray(0, 18_000),
    text.subarray(18_000),
    seed,
    windowsFor({ objective: 'masked-tokens' }, tokeniser, seed),
  );
}

describe('masked tokens', () => {
  it('are 15 % of the text in a frame of special tokens, the same number in every sequence', async () => {
    const { tokens, targets, places, types } = (await open()).train(4, CONTEXT, FIRST_POSITION);
    expect(targets).toHaveLength(4 * Math.round(0.15 * (CONTEXT - 3)));
    expect(places).toHaveLength(targets.length);
    for (let b = 0; b < 4; b++) {
      const own = tokens.subarray(b * CONTEXT, (b + 1) * CONTEXT);
      expect([own[0], own[32], own[63]]).toEqual([CLS, SEP, SEP]);
      expect([...(types ?? []).slice(b * CONTEXT, (b + 1) * CONTEXT)]).toEqual([...new Array(33).fill(0), ...new Array(31).fill(1)]);
      const mine = [...(places ?? [])].slice(b * 9, (b + 1) * 9);
      expect(mine).toEqual([...new Set(mine)].sort((x, y) => x - y));
      expect(mine.some((place) => [0, 32, 63].includes(place))).toBe(false);
    }
  });

  it('are hidden, replaced or left as 80 : 10 : 10, and what was there is asked for', async () => {
    const dataset = await open();
    const counts = { hidden: 0, replaced: 0, left: 0, all: 0 };
    let position = FIRST_POSITION;
    while (position.epoch < 10) {
      const { tokens, targets, places, next } = dataset.train(8, CONTEXT, position);
      targets.forEach((target, i) => {
        const token = tokens[Math.floor(i / 9) * CONTEXT + (places?.[i] ?? 0)];
        expect(target).toBeLessThan(PAD);
        counts.all += 1;
        if (token === MASK) counts.hidden += 1;
        else if (token === target) counts.left += 1;
        else counts.replaced += 1;
      });
      position = next;
    }
    expect(counts.hidden / counts.all).toBeCloseTo(0.8, 1);
    expect(Math.abs(counts.hidden / counts.all - 0.8)).toBeLessThan(0.01);
    expect(Math.abs(counts.replaced / counts.all - 0.1)).toBeLessThan(0.01);
    expect(Math.abs(counts.left / counts.all - 0.1)).toBeLessThan(0.01);
  });

  it('are put back into the text by their targets', async () => {
    const dataset = await open();
    const { tokens, targets, places } = dataset.train(1, CONTEXT, FIRST_POSITION);
    const whole = tokens.slice();
    places?.forEach((place, i) => {
      whole[place] = targets[i] ?? 0;
    });
    const text = Buffer.from([...whole.subarray(1, 32), ...whole.subarray(33, 63)]).toString('latin1');
    expect(Buffer.from(dataset.trainTokens).toString('latin1')).toContain(text);
  });

  it('follow from the position: on resumption, in smaller batches and for every worker', async () => {
    const [one, other] = [await open(), await open()];
    const whole = one.train(6, CONTEXT, FIRST_POSITION);
    const first = other.train(2, CONTEXT, FIRST_POSITION);
    const rest = (await open()).train(4, CONTEXT, first.next);
    expect([...whole.tokens]).toEqual([...first.tokens, ...rest.tokens]);
    expect([...whole.targets]).toEqual([...first.targets, ...rest.targets]);
    const parts = partsOf(whole, 3);
    expect(parts.flatMap(({ tokens }) => [...tokens])).toEqual([...whole.tokens]);
    expect(parts[0]).toEqual({ tokens: first.tokens, targets: first.targets, places: first.places, types: first.types });
  });

  it('are others in the next epoch and under another seed, and always the same in validation', async () => {
    const dataset = await open();
    const places = (epoch: number, from = dataset) => [...(from.train(8, CONTEXT, { epoch, index: 0 }).places ?? [])];
    expect(places(0)).not.toEqual(places(1));
    expect(places(0)).not.toEqual(places(0, await open(4)));
    expect(dataset.validation(2, CONTEXT, 3)).toEqual((await open()).validation(2, CONTEXT, 3));
  });
});
