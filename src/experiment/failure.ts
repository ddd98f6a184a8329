// An error that a person can act on. Whatever throws one names the field, the value and the remedy
// through its code; it reaches the terminal as one line and `run.json` as `RunError`. Anything else
// that is thrown is a defect of ours.

import { type MessageArgs, render } from './messages';

export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(
    readonly code: string,
    readonly args: MessageArgs,
    options?: ErrorOptions,
  ) {
    super(render(code, args), options);
  }
}
