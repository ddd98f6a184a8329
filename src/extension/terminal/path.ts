// `fathom` on the PATH of the editor's terminals, in trusted workspaces: the tool of this very extension, so that
// what a terminal starts and what the editor shows are of one version.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { SETTINGS } from '../contributions';
import { failureWords } from '../failures';
import { Lifetime } from '../lifetime';
import { t } from '../words';
import { shims } from './shim';

export class TerminalPath extends Lifetime {
  /** @param tool the terminal tool's script */
  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly tool: string,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.own(vscode.workspace.onDidGrantWorkspaceTrust(() => this.offer()));
    this.own(
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration(SETTINGS.node)) this.offer();
      }),
    );
    if (vscode.workspace.isTrusted) this.offer();
    else context.environmentVariableCollection.clear();
  }

  private offer(): void {
    void this.write().catch((error: unknown) => this.log.warn(`No fathom in terminals: ${failureWords(error)}`));
  }

  private async write(): Promise<void> {
    const folder = path.join(this.context.globalStorageUri.fsPath, 'bin');
    await mkdir(folder, { recursive: true });
    const node = vscode.workspace.getConfiguration().get<string>(SETTINGS.node, '').trim();
    const targets = { tool: this.tool, node: path.isAbsolute(node) ? node : '', editor: process.execPath };
    for (const { name, text } of shims(targets)) {
      const file = path.join(folder, name);
      if ((await readFile(file, 'utf8').catch(() => undefined)) === text) continue;
      await writeFile(file, text);
      await chmod(file, 0o755);
    }
    const collection = this.context.environmentVariableCollection;
    collection.description = t('Puts the terminal tool `fathom` on the PATH');
    // Last, so that a fathom of the person's own comes first.
    collection.append('PATH', `${path.delimiter}${folder}`);
    // It finds the engines that were installed from here, as trainers do.
    if (process.env.FATHOM_ENGINES !== undefined) collection.replace('FATHOM_ENGINES', process.env.FATHOM_ENGINES);
  }
}
