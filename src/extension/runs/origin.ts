// The configuration file that a run says it was started from. A run directory may come from a stranger and name any
// path: what lies outside of the open folders, on another machine even, is touched only once they are trusted.
import * as vscode from 'vscode';
import type { RunRecord } from '../../experiment/run';

/** Its path, or undefined where there is none or it is not to be looked at. */
export function originOf({ configuration }: Pick<RunRecord, 'configuration'>): string | undefined {
  if (configuration === undefined) return undefined;
  const isOurs = vscode.workspace.isTrusted || vscode.workspace.getWorkspaceFolder(vscode.Uri.file(configuration)) !== undefined;
  return isOurs ? configuration : undefined;
}
