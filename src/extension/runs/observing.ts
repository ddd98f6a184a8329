// The window's one observer: a worker thread that reads run files, started when something is first
// watched and ended with the window.
import * as vscode from 'vscode';
import { Observer, type ObserverProblem } from '../../observe/client';
import { Lifetime } from '../lifetime';
import { tell } from '../messages';
import { inWords, t } from '../words';

export class Observing extends Lifetime {
  private observer: Observer | undefined;

  /** @param script the worker's file, `dist/observer.mjs`. */
  constructor(
    private readonly script: string,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
  }

  get(): Observer {
    this.observer ??= this.own(new Observer(this.script, (problem) => this.report(problem)));
    return this.observer;
  }

  /** It mends itself once; a second end is for a person to know. */
  private report({ code, args }: ObserverProblem): void {
    const words = inWords(code, args);
    this.log.error(words);
    if (code !== 'observer-stopped') return;
    tell('error', words, { [t('Reload Window')]: () => vscode.commands.executeCommand('workbench.action.reloadWindow') });
  }
}
