// Files that a dashboard hands over, plots and their data: a person says where, in the editor's own
// dialogue.
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import type { SaveFile, SaveFormat } from '../../protocol/messages';
import { failureWords } from '../failures';
import { tell } from '../messages';
import { t } from '../words';

/** Where the last file went: plots of one paper go to one folder. */
let lastFolder: vscode.Uri | undefined;

const KINDS: Readonly<Record<SaveFormat, () => string>> = {
  svg: () => t('SVG picture'),
  png: () => t('PNG picture'),
  csv: () => t('Comma-separated values'),
  html: () => t('Web page'),
};

/** A name that every file system takes. */
export function fileName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what file systems refuse
  const clean = name.replaceAll(/[\u0000-\u001f<>:"/\\|?*]+/g, '-').replace(/^[\s.]+/, '');
  return clean === '' ? 'plot' : clean;
}

/** Asks where the file goes and writes it there; a refusing disk is told. */
export async function saveFile({ name, format, data }: SaveFile): Promise<void> {
  const folder = lastFolder ?? vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(homedir());
  const target = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.joinPath(folder, fileName(name)),
    filters: { [KINDS[format]()]: [format] },
  });
  if (!target) return;
  lastFolder = vscode.Uri.joinPath(target, '..');
  try {
    await vscode.workspace.fs.writeFile(target, data);
  } catch (error) {
    tell('error', t('{file} could not be saved: {detail}', { file: target.fsPath, detail: failureWords(error) }));
  }
}
