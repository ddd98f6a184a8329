// Where the text of a configuration lies on this disk. Kept apart from `validate.ts`, which the page
// shares and which looks at no disk.

import { statSync } from 'node:fs';
import path from 'node:path';
import { isDynamicPattern } from 'tinyglobby';
import type { ExperimentConfig } from './config';
import type { ProbeSource, SourceState } from './rules';

const BUILT_IN = 'built-in:';

/** The same configuration with `data.source` absolute: a path or glob is relative to the configuration's folder. */
export function resolveSources(config: ExperimentConfig, configurationFolder: string): ExperimentConfig {
  const { source } = config.data;
  if (source.startsWith(BUILT_IN)) return config;
  return { ...config, data: { ...config.data, source: path.resolve(configurationFolder, source) } };
}

/** A probe for `validate` that looks whether a file is there; what a glob matches is left to the trainer. */
export function probeSources(configurationFolder: string): ProbeSource {
  return (source): SourceState => {
    if (source.startsWith(BUILT_IN)) return 'ok';
    const found = statSync(path.resolve(configurationFolder, source), { throwIfNoEntry: false });
    if (found?.isFile()) return found.size === 0 ? 'empty' : 'ok';
    return found === undefined && !isDynamicPattern(source) ? 'missing' : 'unknown';
  };
}
