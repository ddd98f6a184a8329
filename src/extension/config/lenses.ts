// The line above a configuration's model: train, probe, and how large it is.
import { findNodeAtLocation, parseTree } from 'jsonc-parser';
import * as vscode from 'vscode';
import { COMMANDS, CONFIGURATION_SELECTOR } from '../contributions';
import type { ForkDrafts } from '../launch/forkDrafts';
import { Lifetime } from '../lifetime';
import { t } from '../words';
import type { ConfigurationChecks } from './checks';
import { sizeLine } from './lensText';

export class ConfigurationLenses extends Lifetime implements vscode.CodeLensProvider {
  readonly onDidChangeCodeLenses: vscode.Event<void>;

  constructor(
    private readonly checks: ConfigurationChecks,
    private readonly drafts: ForkDrafts,
  ) {
    super();
    this.onDidChangeCodeLenses = drafts.onDidChange;
    this.own(vscode.languages.registerCodeLensProvider(CONFIGURATION_SELECTOR, this));
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    const at = modelRange(document);
    if (!at) return [];
    const lens = (title: string, command = '') =>
      new vscode.CodeLens(at, { title, command, ...(command !== '' && { arguments: [document.uri] }) });
    const fork = this.drafts.of(document.uri);
    const train = fork ? `$(repo-forked) ${t('Train from step {step}', { step: fork.step })}` : `$(play) ${t('Train')}`;
    const lenses = [lens(train, COMMANDS.startRun), lens(`$(pulse) ${t('Probe depth')}`, COMMANDS.probe)];
    const size = await this.checks.sizeOf(document);
    return size ? [...lenses, lens(sizeLine(size, t))] : lenses;
  }
}

/** Where "model" stands, or the beginning of a file that has none yet. */
function modelRange(document: vscode.TextDocument): vscode.Range | undefined {
  const root = parseTree(document.getText());
  if (root?.type !== 'object') return undefined;
  const model = findNodeAtLocation(root, ['model'])?.parent;
  const position = document.positionAt((model ?? root).offset);
  return new vscode.Range(position, position);
}
