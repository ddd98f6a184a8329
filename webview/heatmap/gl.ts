// The heatmap on WebGL2. Cells lie in two textures, values (minimum and maximum) and flags, turned so
// that a training step is one texture row: a live column is one narrow upload. Scale, range, colour
// map and non-finite colours are all the fragment shader's, so changing them uploads nothing. Flags
// travel beside the values because NaN in shaders is unreliable.

import { CELL_EMPTY, CELL_INFINITE, CELL_NAN, type Span } from '../../src/experiment/view';
import type { Picture } from '../picture';
import { colourMap, INFINITE_COLOUR, MAP_SIZE, NAN_COLOUR, type Rgb, ZERO_COLOUR } from './colour';
import { cellWindow, type Paint, type Surface } from './surface';

const VERTEX = `#version 300 es
out vec2 place;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  place = vec2(corner.x, 1.0 - corner.y);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

function vector(colour: Rgb): string {
  return `vec4(${colour.map((byte) => (byte / 255).toFixed(6)).join(', ')}, 1.0)`;
}

const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
precision highp usampler2D;
uniform sampler2D values;
uniform usampler2D flags;
uniform sampler2D map;
uniform vec4 cells;
uniform ivec2 size;
uniform vec2 range;
uniform bool logarithmic;
uniform bool showMinimum;
in vec2 place;
out vec4 colour;
void main() {
  ivec2 cell = ivec2(floor(cells.xy + place * cells.zw));
  colour = vec4(0.0);
  if (any(lessThan(cell, ivec2(0))) || any(greaterThanEqual(cell, size))) return;
  uint flag = texelFetch(flags, cell.yx, 0).r;
  if ((flag & ${CELL_NAN}u) != 0u) { colour = ${vector(NAN_COLOUR)}; return; }
  if ((flag & ${CELL_INFINITE}u) != 0u) { colour = ${vector(INFINITE_COLOUR)}; return; }
  if ((flag & ${CELL_EMPTY}u) != 0u) return;
  vec2 both = texelFetch(values, cell.yx, 0).rg;
  float value = showMinimum ? both.r : both.g;
  if (logarithmic) {
    if (value <= 0.0) { colour = ${vector(ZERO_COLOUR)}; return; }
    value = log(value);
  }
  float unit = clamp((value - range.x) / (range.y - range.x), 0.0, 1.0);
  colour = texelFetch(map, ivec2(int(unit * ${MAP_SIZE - 1}.0 + 0.5), 0), 0);
}`;

const UNIFORMS = ['values', 'flags', 'map', 'cells', 'size', 'range', 'logarithmic', 'showMinimum'] as const;

function compile(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(type);
    if (!shader) throw new Error('The graphics context is lost.');
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
    throw new Error(`The heatmap's shaders do not link: ${gl.getProgramInfoLog(program) ?? ''}`);
  }
  return program;
}

function texture(gl: WebGL2RenderingContext, unit: number, internal: number, width: number, height: number): WebGLTexture {
  const made = gl.createTexture();
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(gl.TEXTURE_2D, made);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  gl.texStorage2D(gl.TEXTURE_2D, 1, internal, width, height);
  return made;
}

class GlSurface implements Surface {
  readonly kind = 'webgl2';
  readonly side: number;
  private readonly program: WebGLProgram;
  private readonly uniforms: Readonly<Record<(typeof UNIFORMS)[number], WebGLUniformLocation | null>>;
  private loaded: Picture | undefined;
  private textures: WebGLTexture[] = [];

  constructor(
    readonly canvas: HTMLCanvasElement,
    private readonly gl: WebGL2RenderingContext,
  ) {
    this.side = gl.getParameter(gl.MAX_TEXTURE_SIZE);
    this.program = compile(gl);
    gl.useProgram(this.program);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    const located = UNIFORMS.map((name) => [name, gl.getUniformLocation(this.program, name)] as const);
    this.uniforms = Object.fromEntries(located) as typeof this.uniforms;
    texture(gl, 2, gl.RGBA8, MAP_SIZE, 1);
    const opaque = new Uint8Array(4 * MAP_SIZE).fill(255);
    const map = colourMap();
    for (let entry = 0; entry < MAP_SIZE; entry++) opaque.set(map.subarray(3 * entry, 3 * entry + 3), 4 * entry);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, MAP_SIZE, 1, gl.RGBA, gl.UNSIGNED_BYTE, opaque);
    gl.uniform1i(this.uniforms.values, 0);
    gl.uniform1i(this.uniforms.flags, 1);
    gl.uniform1i(this.uniforms.map, 2);
  }

  private upload(picture: Picture, dirty: Span): void {
    const { gl } = this;
    const { width, height } = picture.grid;
    let { from, to } = dirty;
    if (this.loaded !== picture) {
      for (const old of this.textures) gl.deleteTexture(old);
      this.textures = [texture(gl, 0, gl.RG32F, height, width), texture(gl, 1, gl.R8UI, height, width)];
      this.loaded = picture;
      from = 0;
      to = width;
    }
    if (to <= from) return;
    const start = from * height;
    const count = (to - from) * height;
    const both = new Float32Array(2 * count);
    for (let cell = 0; cell < count; cell++) {
      both[2 * cell] = picture.minimum[start + cell] ?? 0;
      both[2 * cell + 1] = picture.maximum[start + cell] ?? 0;
    }
    gl.activeTexture(gl.TEXTURE0);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, from, height, to - from, gl.RG, gl.FLOAT, both);
    gl.activeTexture(gl.TEXTURE1);
    const flags = picture.flags.subarray(start, start + count);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, from, height, to - from, gl.RED_INTEGER, gl.UNSIGNED_BYTE, flags);
  }

  paint(paint: Paint, dirty: Span): void {
    const { gl, uniforms } = this;
    this.upload(paint.picture, dirty);
    const { low, high, transform } = paint.scale;
    const logarithmic = transform === 'log';
    const cells = cellWindow(paint.picture, paint.window);
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    gl.uniform4f(uniforms.cells, cells.x, cells.y, cells.width, cells.height);
    gl.uniform2i(uniforms.size, paint.picture.grid.width, paint.picture.grid.height);
    gl.uniform2f(uniforms.range, logarithmic ? Math.log(low) : low, logarithmic ? Math.log(high) : high);
    gl.uniform1i(uniforms.logarithmic, logarithmic ? 1 : 0);
    gl.uniform1i(uniforms.showMinimum, paint.extreme === 'minimum' ? 1 : 0);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  clear(): void {
    this.gl.clearColor(0, 0, 0, 0);
    this.gl.clear(this.gl.COLOR_BUFFER_BIT);
  }

  dispose(): void {
    for (const old of this.textures) this.gl.deleteTexture(old);
    this.gl.deleteProgram(this.program);
    this.loaded = undefined;
  }
}

/** A WebGL2 surface on a canvas that has no context yet; `undefined` where there is no WebGL2. */
export function glSurface(canvas: HTMLCanvasElement): Surface | undefined {
  const gl = canvas.getContext('webgl2', { alpha: true, antialias: false, depth: false, premultipliedAlpha: true });
  return gl && !gl.isContextLost() ? new GlSurface(canvas, gl) : undefined;
}
