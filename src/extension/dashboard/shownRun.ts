// What keybindings of the dashboard may do: the state of the run whose dashboard a person looks at, as a key of
// the editor's context.
import * as vscode from 'vscode';
import type { RunSummary } from '../../observe/runView';
import { CONTEXT_KEYS } from '../contributions';
import { Lifetime } from '../lifetime';
import { canContinue } from '../runs/presentation';
import type { RunsWatch } from '../runs/watch';
import type { Dashboards } from './panels';

export class ShownRun extends Lifetime {
  private told = '';

  constructor(
    private readonly dashboards: Dashboards,
    private readonly runs: RunsWatch,
  ) {
    super();
    this.own(dashboards.onDidChangeShown(() => this.tell()));
    this.own(runs.onDidChange(() => this.tell()));
  }

  private tell(): void {
    const { shown } = this.dashboards;
    const key = keyOf(shown === undefined ? undefined : this.runs.status(shown));
    if (key === this.told) return;
    this.told = key;
    void vscode.commands.executeCommand('setContext', CONTEXT_KEYS.shownRun, key);
  }
}

function keyOf(run: RunSummary | undefined): string {
  if (!run) return '';
  if (run.state === 'running' || run.state === 'paused' || run.state === 'queued') return run.state;
  return canContinue(run) ? 'continuable' : 'ended';
}
