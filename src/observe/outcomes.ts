// What was asked of a run's checkpoints: evaluations and samples, files of their own that come and go.
// Folders tell by their times that something changed; files are read when somebody asks.

import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { listCheckpoints } from '../experiment/checkpoints';
import { Failure } from '../experiment/failure';
import { readJson } from '../experiment/files';
import { isRecord } from '../experiment/record';
import type { Evaluation, FileProblem, RunOutcomes, TextSample } from '../experiment/view';

const FOLDERS = ['evaluations', 'samples', 'checkpoints'] as const;

/** Samples that are told: more could not be read, and the files are there. */
const MOST_SAMPLES = 200;

const AT_ONCE = 64;

/** Characters of a sample that are told. */
const MOST_TEXT = 20_000;

/** Changes whenever a file of these came or went; undefined where there is no such folder. Never throws. */
export async function outcomesSignature(directory: string): Promise<string | undefined> {
  const times = await Promise.all(
    FOLDERS.map((folder) =>
      stat(path.join(directory, folder), { bigint: true }).then(
        ({ mtimeNs }) => String(mtimeNs),
        () => '',
      ),
    ),
  );
  return times.every((time) => time === '') ? undefined : times.join(':');
}

/** Reads all there is; what cannot be understood is named among the problems. Never throws. */
export async function readOutcomes(directory: string): Promise<RunOutcomes> {
  const problems: FileProblem[] = [];
  const [evaluationNames, sampleNames, checkpoints] = await Promise.all([
    namesIn(directory, 'evaluations'),
    namesIn(directory, 'samples'),
    listCheckpoints(directory).catch(() => []),
  ]);
  const newest = sampleNames.sort((one, other) => order(other) - order(one)).slice(0, MOST_SAMPLES);
  const read = async <T>(folder: string, name: string, parse: (value: unknown, name: string) => T | undefined): Promise<T[]> => {
    const file = path.join(directory, folder, name);
    try {
      const parsed = parse(await readJson(file), name);
      if (parsed !== undefined) return [parsed];
      problems.push({ code: 'outcome-malformed', args: { file } });
    } catch (error) {
      // Deleted in the meantime: nothing is wrong about that.
      if (error instanceof Failure) problems.push({ code: error.code, args: error.args });
    }
    return [];
  };
  const evaluations = await inParts(evaluationNames, (name) => read('evaluations', name, parseEvaluation));
  const samples = await inParts(newest, (name) => read('samples', name, parseSample));
  return {
    evaluations: evaluations.sort((one, other) => one.step - other.step),
    samples,
    checkpoints: checkpoints.map(({ step }) => step),
    problems,
  };
}

/** A few at a time: thousands of files must not exhaust what may be open at once. */
async function inParts<T>(names: readonly string[], read: (name: string) => Promise<T[]>): Promise<T[]> {
  const found: T[] = [];
  for (let start = 0; start < names.length; start += AT_ONCE) {
    found.push(...(await Promise.all(names.slice(start, start + AT_ONCE).map(read))).flat());
  }
  return found;
}

async function namesIn(directory: string, folder: string): Promise<string[]> {
  const names = await readdir(path.join(directory, folder)).catch((): string[] => []);
  return names.filter((name) => name.endsWith('.json') && !name.startsWith('.'));
}

/** Of `step-<n>-<k>.json`: by step, then by number. */
function order(name: string): number {
  const [, step = '0', number = '0'] = /^step-(\d+)-(\d+)\.json$/.exec(name) ?? [];
  return Number(step) * 1e4 + Number(number);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function numbersOf(value: unknown): Readonly<Record<string, number>> {
  const entries = isRecord(value) ? Object.entries(value) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
}

function parseEvaluation(value: unknown): Evaluation | undefined {
  if (!isRecord(value) || typeof value.task !== 'string' || !isCount(value.step) || !isRecord(value.metrics)) return undefined;
  const metrics = Object.entries(value.metrics).flatMap(([name, number]): [string, number | null][] =>
    typeof number === 'number' ? [[name, number]] : number === null ? [[name, null]] : [],
  );
  return {
    task: value.task,
    step: value.step,
    averaged: value.weights === 'averaged',
    metrics: Object.fromEntries(metrics),
    examples: isCount(value.examples) ? value.examples : 0,
    limited: value.limit !== undefined,
    shortened: isCount(value.shortened) ? value.shortened : 0,
  };
}

function parseSample(value: unknown, file: string): TextSample | undefined {
  if (!isRecord(value) || !isCount(value.step) || typeof value.prompt !== 'string' || typeof value.text !== 'string') return undefined;
  const { step, prompt, text, sampling } = value;
  return { file, step, prompt: prompt.slice(0, MOST_TEXT), text: text.slice(0, MOST_TEXT), sampling: numbersOf(sampling) };
}
