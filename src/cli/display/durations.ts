// Spans of time, short.

/** `0:07`, `12:34`, `3:05:00`, `2 d 04 h`; at least 0. @param seconds any number; not finite gives a dash. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** How long ago a moment was: `just now`, `5 min ago`, `3 h ago`, `12 d ago`; a moment to come is just now. */
export function ago(moment: Date, now: Date): string {
  const minutes = (now.getTime() - moment.getTime()) / 60_000;
  if (Number.isNaN(minutes)) return '–';
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${Math.floor(minutes)} min ago`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return `${Math.floor(minutes / (24 * 60))} d ago`;
}
