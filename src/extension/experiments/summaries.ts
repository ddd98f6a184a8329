// What the Experiments view knows of each file: looked at once it is shown, a few at a time, and again when it
// changed, on disk or in an editor.
import * as vscode from 'vscode';
import { type ConfigurationChecks, isStudy } from '../config/checks';
import { failureWords } from '../failures';
import { Lifetime } from '../lifetime';
import { inWords, t } from '../words';
import { brokenSummary, configurationSummary, type ExperimentSummary, studySummary } from './summary';

const AT_ONCE = 4;

export class ExperimentSummaries extends Lifetime {
  private readonly changed = this.own(new vscode.EventEmitter<vscode.Uri>());
  /** A file's summary is there, or another one. */
  readonly onDidChange = this.changed.event;

  private readonly known = new Map<string, ExperimentSummary>();
  private readonly wanted = new Map<string, vscode.Uri>();
  private working = 0;

  constructor(private readonly checks: ConfigurationChecks) {
    super();
  }

  /** As last made; where there is none yet, one is on its way. */
  of(uri: vscode.Uri): ExperimentSummary | undefined {
    const key = uri.toString();
    if (!this.known.has(key) && !this.wanted.has(key)) this.want(uri);
    return this.known.get(key);
  }

  /** The file is another one now. */
  renew(uri: vscode.Uri): void {
    this.want(uri);
  }

  forget(uri: vscode.Uri): void {
    this.known.delete(uri.toString());
    this.wanted.delete(uri.toString());
  }

  private want(uri: vscode.Uri): void {
    this.wanted.set(uri.toString(), uri);
    if (this.working < AT_ONCE) void this.work();
  }

  private async work(): Promise<void> {
    this.working += 1;
    for (let [next] = this.wanted; next && !this.isOver; [next] = this.wanted) {
      const [key, uri] = next;
      this.wanted.delete(key);
      const summary = await this.summarise(uri).catch((error: unknown) => ({ words: t('1 error'), problems: [failureWords(error)] }));
      this.known.set(key, summary);
      if (!this.isOver) this.changed.fire(uri);
    }
    this.working -= 1;
  }

  private async summarise(uri: vscode.Uri): Promise<ExperimentSummary> {
    if (isStudy(uri)) return await studyOf(uri);
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    const looked = open
      ? this.checks.look(open)
      : this.checks.lookAtFile(uri, new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)));
    const { config, findings } = await looked;
    const broken = findings.some(({ severity }) => severity === 'error');
    if (!config || broken) return brokenSummary(findings, ({ code, args }) => inWords(code, args), t);
    return configurationSummary(config, await this.checks.parametersOf(config), t);
  }
}

async function studyOf(uri: vscode.Uri): Promise<ExperimentSummary> {
  const { readStudy } = await import('../../experiment/study');
  const { axes } = await readStudy(uri.fsPath);
  return studySummary(axes, t);
}
