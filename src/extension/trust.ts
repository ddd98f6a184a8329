// An untrusted workspace may be looked at, not run. Every command that starts, steers or deletes
// passes here first.
import * as vscode from 'vscode';
import { tell } from './messages';
import { t } from './words';

/** Whether the workspace is trusted; where not, the person is told what that means and what to do. */
export function trusted(): boolean {
  if (vscode.workspace.isTrusted) return true;
  tell('warning', t('This workspace is in Restricted Mode. Fathom starts and steers training only in a workspace that you trust.'), {
    [t('Manage Workspace Trust')]: () => vscode.commands.executeCommand('workbench.trust.manage'),
  });
  return false;
}
