// What an alert says: a code of the messages with its arguments, recorded as a text event.

export interface Alert {
  readonly code: string;
  /** Name of the row of the depth picture it is about, where it is about one. */
  readonly place?: string;
  readonly [argument: string]: string | number | undefined;
}
