// The page's words: what the host localised, else English. Codes of findings and failures render
// through the same table.

import { MESSAGES, type MessageArgs, render } from '../src/experiment/messages';
import { PAGE_STRINGS } from '../src/protocol/strings';

export class Words {
  private readonly table: Readonly<Record<string, string>>;

  constructor(localised: Readonly<Record<string, string>> = {}) {
    this.table = { ...MESSAGES, ...PAGE_STRINGS, ...localised };
  }

  /** The words of a key of `PAGE_STRINGS` or a code of `MESSAGES`; an unknown one shows itself. */
  text(key: string, args: MessageArgs = {}): string {
    return render(key, args, this.table);
  }

  /** The words of a key where there are any. */
  optional(key: string): string | undefined {
    return this.table[key];
  }

  /** A span of time, two units at most. */
  duration(seconds: number): string {
    const whole = Math.max(0, Math.round(seconds));
    const minutes = Math.floor(whole / 60);
    const hours = Math.floor(minutes / 60);
    if (minutes < 1) return this.text('duration.seconds', { seconds: whole });
    if (hours < 1) return this.text('duration.minutes', { minutes, seconds: whole % 60 });
    if (hours < 48) return this.text('duration.hours', { hours, minutes: minutes % 60 });
    return this.text('duration.days', { days: Math.floor(hours / 24), hours: hours % 24 });
  }
}
