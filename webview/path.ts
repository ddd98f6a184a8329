// Paths of SVG from arrays of points: lines that break where there is no number, and bands between
// minimum and maximum where points were merged. Coordinates are cut to tenths of a pixel.

/** Draws through points in order; a coordinate that is not finite breaks the line. */
export function linePath(count: number, x: (index: number) => number, y: (index: number) => number): string {
  let path = '';
  let drawing = false;
  for (let index = 0; index < count; index++) {
    const at = x(index);
    const to = y(index);
    if (!Number.isFinite(at) || !Number.isFinite(to)) {
      drawing = false;
      continue;
    }
    path += `${drawing ? 'L' : 'M'}${tenth(at)} ${tenth(to)}`;
    // A point alone between breaks would not show: give it a length for the round line cap.
    if (!drawing && !Number.isFinite(x(index + 1) + y(index + 1))) path += 'h.01';
    drawing = true;
  }
  return path;
}

/** A closed band for every unbroken stretch of points. */
export function bandPath(
  count: number,
  x: (index: number) => number,
  low: (index: number) => number,
  high: (index: number) => number,
): string {
  let path = '';
  for (let start = 0; start < count; start++) {
    let end = start;
    while (end < count && Number.isFinite(x(end) + low(end) + high(end))) end++;
    if (end === start) continue;
    path += `M${tenth(x(start))} ${tenth(high(start))}`;
    for (let index = start + 1; index < end; index++) path += `L${tenth(x(index))} ${tenth(high(index))}`;
    for (let index = end - 1; index >= start; index--) path += `L${tenth(x(index))} ${tenth(low(index))}`;
    path += 'Z';
    start = end;
  }
  return path;
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
