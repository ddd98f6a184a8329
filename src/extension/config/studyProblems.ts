// What the Problems panel says of a study while a person types: the findings of `fathom check`, all of them in the
// study itself, since a person looks at one file.
import * as vscode from 'vscode';
import { Failure } from '../../experiment/failure';
import type { Finding } from '../../experiment/finding';
import { isWithin } from '../../experiment/runDirectory';
import type { Study } from '../../experiment/study';
import { inWords } from '../words';
import type { ConfigurationChecks } from './checks';

/** Cells that are looked at while somebody types; each takes about a millisecond of the host. */
const MOST_CELLS = 100;

/** A finding in the document, and its words. */
export interface Problem {
  readonly finding: Finding;
  readonly words: string;
}

export async function studyProblems(document: vscode.TextDocument, checks: ConfigurationChecks): Promise<readonly Problem[]> {
  const [{ studyOf }, { failureFinding, studyFindings, studyPlace }] = await Promise.all([
    import('../../experiment/study'),
    import('../../experiment/studyFindings'),
  ]);
  const text = document.getText();
  const { limit } = checks.reachOf(document);
  let study: Study;
  try {
    study = await studyOf(document.uri.fsPath, text, (file) => textOf(file, limit));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // That the study itself is not JSON, the editor's own JSON support says already.
    if (error.code === 'study-not-json' && error.args.path === document.uri.fsPath) return [];
    const finding = failureFinding(text, error);
    const isHint = finding.code === 'study-base-elsewhere';
    return [told(isHint ? { ...finding, severity: 'hint' } : finding)];
  }
  const found = studyFindings(study, await checks.validator(document, study.folder), MOST_CELLS);
  const problems = found.map(({ finding, inBase, some }) => {
    const { words } = told(finding);
    const here = inBase ? { ...finding, range: studyPlace(text, ['base']) } : finding;
    return { finding: here, words: some ? `${words} ${inWords('study-some-cells', some)}` : words };
  });
  const cells = study.axes.reduce((product, { values }) => product * values.length, 1);
  if (cells <= MOST_CELLS) return problems;
  const args = { value: cells, limit: MOST_CELLS };
  const range = studyPlace(text, ['axes']);
  return [...problems, told({ code: 'study-partly-checked', severity: 'hint', field: '', args, range, fixes: [] })];
}

/** As it stands in an editor, or on disk; a file that somebody sent must not make the editor read elsewhere. */
async function textOf(file: string, limit: string): Promise<string> {
  const open = vscode.workspace.textDocuments.find(({ uri }) => uri.fsPath === file);
  if (open) return open.getText();
  if (!isWithin(file, limit)) throw new Failure('study-base-elsewhere', { value: file });
  const { readConfigurationText } = await import('../../experiment/sources');
  return await readConfigurationText(file);
}

function told(finding: Finding): Problem {
  return { finding, words: inWords(finding.code, finding.args) };
}
