// An experiment on one line: how deep, how large, by which scheme; or how many things are wrong with it. Free of
// `vscode`, for its tests.
import type { ExperimentConfig } from '../../experiment/config';
import type { Finding } from '../../experiment/finding';
import { formatCount } from '../config/lensText';
import type { Translate } from '../translate';

export interface ExperimentSummary {
  readonly words: string;
  /** Why it cannot run, a sentence each; none where it can. */
  readonly problems: readonly string[];
}

/** `100 layers · 5.1 M parameters · foundation`. */
export function configurationSummary(config: ExperimentConfig, parameters: number, t: Translate): ExperimentSummary {
  const { layers, scheme } = config.model;
  const words = [t('{layers} layers', { layers }), t('{count} parameters', { count: formatCount(parameters) }), scheme];
  return { words: words.join(' · '), problems: [] };
}

/** `2 errors`, each in a sentence. @param findings at least one of them is an error */
export function brokenSummary(findings: readonly Finding[], inWords: (finding: Finding) => string, t: Translate): ExperimentSummary {
  const problems = findings.filter(({ severity }) => severity === 'error').map(inWords);
  return { words: problems.length === 1 ? t('1 error') : t('{count} errors', { count: problems.length }), problems };
}

/** `12 runs: model.scheme × model.layers`. */
export function studySummary(
  axes: readonly { readonly field: string; readonly values: readonly unknown[] }[],
  t: Translate,
): ExperimentSummary {
  const count = axes.reduce((product, { values }) => product * values.length, 1);
  return { words: t('{count} runs: {fields}', { count, fields: axes.map(({ field }) => field).join(' × ') }), problems: [] };
}
