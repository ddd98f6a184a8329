// A sound configuration as text, and what validation says of it, for the tests of findings.

import { expect } from 'vitest';
import type { ExperimentConfig } from '../../../src/experiment/config';
import type { Finding } from '../../../src/experiment/finding';
import { render } from '../../../src/experiment/messages';
import { validate } from '../../../src/experiment/validate';
import { catalogue } from './catalogue';

/** A sound configuration with some fields written otherwise, by dotted path. */
export function text(fields: Readonly<Record<string, unknown>> = {}): string {
  const tree: Record<string, Record<string, unknown>> = {};
  for (const [dotted, value] of Object.entries({ 'model.layers': 12, 'model.hidden': 64, ...fields })) {
    const [section = '', name] = dotted.split('.', 2);
    if (name === undefined) Object.assign(tree, { [section]: value });
    else tree[section] = { ...tree[section], [name]: value };
  }
  return `// a comment\n${JSON.stringify(tree, undefined, 2)}\n`;
}

export function check(source: string): readonly Finding[] {
  return validate(source, catalogue).findings;
}

export function only(source: string): Finding {
  const findings = check(source);
  expect(findings.map(({ code }) => code)).toHaveLength(1);
  return findings[0] as Finding;
}

export function config(source: string): ExperimentConfig {
  const result = validate(source, catalogue);
  if (result.config === undefined) throw new Error(result.findings.map(({ code, args }) => render(code, args)).join('\n'));
  return result.config;
}
