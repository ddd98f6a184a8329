// The mends that findings bring, as the editor's quick fixes.
import * as vscode from 'vscode';
import type { Finding } from '../../experiment/finding';
import { CONFIGURATION_SELECTOR } from '../contributions';
import { Lifetime } from '../lifetime';
import { inWords } from '../words';
import { type ConfigurationChecks, rangeOf } from './checks';
import { DIAGNOSTIC_SOURCE } from './diagnostics';

export class ConfigurationFixes extends Lifetime implements vscode.CodeActionProvider {
  constructor(private readonly checks: ConfigurationChecks) {
    super();
    const metadata = { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] };
    this.own(vscode.languages.registerCodeActionsProvider(CONFIGURATION_SELECTOR, this, metadata));
  }

  async provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    context: vscode.CodeActionContext,
  ): Promise<vscode.CodeAction[]> {
    const version = document.version;
    const { findings } = await this.checks.look(document);
    if (document.version !== version) return [];
    const here = findings.filter((finding) => rangeOf(document, finding.range).intersection(range) !== undefined);
    return here.flatMap((finding) => actionsOf(document, finding, context.diagnostics));
  }
}

function actionsOf(document: vscode.TextDocument, finding: Finding, diagnostics: readonly vscode.Diagnostic[]): vscode.CodeAction[] {
  const range = rangeOf(document, finding.range);
  const mended = diagnostics.filter(
    ({ source, code, range: at }) => source === DIAGNOSTIC_SOURCE && code === finding.code && at.isEqual(range),
  );
  return finding.fixes.map((fix, index) => {
    const action = new vscode.CodeAction(inWords(fix.title, finding.args), vscode.CodeActionKind.QuickFix);
    action.diagnostics = mended;
    action.isPreferred = index === 0 && finding.severity === 'error';
    action.edit = new vscode.WorkspaceEdit();
    for (const edit of fix.edits) action.edit.replace(document.uri, rangeOf(document, edit), edit.text);
    return action;
  });
}
