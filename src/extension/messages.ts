// Messages to a person that offer something to do. Whoever says one goes on at once: a message may
// stand for hours, and a command must not.
import * as vscode from 'vscode';

export type Offers = Readonly<Record<string, () => unknown>>;

const SHOW = {
  information: vscode.window.showInformationMessage,
  warning: vscode.window.showWarningMessage,
  error: vscode.window.showErrorMessage,
} as const;

/** @param offers what each button does, by its words. */
export function tell(severity: keyof typeof SHOW, words: string, offers: Offers = {}): void {
  const shown = SHOW[severity]<string>(words, ...Object.keys(offers));
  // A window that closes rejects what it still shows; there is nobody left to tell.
  void shown.then(
    (answer) => answer !== undefined && offers[answer]?.(),
    () => undefined,
  );
}
