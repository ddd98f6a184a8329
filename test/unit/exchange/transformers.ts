// An independent reader of what we export, where this machine has one.

import { execFileSync } from 'node:child_process';

export const python = process.env.FATHOM_PYTHON ?? 'python3';

export const hasTransformers = ((): boolean => {
  try {
    execFileSync(python, ['-c', 'import torch, transformers'], { stdio: 'ignore', timeout: 60_000 });
    return true;
  } catch {
    return false;
  }
})();
