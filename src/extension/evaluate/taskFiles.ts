// The official files of a task: a person says where theirs lie.
import * as vscode from 'vscode';
import { TASKS } from '../../evaluate/tasks';
import { t } from '../words';

/** Options of `fathom evaluate` that name a task's files; undefined where the person chose none, or there is no such task. */
export async function chooseTaskFiles(name: string): Promise<readonly string[] | undefined> {
  const { files } = TASKS.find((task) => task.name === name) ?? {};
  if (!files) return undefined;
  const data = await chooseFile(files.data);
  if (data === undefined) return undefined;
  if (files.labels === undefined) return ['--data', data];
  const labels = await chooseFile(files.labels);
  return labels === undefined ? undefined : ['--data', data, '--labels', labels];
}

async function chooseFile(what: string): Promise<string | undefined> {
  const [file] = (await vscode.window.showOpenDialog({ title: what, openLabel: t('Evaluate with This File'), canSelectMany: false })) ?? [];
  return file?.scheme === 'file' ? file.fsPath : undefined;
}
