// The mends that findings bring, as the editor's quick fixes: one by one, and all that leave no choice at once, from the
// menu or on save (`"editor.codeActionsOnSave": {"source.fixAll.fathom": "explicit"}`).
import * as vscode from 'vscode';
import { difference } from '../../experiment/edits';
import type { Finding } from '../../experiment/finding';
import { CONFIGURATION_SELECTOR } from '../contributions';
import { Lifetime } from '../lifetime';
import { inWords, t } from '../words';
import { type ConfigurationChecks, rangeOf } from './checks';
import { DIAGNOSTIC_SOURCE } from './diagnostics';

const FIX_ALL = vscode.CodeActionKind.SourceFixAll.append('fathom');

export class ConfigurationFixes extends Lifetime implements vscode.CodeActionProvider {
  constructor(private readonly checks: ConfigurationChecks) {
    super();
    const metadata = { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix, FIX_ALL] };
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
    const mendable = findings.filter(({ severity, fixes }) => severity === 'error' && fixes.length > 0);
    if (context.only && context.only.value !== '' && context.only.contains(FIX_ALL))
      return mendable.length > 0 ? await this.fixAll(document, FIX_ALL) : [];
    const here = findings.filter((finding) => rangeOf(document, finding.range).intersection(range) !== undefined);
    const single = here.flatMap((finding) => actionsOf(document, finding, context.diagnostics));
    const isOneOfMany = mendable.length > 1 && here.some((finding) => mendable.includes(finding));
    return isOneOfMany ? [...single, ...(await this.fixAll(document, vscode.CodeActionKind.QuickFix))] : single;
  }

  private async fixAll(document: vscode.TextDocument, kind: vscode.CodeActionKind): Promise<vscode.CodeAction[]> {
    const { version } = document;
    const text = document.getText();
    const mended = await this.checks.mended(document);
    if (mended === text || document.version !== version) return [];
    const action = new vscode.CodeAction(t('Mend Everything That Leaves No Choice'), kind);
    action.edit = new vscode.WorkspaceEdit();
    const edit = difference(text, mended);
    action.edit.replace(document.uri, rangeOf(document, edit), edit.text);
    return [action];
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
