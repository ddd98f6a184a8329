// `fathom check`: what is wrong or doubtful in configurations and studies, for people, editors and CI. The findings
// are those that the editor shows.

import path from 'node:path';
import { Failure } from '../../experiment/failure';
import { writeFileAtomic } from '../../experiment/files';
import type { Finding } from '../../experiment/finding';
import { thisMachine } from '../../experiment/machine';
import { mendAll } from '../../experiment/mend';
import { render } from '../../experiment/messages';
import { pacesOf } from '../../experiment/pace';
import { findRoot, runsFolder } from '../../experiment/runDirectory';
import { probeSources, readConfigurationText } from '../../experiment/sources';
import { studyOf } from '../../experiment/study';
import { failureFinding, studyFindings } from '../../experiment/studyFindings';
import { positionOf } from '../../experiment/syntax';
import { validate } from '../../experiment/validate';
import { CATALOGUE } from '../../model/catalogue';
import { foreseeRun } from '../../model/cost';
import type { Arguments } from '../arguments';
import { type Command, type Context, SET_OPTIONS } from '../command';
import { checkedConfiguration, tellFinding } from '../configuration';
import { shortPath } from '../runs';
import { writeLine } from '../terminal';

/** A finding with the file that it is in. */
interface Told {
  readonly file: string;
  /** What its range refers to. */
  readonly text?: string;
  readonly finding: Finding;
  /** Which cells of a study it is about. */
  readonly note?: string;
}

export const check: Command = {
  spec: {
    name: 'check',
    summary: 'Say what is wrong or doubtful in configurations and studies.',
    words: ['file'],
    repeats: true,
    options: [
      { name: 'json', help: 'the findings as JSON: file, line, column, severity, code, field, message, fixes' },
      { name: 'fix', help: 'first mend in the files what leaves no choice, such as misspelt fields; comments stay' },
      ...SET_OPTIONS.filter(({ name }) => name === 'set'),
    ],
    details: 'Ends with 1 where something is an error, with 0 where there are only warnings and hints.',
  },
  async run(args, context) {
    const told: Told[] = [];
    for (const word of args.words) told.push(...(await checkFile(path.resolve(context.cwd, word), args)));
    if (args.has('json'))
      context.terminal.write(
        `${JSON.stringify(
          told.map((each) => jsonOf(each, context.cwd)),
          undefined,
          2,
        )}\n`,
      );
    else tellAll(told, args.words.length, context);
    return told.some(({ finding }) => finding.severity === 'error') ? 1 : 0;
  },
};

async function checkFile(file: string, args: Arguments): Promise<readonly Told[]> {
  try {
    if (/\.study\.jsonc?$/.test(file)) return await checkStudy(file);
    if (args.has('fix')) await mendFile(file);
    const { findings, text } = await checkedConfiguration(file, args, path.dirname(file));
    return findings.map((finding) => ({ file, finding, ...(text !== undefined && { text }) }));
  } catch (error) {
    if (!(error instanceof Failure) || error.code.startsWith('usage-')) throw error;
    const none = { offset: 0, length: 0 };
    return [{ file, finding: { code: error.code, severity: 'error', field: '', args: error.args, range: none, fixes: [] } }];
  }
}

async function mendFile(file: string): Promise<void> {
  const text = await readConfigurationText(file);
  const probe = probeSources(path.dirname(file));
  const mended = mendAll(text, (given) => validate(given, CATALOGUE, probe).findings);
  if (mended !== text) await writeFileAtomic(file, mended);
}

async function checkStudy(file: string): Promise<readonly Told[]> {
  const text = await readConfigurationText(file);
  try {
    const study = await studyOf(file, text);
    const probe = probeSources(study.folder);
    const foresee = foreseeRun(thisMachine(), await pacesOf(runsFolder(findRoot(file)), CATALOGUE));
    return studyFindings(study, (cell) => validate(cell, CATALOGUE, probe, foresee)).map(({ finding, inBase, some }) => {
      const place = inBase ? { file: path.resolve(path.dirname(file), study.baseFile ?? ''), text: study.base } : { file, text };
      return { ...place, finding, ...(some && { note: ` ${render('study-some-cells', some)}` }) };
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [{ file, text, finding: failureFinding(text, error) }];
  }
}

function tellAll(told: readonly Told[], files: number, context: Context): void {
  for (const { finding, ...place } of told) tellFinding(finding, place, context);
  const count = (severity: Finding['severity']): number => told.filter(({ finding }) => finding.severity === severity).length;
  const parts = (['error', 'warning', 'hint'] as const).flatMap((severity) => {
    const number = count(severity);
    return number === 0 ? [] : [`${number} ${severity}${number === 1 ? '' : 's'}`];
  });
  if (parts.length === 0) writeLine(context.terminal, { text: 'No problems found.', style: 'green' });
  else writeLine(context.terminal, `${parts.join(', ')}${files === 1 ? '' : ` in ${files} files`}`);
}

function jsonOf({ file, text, finding, note = '' }: Told, cwd: string) {
  const { range, severity, code, field, args, fixes } = finding;
  const start = text === undefined ? undefined : positionOf(text, range.offset);
  const end = text === undefined ? undefined : positionOf(text, range.offset + range.length);
  return {
    file: shortPath(file, cwd),
    ...(start && { line: start.line, column: start.column }),
    ...(end && { endLine: end.line, endColumn: end.column }),
    severity,
    code,
    field,
    message: render(code, args) + note,
    fixes: fixes.map(({ title }) => render(title, args)),
  };
}
