// How a command that went wrong ends: with a sentence for the person and the details in the log,
// never with a rejected promise that the editor shows as a stack trace.
import * as vscode from 'vscode';
import { Failure } from '../experiment/failure';
import { tell } from './messages';
import { inWords, t } from './words';

/** Words of anything thrown. */
export function failureWords(error: unknown): string {
  if (error instanceof Failure) return inWords(error.code, error.args);
  return error instanceof Error ? error.message : String(error);
}

/** Registers a command whose failures are shown and logged. */
export function registerCommand(
  id: string,
  log: vscode.LogOutputChannel,
  run: (argument: unknown, selected?: unknown) => Promise<void> | void,
): vscode.Disposable {
  return vscode.commands.registerCommand(id, async (argument: unknown, selected: unknown) => {
    try {
      await run(argument, selected);
    } catch (error) {
      log.error(`${id}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      tell('error', failureWords(error), { [t('Show Details')]: () => log.show() });
    }
  });
}
