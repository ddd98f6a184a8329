// Draws media/icon.png: a depth picture (layers downwards, steps to the right) with a sounding line
// let down into it. `node media/icon.mjs` after a change; the picture itself is kept in git.
import { writeFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';

const SIZE = 256;
/** Samples per pixel side; edges come out smooth by averaging. */
const SAMPLES = 4;
const CORNER = 48;
const MARGIN = 30;
const CELLS = 9;
const GAP = 3;

const BACKGROUND = [16, 22, 38];
const LINE = [255, 255, 255];
/** From shallow to deep: light sand to dark water. */
const RAMP = [
  [253, 231, 136],
  [122, 209, 133],
  [35, 148, 139],
  [45, 96, 141],
  [62, 52, 120],
];

function ramp(share) {
  const at = Math.min(0.9999, Math.max(0, share)) * (RAMP.length - 1);
  const low = Math.floor(at);
  return RAMP[low].map((channel, index) => channel + (RAMP[low + 1][index] - channel) * (at - low));
}

function insideRounded(x, y, left, top, right, bottom, radius) {
  if (x < left || x > right || y < top || y > bottom) return false;
  const dx = Math.max(left + radius - x, x - (right - radius), 0);
  const dy = Math.max(top + radius - y, y - (bottom - radius), 0);
  return dx * dx + dy * dy <= radius * radius;
}

/** Where the signal stands at a cell: it reaches deeper with every step. */
function value(column, row) {
  const front = 0.25 + 0.75 * (column / (CELLS - 1)) ** 0.8;
  const depth = row / (CELLS - 1);
  return depth / front - 0.12 * Math.sin(column * 1.7 + row * 0.9);
}

/** Colour [red, green, blue, alpha] at a point of the picture. */
function colour(x, y) {
  if (!insideRounded(x, y, 0, 0, SIZE, SIZE, CORNER)) return [0, 0, 0, 0];
  const bob = SIZE * 0.72;
  const middle = SIZE / 2;
  const onLine = Math.abs(x - middle) < 4 && y > 12 && y < bob;
  const onBob = Math.abs(x - middle) / 15 + Math.abs(y - bob) / 23 < 1;
  if (onLine || onBob) return [...LINE, 255];
  const nearLine = (Math.abs(x - middle) < 9 && y < bob) || Math.abs(x - middle) / 23 + Math.abs(y - bob) / 33 < 1;
  const pitch = (SIZE - 2 * MARGIN) / CELLS;
  const column = Math.floor((x - MARGIN) / pitch);
  const row = Math.floor((y - MARGIN) / pitch);
  if (nearLine || column < 0 || row < 0 || column >= CELLS || row >= CELLS) return [...BACKGROUND, 255];
  const left = MARGIN + column * pitch + GAP / 2;
  const top = MARGIN + row * pitch + GAP / 2;
  if (!insideRounded(x, y, left, top, left + pitch - GAP, top + pitch - GAP, 3)) return [...BACKGROUND, 255];
  return [...ramp(value(column, row)), 255];
}

function pixel(column, row) {
  const sum = [0, 0, 0, 0];
  for (let i = 0; i < SAMPLES * SAMPLES; i++) {
    const [red, green, blue, alpha] = colour(column + ((i % SAMPLES) + 0.5) / SAMPLES, row + (Math.floor(i / SAMPLES) + 0.5) / SAMPLES);
    sum[0] += red * alpha;
    sum[1] += green * alpha;
    sum[2] += blue * alpha;
    sum[3] += alpha;
  }
  const [red, green, blue, alpha] = sum;
  return alpha === 0 ? [0, 0, 0, 0] : [red / alpha, green / alpha, blue / alpha, alpha / (SAMPLES * SAMPLES)].map(Math.round);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

const rows = [];
for (let row = 0; row < SIZE; row++) {
  // Each row of a PNG is led by its filter; 0 is none.
  rows.push(Buffer.from([0, ...Array.from({ length: SIZE }, (_, column) => pixel(column, row)).flat()]));
}
const header = Buffer.alloc(13);
header.writeUInt32BE(SIZE, 0);
header.writeUInt32BE(SIZE, 4);
header.set([8, 6, 0, 0, 0], 8);
writeFileSync(
  new URL('icon.png', import.meta.url),
  Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]),
);
