// The configuration file of a fork to be: what is in force at a checkpoint, with a person's edits in it.
// Training that file starts the fork.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ExperimentConfig } from '../../experiment/config';
import { Failure } from '../../experiment/failure';
import type { ForkPoint } from '../../experiment/fork';
import { type FieldEdit, withFieldEdits } from '../../experiment/formEdits';
import { CONFIGURATION_SUFFIX } from '../contributions';
import { t } from '../words';
import type { ForkDrafts, ForkOrigin } from './forkDrafts';
import { freeStem } from './templates';

/**
 * Writes the file and remembers what it descends from. Throws the `Failure`s of `openForkPoint`, and where there are
 * edits those of `checkFork` and the first error that they bring.
 */
export async function writeForkDraft(
  { directory, step }: ForkOrigin,
  edits: readonly FieldEdit[],
  drafts: ForkDrafts,
): Promise<vscode.Uri> {
  const [{ checkFork, checkForkModel, openForkPoint }, { CATALOGUE }, { validate }] = await Promise.all([
    import('../../experiment/fork'),
    import('../../model/catalogue'),
    import('../../experiment/validate'),
  ]);
  const from = await openForkPoint(directory, step, CATALOGUE);
  const name = `${from.config.name.replace(/-fork$/, '')}-fork`;
  const text = withFieldEdits(JSON.stringify({ ...from.config, name }, undefined, 2), edits);
  if (edits.length > 0) {
    checkForkModel(from, { ...(JSON.parse(text) as ExperimentConfig).model });
    const { config, findings } = validate(text, CATALOGUE);
    const wrong = findings.find(({ severity }) => severity === 'error');
    if (wrong) throw new Failure(wrong.code, wrong.args);
    if (config) checkFork(from, config);
  }
  const folder = folderFor(from, directory);
  const pathOf = (stem: string) => path.join(folder, `${stem}${CONFIGURATION_SUFFIX}`);
  const file = vscode.Uri.file(pathOf(freeStem(name, (stem) => existsSync(pathOf(stem)))));
  await writeFile(file.fsPath, `${comments(from)}${text}\n`, { flag: 'wx' });
  await drafts.remember(file, { directory, step });
  return file;
}

/** Beside the parent's configuration where that is in the workspace, else at its top, else beside the parent's runs. */
function folderFor({ parent }: ForkPoint, directory: string): string {
  const own = parent.configuration === undefined ? undefined : path.dirname(parent.configuration);
  if (own !== undefined && existsSync(own) && vscode.workspace.getWorkspaceFolder(vscode.Uri.file(own))) return own;
  const top = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
  return top?.uri.fsPath ?? path.dirname(path.dirname(path.dirname(directory)));
}

/** Everything is written out: what is in force at the checkpoint may differ from the file that the parent started from. */
function comments({ parent, checkpoint }: ForkPoint): string {
  const comment = t('A fork of {run} after step {step}. Change what should be different, then train this file.', {
    run: parent.id,
    step: checkpoint.step,
  });
  const fixed = t('Model, tokeniser and optimiser are those of the checkpoint; steps count from the first one of the parent.');
  return `// ${comment}\n// ${fixed}\n`;
}
