// Findings in the Problems panel while a person types: a moment after the last key, and never those of
// an older text.
import * as vscode from 'vscode';
import type { Severity } from '../../experiment/finding';
import { Lifetime } from '../lifetime';
import { inWords } from '../words';
import { type ConfigurationChecks, isConfiguration, isStudy, rangeOf } from './checks';
import { type Problem, studyProblems } from './studyProblems';

const QUIET_MS = 250;

export const DIAGNOSTIC_SOURCE = 'Fathom';

const SEVERITIES: Readonly<Record<Severity, vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  hint: vscode.DiagnosticSeverity.Information,
};

export class ConfigurationDiagnostics extends Lifetime {
  private readonly collection = this.own(vscode.languages.createDiagnosticCollection('fathom'));
  private readonly timers = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly checks: ConfigurationChecks,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.own(vscode.workspace.onDidOpenTextDocument((document) => this.schedule(document, 0)));
    this.own(vscode.workspace.onDidChangeTextDocument(({ document }) => this.schedule(document, QUIET_MS)));
    // Saving may follow a change of the data that a configuration names, as may coming back to the window.
    this.own(vscode.workspace.onDidSaveTextDocument((document) => this.schedule(document, 0)));
    this.own(vscode.window.onDidChangeActiveTextEditor((editor) => editor && this.schedule(editor.document, 0)));
    this.own(vscode.workspace.onDidCloseTextDocument((document) => this.forget(document)));
    this.own({ dispose: () => this.timers.forEach((timer) => void clearTimeout(timer)) });
    for (const document of vscode.workspace.textDocuments) this.schedule(document, 0);
  }

  private schedule(document: vscode.TextDocument, delay: number): void {
    if (!isChecked(document)) return;
    const key = document.uri.toString();
    clearTimeout(this.timers.get(key));
    this.timers.set(
      key,
      setTimeout(() => {
        this.timers.delete(key);
        void this.publish(document).catch((error: unknown) => this.log.error(`Checking ${document.uri.fsPath}: ${String(error)}`));
      }, delay),
    );
  }

  private async publish(document: vscode.TextDocument): Promise<void> {
    const version = document.version;
    const problems = isStudy(document.uri) ? await studyProblems(document, this.checks) : await this.problemsOf(document);
    if (document.isClosed || document.version !== version || this.isOver) return;
    this.collection.set(
      document.uri,
      problems.map((problem) => diagnosticOf(document, problem)),
    );
  }

  private async problemsOf(document: vscode.TextDocument): Promise<readonly Problem[]> {
    const { findings } = await this.checks.look(document);
    // What is not JSON the editor's own JSON support says already.
    const own = findings.filter(({ code }) => !code.startsWith('syntax-'));
    return own.map((finding) => ({ finding, words: inWords(finding.code, finding.args) }));
  }

  private forget(document: vscode.TextDocument): void {
    if (!isChecked(document)) return;
    const key = document.uri.toString();
    clearTimeout(this.timers.get(key));
    this.timers.delete(key);
    this.collection.delete(document.uri);
  }
}

function isChecked(document: vscode.TextDocument): boolean {
  return isConfiguration(document) || isStudy(document.uri);
}

function diagnosticOf(document: vscode.TextDocument, { finding, words }: Problem): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(rangeOf(document, finding.range), words, SEVERITIES[finding.severity]);
  diagnostic.source = DIAGNOSTIC_SOURCE;
  diagnostic.code = finding.code;
  return diagnostic;
}
