// Keys of the depth view as a pure map from key to movement.

import type { Cursor, Intents, View } from '../view';
import { revealing, zoomed } from '../zoom';

/** Everything there is to show: the window without zoom. */
export type Whole = View['window'];

const ZOOM = 0.5;

interface Press {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/** Where a key moves the cursor; a column `undefined` follows the newest step. Undefined: not a movement. */
export function movement(
  press: Press,
  cursor: Cursor,
  columns: number,
  rows: number,
): { readonly row: number; readonly column: number | undefined } | undefined {
  const far = press.shiftKey ? 10 : 1;
  const column = (to: number): { row: number; column: number } => ({ row: cursor.row, column: Math.max(0, Math.min(columns - 1, to)) });
  const row = (to: number): { row: number; column: number | undefined } => ({
    row: Math.max(0, Math.min(rows - 1, to)),
    column: cursor.live ? undefined : cursor.column,
  });
  switch (press.key) {
    case 'ArrowLeft':
      return column(cursor.column - far);
    case 'ArrowRight':
      return column(cursor.column + far);
    case 'ArrowUp':
      return row(cursor.row - far);
    case 'ArrowDown':
      return row(cursor.row + far);
    case 'PageUp':
      return row(cursor.row - 10);
    case 'PageDown':
      return row(cursor.row + 10);
    case 'Home':
      return press.ctrlKey ? row(0) : column(0);
    case 'End':
      return press.ctrlKey ? row(rows - 1) : { row: cursor.row, column: undefined };
    default:
      return undefined;
  }
}

/** The nearest step before or after the cursor where something happened or was pinned. */
export function nextMark({ alerts, pins }: Pick<View, 'alerts' | 'pins'>, step: number, direction: 1 | -1): number | undefined {
  const steps = [...alerts, ...pins].map((mark) => mark.step).filter((at) => (at - step) * direction > 0);
  return steps.length === 0 ? undefined : direction > 0 ? Math.min(...steps) : Math.max(...steps);
}

function goToMark({ cursor, alerts, pins, extent }: View, direction: 1 | -1, intents: Intents): void {
  const step = cursor && nextMark({ alerts, pins }, cursor.step, direction);
  if (step === undefined) return;
  const place = alerts.find((alert) => alert.step === step)?.place;
  intents.goTo(step, place === undefined ? -1 : (extent.layout?.rows.indexOf(place) ?? -1));
}

/** Obeys a key. @returns whether it was one of ours */
export function pressed(press: Press, view: View, whole: Whole, intents: Intents): boolean {
  const { cursor, extent, window, selection } = view;
  if (!cursor || press.altKey || press.metaKey) return false;
  const rows = extent.layout?.rows.length ?? 0;
  const to = movement(press, cursor, extent.columns, rows);
  if (to) {
    if (selection.zoom) intents.select({ zoom: revealing(window, whole, { row: to.row, column: to.column ?? extent.columns - 1 }) });
    intents.moveTo(to, true);
    return true;
  }
  if (press.ctrlKey) return false;
  switch (press.key) {
    case 'p':
    case 'P':
      intents.pin(cursor.step);
      return true;
    case 'l':
    case 'L':
      intents.pinLayer(cursor.row);
      return true;
    case ' ':
      intents.play();
      return true;
    case '[':
    case ']':
      goToMark(view, press.key === '[' ? -1 : 1, intents);
      return true;
    case '+':
    case '=':
      intents.select({ zoom: zoomed(window, whole, cursor, { columns: ZOOM, rows: ZOOM }) });
      return true;
    case '-':
      intents.select({ zoom: zoomed(window, whole, cursor, { columns: 1 / ZOOM, rows: 1 / ZOOM }) });
      return true;
    case '0':
      intents.select({ zoom: undefined });
      return true;
    default:
      return false;
  }
}
