// A finding is what is wrong (or doubtful) in a configuration, as data: a code with arguments, a
// place, and a mend. Whoever shows it renders the words (`messages.ts` in English, l10n in the editor).

export type Severity = 'error' | 'warning' | 'hint';

/** Offsets into the configuration's text, end exclusive; UTF-16 code units as editors count. */
export interface TextRange {
  readonly offset: number;
  readonly length: number;
}

/** Replaces a range of the text; an editor offers it as a quick fix, a terminal as advice. */
export interface TextEdit extends TextRange {
  readonly text: string;
}

export interface Fix {
  /** Code of the fix's title in the message table, rendered with the finding's `args`. */
  readonly title: string;
  readonly edits: readonly TextEdit[];
}

export interface Finding {
  readonly code: string;
  readonly severity: Severity;
  /** Dotted path of the field, such as `model.heads`; empty for the whole file. */
  readonly field: string;
  /** Named values for the message: at least `field` and, where there is one, `value`. */
  readonly args: Readonly<Record<string, string | number>>;
  readonly range: TextRange;
  readonly fixes: readonly Fix[];
}
