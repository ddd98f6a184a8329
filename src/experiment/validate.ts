// From what a person wrote to what the trainer does: reads a configuration's text, reports everything
// that is wrong or doubtful with its place and its mend, and gives the resolved configuration when
// nothing is wrong. Pure: no disk, so that the editor, the page and the terminal all share it.

import type { Node } from 'jsonc-parser';
import type { Catalogue } from './catalogue';
import { CONFIG_FORMAT, type ExperimentConfig } from './config';
import { assemble, Draft } from './draft';
import { checkEncoder } from './encoderRules';
import { checkExperience } from './experienceRules';
import type { Finding } from './finding';
import { readFields } from './readFields';
import { checkRules, type ProbeSource } from './rules';
import { checkForesight, checkRun, type Foresee } from './runRules';
import { excerpt, parse } from './syntax';

export interface Validation {
  /** Every field filled in; absent where any finding is an error. `data.source` stays as written. */
  readonly config?: ExperimentConfig;
  /** In the order of the text. */
  readonly findings: readonly Finding[];
}

/**
 * Checks a configuration. `probe` tells about the disk, where the caller wants to look; it gets
 * `data.source` as written. `foresee` tells about the machine that would train it, where that is known.
 * Never throws, whatever the text.
 */
export function validate(text: string, catalogue: Catalogue, probe?: ProbeSource, foresee?: Foresee): Validation {
  const parsed = parse(text);
  if ('finding' in parsed) return { findings: [parsed.finding] };
  const { root } = parsed;
  if (root.type !== 'object') {
    const range = { offset: root.offset, length: root.length };
    return {
      findings: [
        { code: 'not-an-object', severity: 'error', field: '', args: { field: '', value: excerpt(text, range) }, range, fixes: [] },
      ],
    };
  }
  const draft = new Draft(text, catalogue, root);
  const newer = newerFormat(root);
  if (newer !== undefined) {
    // What else this file says may mean something else by now: nothing more is judged.
    draft.report({ code: 'newer-format', severity: 'error', field: 'format', args: { known: CONFIG_FORMAT }, at: newer });
    return { findings: draft.findings };
  }
  readFields(draft);
  checkRules(draft, probe);
  checkEncoder(draft, probe);
  checkExperience(draft);
  checkRun(draft);
  const sound = draft.findings.every(({ severity }) => severity !== 'error');
  const config = sound ? assemble(draft.read) : undefined;
  if (config && foresee) checkForesight(draft, config, foresee(config));
  const findings = draft.findings.sort((a, b) => a.range.offset - b.range.offset);
  return config === undefined ? { findings } : { config, findings };
}

function newerFormat(root: Node): Node | undefined {
  const property = root.children?.find(({ children }) => children?.[0]?.value === 'format');
  const value = property?.children?.[1];
  const format: unknown = value?.value;
  return typeof format === 'number' && Number.isInteger(format) && format > CONFIG_FORMAT ? value : undefined;
}
