// What the Experiments view hands to commands: a configuration or a study of the workspace.
import type * as vscode from 'vscode';

export class ExperimentNode {
  constructor(readonly uri: vscode.Uri) {}
}
