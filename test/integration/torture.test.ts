// A few kills at seeded moments; `npm run torture` does hundreds.

import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { torture } from '../torture/torture';

it('a trainer that is killed again and again loses nothing, tears nothing and computes the same bits', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'fathom-torture-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { wrong, kills } = await torture({ kills: 8, seed: 7, folder });
  expect(wrong).toEqual([]);
  expect(kills).toBe(8);
});
