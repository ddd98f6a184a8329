// What comes through a webview's port is a stranger's until it has passed here. The host believes a
// page only as far as `parsePageMessage` rebuilt its message from checked parts with bounded sizes,
// so that no page can make the observer allocate without limit. The page checks its host lightly:
// shape and lengths, so that a mismatch of versions shows itself instead of drawing nonsense.

import { isRecord, type Raw } from '../experiment/record';
import type { HistogramRequest, ProfileRequest, SeriesRequest, SeriesSource, Span, TileRequest } from '../experiment/view';
import type { ConfigAction } from './configuration';
import { isConfigState, isSaid, parseEdits } from './configurationGuards';
import type { EvaluateRequest, GenerateRequest, HostMessage, JobKind, PageMessage, RunAction, SaveFile, SaveFormat } from './messages';

/** Largest answers a page may ask for. */
export const LIMITS = {
  /** Characters of a statistic's or scalar's name. */
  name: 200,
  /** Cells of a tile: 16 Mi cells are 144 MiB of answer. */
  cells: 1 << 24,
  /** Cells along one side of a tile. */
  side: 1 << 15,
  /** Points of a series. */
  points: 1 << 16,
  /** Bytes of a file to save. */
  file: 1 << 26,
  /** Statistics of one profile. */
  statistics: 64,
  /** Characters of a prompt. */
  prompt: 20_000,
  /** Tokens of a text, and texts at once. */
  tokens: 4096,
  texts: 16,
  temperature: 100,
  /** As far as the terminal takes whole numbers. */
  number: 999_999_999,
} as const;

const ACTIONS: ReadonlySet<string> = new Set<RunAction>([
  'pause',
  'resume',
  'stop',
  'checkpoint',
  'show-log',
  'open-folder',
  'open-configuration',
  'compare',
]);

function isCount(value: unknown, most: number = Number.MAX_SAFE_INTEGER): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= LIMITS.name;
}

function parseSpan(value: unknown): Span | undefined {
  if (!isRecord(value) || !isCount(value.from) || !isCount(value.to) || value.to < value.from) return undefined;
  return { from: value.from, to: value.to };
}

function parseTile(value: unknown): TileRequest | undefined {
  if (!isRecord(value) || !isName(value.statistic)) return undefined;
  const rows = parseSpan(value.rows);
  const columns = parseSpan(value.columns);
  const { width, height } = value;
  if (!rows || !columns || !isCount(width, LIMITS.side) || !isCount(height, LIMITS.side)) return undefined;
  if (width === 0 || height === 0 || width * height > LIMITS.cells) return undefined;
  return { statistic: value.statistic, rows, columns, width, height };
}

function parseSource(value: unknown): SeriesSource | undefined {
  if (!isRecord(value)) return undefined;
  if (isName(value.scalar)) return { scalar: value.scalar };
  if (isName(value.statistic) && isCount(value.row)) return { statistic: value.statistic, row: value.row };
  return undefined;
}

function parseSeries(value: unknown): SeriesRequest | undefined {
  if (!isRecord(value)) return undefined;
  const source = parseSource(value.source);
  const steps = parseSpan(value.steps);
  if (!source || !steps || !isCount(value.points, LIMITS.points) || value.points === 0) return undefined;
  const { smoothing = 0 } = value;
  if (typeof smoothing !== 'number' || !(smoothing >= 0 && smoothing < 1)) return undefined;
  return { source, steps, points: value.points, ...(smoothing > 0 && { smoothing }) };
}

function parseProfile(value: unknown): ProfileRequest | undefined {
  if (!isRecord(value) || !Array.isArray(value.statistics)) return undefined;
  const statistics: readonly unknown[] = value.statistics;
  if (statistics.length === 0 || statistics.length > LIMITS.statistics || !statistics.every(isName)) return undefined;
  if (isCount(value.column)) return { statistics: [...statistics], column: value.column };
  return isCount(value.step) ? { statistics: [...statistics], step: value.step } : undefined;
}

function parseHistogram(value: unknown): HistogramRequest | undefined {
  if (!isRecord(value) || !isName(value.name) || !isCount(value.step)) return undefined;
  return { name: value.name, step: value.step };
}

function parseEvaluate(value: unknown): EvaluateRequest | undefined {
  if (!isRecord(value) || !isName(value.task) || !isCount(value.step, LIMITS.number)) return undefined;
  const { limit } = value;
  if (limit !== undefined && (!isCount(limit, LIMITS.number) || limit === 0)) return undefined;
  return { task: value.task, step: value.step, averaged: value.averaged === true, ...(limit !== undefined && { limit }) };
}

function isBetween(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most;
}

function parseGenerate(value: unknown): GenerateRequest | undefined {
  if (!isRecord(value)) return undefined;
  const { prompt, step, tokens, count, temperature, topK, seed } = value;
  if (typeof prompt !== 'string' || prompt.length === 0 || prompt.length > LIMITS.prompt) return undefined;
  if (!isCount(step, LIMITS.number) || !isCount(seed, LIMITS.number) || !isBetween(temperature, 0, LIMITS.temperature)) return undefined;
  if (!isCount(tokens, LIMITS.tokens) || tokens === 0 || !isCount(count, LIMITS.texts) || count === 0) return undefined;
  if (topK !== undefined && (!isCount(topK, LIMITS.number) || topK === 0)) return undefined;
  return { prompt, step, tokens, count, temperature, seed, ...(topK !== undefined && { topK }) };
}

const JOBS: readonly JobKind[] = ['evaluate', 'generate'];

const FORMATS: readonly SaveFormat[] = ['svg', 'png', 'csv', 'html'];

function parseFile(value: unknown): SaveFile | undefined {
  if (!isRecord(value) || !isName(value.name) || !(value.data instanceof Uint8Array) || value.data.length > LIMITS.file) return undefined;
  const format = FORMATS.find((known) => known === value.format);
  return format && { name: value.name, format, data: value.data };
}

const CONFIG_ACTIONS: readonly ConfigAction[] = ['save', 'apply', 'fork'];

function parseConfig(value: Raw, type: 'ask-config' | 'change-config', id: number): PageMessage | undefined {
  const edits = parseEdits(value.edits);
  if (!edits) return undefined;
  if (type === 'ask-config') return { type, id, edits };
  const action = CONFIG_ACTIONS.find((known) => known === value.action);
  const { step } = value;
  if (!action || (step !== undefined && !isCount(step)) || (action === 'fork') !== (step !== undefined)) return undefined;
  return { type, id, action, edits, ...(step !== undefined && { step }) };
}

/**
 * The message a page sent, rebuilt field by field, or `undefined` where it is none of ours or asks
 * for more than `LIMITS` allow. Never throws; keeps nothing of the value it was given but a file's bytes.
 */
export function parsePageMessage(value: unknown): PageMessage | undefined {
  if (!isRecord(value)) return undefined;
  if (value.type === 'ready') return isCount(value.protocol) ? { type: 'ready', protocol: value.protocol } : undefined;
  if (value.type === 'action') {
    const action = value.action;
    return typeof action === 'string' && ACTIONS.has(action) ? { type: 'action', action: action as RunAction } : undefined;
  }
  if (value.type === 'save') {
    const file = parseFile(value.file);
    return file && { type: 'save', file };
  }
  if (value.type === 'evaluate') {
    const request = parseEvaluate(value.request);
    return request && { type: 'evaluate', request };
  }
  if (value.type === 'generate') {
    const request = parseGenerate(value.request);
    return request && { type: 'generate', request };
  }
  if (value.type === 'end-job') {
    const kind = JOBS.find((known) => known === value.kind);
    return kind && { type: 'end-job', kind };
  }
  const { id, run } = value;
  if (value.type === 'dismiss') return isCount(run) ? { type: 'dismiss', run } : undefined;
  if (!isCount(id) || (run !== undefined && !isCount(run))) return undefined;
  if (value.type === 'ask-config' || value.type === 'change-config') return parseConfig(value, value.type, id);
  const about = run === undefined ? {} : { run };
  if (value.type === 'ask-outcomes') return { type: 'ask-outcomes', id };
  if (value.type === 'ask-tile') {
    const request = parseTile(value.request);
    return request && { type: 'ask-tile', id, request, ...about };
  }
  if (value.type === 'ask-series') {
    const request = parseSeries(value.request);
    return request && { type: 'ask-series', id, request, ...about };
  }
  if (value.type === 'ask-profile') {
    const request = parseProfile(value.request);
    return request && { type: 'ask-profile', id, request, ...about };
  }
  if (value.type === 'ask-histogram') {
    const request = parseHistogram(value.request);
    return request && { type: 'ask-histogram', id, request, ...about };
  }
  return undefined;
}

function isArrayOf(value: unknown, kind: typeof Float32Array | typeof Float64Array | typeof Uint8Array, length: number): boolean {
  return value instanceof kind && value.length === length;
}

function isStatus(value: unknown): boolean {
  return isRecord(value) && typeof value.state === 'string' && typeof value.directory === 'string' && Array.isArray(value.problems);
}

function isExtent(value: unknown): boolean {
  return isRecord(value) && isCount(value.columns) && isCount(value.generation) && Array.isArray(value.scalars);
}

function isTile(value: unknown): boolean {
  if (!isRecord(value) || !isCount(value.width) || !isCount(value.height)) return false;
  const cells = value.width * value.height;
  return (
    parseSpan(value.rows) !== undefined &&
    parseSpan(value.columns) !== undefined &&
    isArrayOf(value.minimum, Float32Array, cells) &&
    isArrayOf(value.maximum, Float32Array, cells) &&
    isArrayOf(value.flags, Uint8Array, cells) &&
    isArrayOf(value.steps, Float64Array, value.width)
  );
}

function isSeries(value: unknown): boolean {
  if (!isRecord(value) || !(value.steps instanceof Float64Array)) return false;
  const points = value.steps.length;
  return (
    isArrayOf(value.minimum, Float32Array, points) &&
    isArrayOf(value.maximum, Float32Array, points) &&
    isArrayOf(value.flags, Uint8Array, points) &&
    (value.times === undefined || isArrayOf(value.times, Float64Array, points)) &&
    (value.smoothed === undefined || isArrayOf(value.smoothed, Float32Array, points))
  );
}

function isCompared(value: unknown): boolean {
  return (
    isRecord(value) &&
    isCount(value.run) &&
    isStatus(value.status) &&
    isExtent(value.extent) &&
    Array.isArray(value.texts) &&
    (value.config === undefined || isRecord(value.config))
  );
}

function isProfile(value: unknown): boolean {
  if (!isRecord(value) || !Array.isArray(value.statistics) || !isCount(value.rows)) return false;
  return typeof value.step === 'number' && isArrayOf(value.values, Float32Array, value.rows * value.statistics.length);
}

function isHistogram(value: unknown): boolean {
  if (!isRecord(value) || !Array.isArray(value.rows) || !Array.isArray(value.edges) || !Array.isArray(value.steps)) return false;
  return typeof value.step === 'number' && isArrayOf(value.values, Float32Array, value.rows.length * (value.edges.length + 1));
}

function isOutcomes(value: unknown): boolean {
  return (
    isRecord(value) &&
    Array.isArray(value.evaluations) &&
    Array.isArray(value.samples) &&
    Array.isArray(value.checkpoints) &&
    Array.isArray(value.problems)
  );
}

function isJob(value: unknown): boolean {
  return isRecord(value) && typeof value.kind === 'string' && typeof value.running === 'boolean' && Array.isArray(value.texts);
}

/** Whether a message has the shape of one of the host's, as far as drawing relies on it. Never throws. */
export function isHostMessage(value: unknown): value is HostMessage {
  if (!isRecord(value)) return false;
  switch (value.type) {
    case 'hello':
      return (
        isCount(value.protocol) &&
        isStatus(value.status) &&
        isExtent(value.extent) &&
        Array.isArray(value.texts) &&
        isRecord(value.strings) &&
        (value.config === undefined || isRecord(value.config))
      );
    case 'abilities':
      return typeof value.trusted === 'boolean' && Array.isArray(value.tasks);
    case 'job':
      return isJob(value.job);
    case 'outcomes':
      return isCount(value.id) && isOutcomes(value.outcomes);
    case 'status':
      return isStatus(value.status);
    case 'extent':
      return isExtent(value.extent) && Array.isArray(value.texts);
    case 'compared':
      return (
        Array.isArray(value.runs) &&
        value.runs.every(isCompared) &&
        (value.show === undefined || value.show === 'compare' || value.show === 'curves')
      );
    case 'compared-status':
      return isCount(value.run) && isStatus(value.status);
    case 'compared-extent':
      return isCount(value.run) && isExtent(value.extent) && Array.isArray(value.texts);
    case 'tile':
      return isCount(value.id) && isTile(value.tile);
    case 'series':
      return isCount(value.id) && isSeries(value.series);
    case 'profile':
      return isCount(value.id) && isProfile(value.profile);
    case 'histogram':
      return isCount(value.id) && isHistogram(value.histogram);
    case 'config-changed':
      return true;
    case 'config':
      return isCount(value.id) && isConfigState(value.config);
    case 'config-done':
      return isCount(value.id) && isSaid(value.said);
    case 'refused':
      return isCount(value.id) && typeof value.why === 'string';
    default:
      return false;
  }
}
