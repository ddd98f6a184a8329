// Where the text of a configuration lies on this disk. Kept apart from `validate.ts`, which the page
// shares and which looks at no disk.

import { statSync } from 'node:fs';
import path from 'node:path';
import { isDynamicPattern } from 'tinyglobby';
import type { ExperimentConfig } from './config';
import { Failure } from './failure';
import { readText } from './files';
import type { ProbeSource, SourceState } from './rules';
import { findRoot, runsFolder } from './runDirectory';

const BUILT_IN = 'built-in:';

/** The text of a configuration or study. Throws `Failure` `configuration-unreadable`. */
export async function readConfigurationText(file: string): Promise<string> {
  return await readText(file).catch((error: unknown) => {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Failure('configuration-unreadable', { path: file, detail }, { cause: error });
  });
}

/** The same configuration with every path absolute: they are relative to the configuration's folder. */
export function resolveSources(config: ExperimentConfig, configurationFolder: string): ExperimentConfig {
  const { source, vocabularyFile } = config.data;
  const { from } = config.training;
  const absolute = (file: string): string => (file === '' ? '' : path.resolve(configurationFolder, file));
  return {
    ...config,
    data: { ...config.data, source: source.startsWith(BUILT_IN) ? source : absolute(source), vocabularyFile: absolute(vocabularyFile) },
    training: { ...config.training, from: isName(from) ? runNamed(from, configurationFolder) : absolute(from) },
  };
}

const isName = (from: string): boolean => from !== '' && !/[/\\]/.test(from);

/** The directory of a run that is called by its name, which may lie beside the configuration. */
function runNamed(name: string, configurationFolder: string): string {
  const beside = path.resolve(configurationFolder, name);
  return statSync(beside, { throwIfNoEntry: false })
    ? beside
    : path.join(runsFolder(findRoot(path.join(configurationFolder, 'any'))), name);
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
