// An untrusted workspace may be looked at, not run. Every command that starts, steers or deletes
// passes here first.
import * as vscode from 'vscode';
import { t } from './words';

/** Whether the workspace is trusted; where not, the person is told what that means and what to do. */
export async function trusted(): Promise<boolean> {
  if (vscode.workspace.isTrusted) return true;
  const manage = t('Manage Workspace Trust');
  const answer = await vscode.window.showWarningMessage(
    t('This workspace is in Restricted Mode. Fathom starts and steers training only in a workspace that you trust.'),
    manage,
  );
  if (answer === manage) await vscode.commands.executeCommand('workbench.trust.manage');
  return false;
}
