// A trainer as a process whose disk does what a test asks for, and what is left of it afterwards.

import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { readRunEvents } from '../../src/exchange/events';
import { PLAN, type TrainerPlan } from './plan';

export interface Trainer {
  readonly child: ChildProcess;
  /** Exit code, null after a signal. */
  readonly exited: Promise<number | null>;
  /** What it said on standard error and output so far: its log. */
  words(): string;
}

export class Trainers {
  private constructor(private readonly preload: string) {}

  /** @param folder where what is loaded into their processes is built. */
  static async prepare(folder: string): Promise<Trainers> {
    const outfile = path.join(folder, 'preload.mjs');
    await build({ entryPoints: ['test/faults/preload.ts'], outfile, bundle: true, packages: 'external', platform: 'node', format: 'esm' });
    return new Trainers(outfile);
  }

  /** Starts the built trainer on a run directory, as a terminal would. */
  start(directory: string, plan: TrainerPlan = {}): Trainer {
    return this.run(['dist/trainer.mjs', directory], plan);
  }

  /** Runs a built script, such as the terminal tool's, in the same surroundings. */
  run([script = '', ...rest]: readonly string[], plan: TrainerPlan = {}): Trainer {
    const args = ['--import', this.preload, path.resolve(script), ...rest];
    const env = { ...process.env, [PLAN]: JSON.stringify(plan) };
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    let words = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        words += text;
      });
    }
    const exited = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
    return { child, exited, words: () => words };
  }
}

/** Training loss by step as it is shown: what a later start supersedes is gone. Throws where a step is shown twice. */
export async function shownLosses(directory: string): Promise<ReadonlyMap<number, number>> {
  const losses = new Map<number, number>();
  const events = await readRunEvents(directory);
  const [problem] = events.problems;
  if (problem) throw new Error(`${problem.code} ${JSON.stringify(problem.args)}`);
  for await (const event of events.read()) {
    const loss = event.kind === 'scalars' ? event.values['loss/train'] : undefined;
    if (loss === undefined) continue;
    if (losses.has(event.step)) throw new Error(`step ${event.step} is shown twice`);
    losses.set(event.step, loss);
  }
  return losses;
}

/** Every file below a folder, relative. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}
