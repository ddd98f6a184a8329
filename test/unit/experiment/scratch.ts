// A folder per test, removed afterwards.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

export function scratch(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'fathom-experiment-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
