// The colour map of the heatmap and the colours of what has no number. The map is made here from a
// formula: a path through OKLab (Ottosson 2020) with lightness rising from deep violet over blue and
// green to yellow, walked in steps of equal perceived difference, so that equal distances on the
// scale look equal, in print and to colour-blind eyes (lightness alone orders it) as well.

export type Rgb = readonly [red: number, green: number, blue: number];

export const MAP_SIZE = 256;

/** Own colours, off the map's path, bright enough on dark and dark enough on light backgrounds. */
export const NAN_COLOUR: Rgb = [255, 0, 144];
export const INFINITE_COLOUR: Rgb = [255, 96, 0];
/** Zero or below on a log scale: neutral, as it has no place on the map. */
export const ZERO_COLOUR: Rgb = [128, 128, 128];

type Lab = readonly [lightness: number, a: number, b: number];

/** OKLab to linear sRGB; components outside 0…1 lie outside the gamut. */
function linearRgb([lightness, a, b]: Lab): [number, number, number] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

/** sRGB bytes to OKLab. */
export function toLab(colour: Rgb): Lab {
  const [red, green, blue] = colour.map((byte) => {
    const value = byte / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function encode(lab: Lab): Rgb {
  const [red, green, blue] = linearRgb(lab).map((value) => {
    const inside = Math.min(1, Math.max(0, value));
    return Math.round(255 * (inside <= 0.0031308 ? 12.92 * inside : 1.055 * inside ** (1 / 2.4) - 0.055));
  }) as [number, number, number];
  return [red, green, blue];
}

/** A point of the path: lightness and hue run evenly, chroma as far as the gamut (and calm) allow. */
function pathAt(unit: number): Lab {
  const lightness = 0.26 + 0.66 * unit;
  const hue = ((305 - 200 * unit ** 0.92) * Math.PI) / 180;
  let chroma = 0.1 + 0.07 * Math.abs(2 * unit - 0.9) ** 1.2;
  const inGamut = (): boolean =>
    linearRgb([lightness, chroma * Math.cos(hue), chroma * Math.sin(hue)]).every((value) => value >= -1e-4 && value <= 1 + 1e-4);
  while (chroma > 0 && !inGamut()) chroma -= 0.001;
  return [lightness, chroma * Math.cos(hue), chroma * Math.sin(hue)];
}

function distance(one: Lab, other: Lab): number {
  return Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
}

/** The map as `MAP_SIZE` RGB triples, low to high. */
export function colourMap(): Uint8Array {
  const samples = Array.from({ length: 2049 }, (_, index) => pathAt(index / 2048));
  const along = [0];
  samples.forEach((sample, index) => {
    const before = samples[index - 1];
    if (before) along.push((along.at(-1) ?? 0) + distance(before, sample));
  });
  const whole = along.at(-1) ?? 1;
  const map = new Uint8Array(3 * MAP_SIZE);
  let at = 0;
  for (let entry = 0; entry < MAP_SIZE; entry++) {
    const wanted = (whole * entry) / (MAP_SIZE - 1);
    while (at < samples.length - 1 && (along[at] ?? 0) < wanted - 1e-12) at++;
    map.set(encode(samples[at] ?? [0, 0, 0]), 3 * entry);
  }
  return map;
}

/** A CSS colour of bytes. */
export function cssColour(colour: Rgb): string {
  return `rgb(${colour.join(' ')})`;
}
