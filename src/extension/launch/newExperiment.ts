// `Fathom: New Experiment`: from a template to an open configuration in two keystrokes.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { COMMANDS, CONFIGURATION_SUFFIX } from '../contributions';
import { registerCommand } from '../failures';
import { Lifetime } from '../lifetime';
import { tell } from '../messages';
import { t } from '../words';
import { freeStem, TEMPLATES, type TemplateId, templateFiles } from './templates';

export class NewExperiment extends Lifetime {
  constructor(log: vscode.LogOutputChannel) {
    super();
    this.own(registerCommand(COMMANDS.newExperiment, log, () => create()));
  }
}

async function create(): Promise<void> {
  const folder = await chooseFolder();
  if (folder === undefined) return;
  const items = TEMPLATES.map((id) => ({ id, ...templateWords(id) }));
  const picked = await vscode.window.showQuickPick(items, { title: t('New Experiment'), placeHolder: t('What to start from') });
  if (!picked) return;
  const [first] = await writeTemplate(picked.id, folder);
  if (first === undefined) return;
  await vscode.window.showTextDocument(vscode.Uri.file(first), { preview: false });
}

/** The files written, each under a name that was free. Throws where the folder cannot be written. */
async function writeTemplate(id: TemplateId, folder: string): Promise<readonly string[]> {
  const written: string[] = [];
  for (const { stem, text } of templateFiles(id)) {
    const pathOf = (name: string) => path.join(folder, `${name}${CONFIGURATION_SUFFIX}`);
    const file = pathOf(freeStem(stem, (name) => existsSync(pathOf(name))));
    await writeFile(file, text, { flag: 'wx' });
    written.push(file);
  }
  return written;
}

async function chooseFolder(): Promise<string | undefined> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  const [only, ...others] = folders;
  if (!only) {
    offerFolder();
    return undefined;
  }
  if (others.length === 0) return only.uri.fsPath;
  const picked = await vscode.window.showWorkspaceFolderPick({ placeHolder: t('Where to keep the experiment') });
  return picked?.uri.scheme === 'file' ? picked.uri.fsPath : undefined;
}

/** Says that a folder is needed, and opens one. */
export function offerFolder(): void {
  tell('information', t('Fathom keeps experiments and runs in a folder. Open one first.'), {
    [t('Open Folder')]: () => vscode.commands.executeCommand('vscode.openFolder'),
  });
}

function templateWords(id: TemplateId): vscode.QuickPickItem {
  switch (id) {
    case 'deep-gpt':
      return { label: t('Deep GPT'), detail: t('100 thin layers on a novel that comes with Fathom. Minutes on a laptop.') };
    case 'deep-bert':
      return { label: t('Deep BERT'), detail: t('100 thin layers that fill in masked bytes of the same novel.') };
    case 'gpt-1k':
      return {
        label: t('GPT-1k'),
        detail: t('The 1000-layer shape of the FoundationLayerNorm paper: 815 M parameters, 13 GB of weights and moments.'),
      };
    case 'bert-1k':
      return { label: t('BERT-1k'), detail: t('The encoder of the same paper: 1000 thin layers that fill in masked bytes.') };
    case 'own-code':
      return { label: t('GPT on My Own Code'), detail: t('Trains on the source files of this folder.') };
    case 'scheme-comparison':
      return { label: t('Scheme Comparison'), detail: t('Four files that differ in their residual scheme only.') };
    default:
      return id satisfies never;
  }
}
