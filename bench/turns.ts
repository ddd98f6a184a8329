// Subjects in turns: each is asked for the same few steps, round after round, so that their figures can be
// compared although the machine is busier at one time than at another.

import type { Answer } from './dialogue';
import { median } from './statistics';
import type { Subject } from './subjects';

export interface Turn {
  readonly subject: Subject;
  readonly statistics: boolean;
}

export interface Pace {
  readonly rounds: number;
  /** Steps of each turn. */
  readonly steps: number;
}

export interface Figures {
  readonly turn: Turn;
  /** Seconds of the turn's median step, round by round: what pairs are made of. */
  readonly rounds: readonly number[];
  /** Median of those. */
  readonly seconds: number;
  /** Seconds of a step by what they went into. */
  readonly parts: Readonly<Record<string, number>>;
  /** Bytes. */
  readonly peak: number;
}

/** One unmeasured step each, then the rounds. */
export async function takeTurns(turns: readonly Turn[], { rounds, steps }: Pace): Promise<Figures[]> {
  for (const { subject, statistics } of turns) await subject.ask({ steps: 1, statistics });
  const answers: Answer[][] = turns.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [i, { subject, statistics }] of turns.entries()) answers[i]?.push(await subject.ask({ steps, statistics }));
  return turns.map((turn, i) => figuresOf(turn, answers[i] ?? []));
}

function figuresOf(turn: Turn, answers: readonly Answer[]): Figures {
  const rounds = answers.map(({ seconds }) => median(seconds));
  const steps = answers.reduce((sum, { seconds }) => sum + seconds.length, 0);
  const parts: Record<string, number> = {};
  for (const answer of answers)
    for (const [part, seconds] of Object.entries(answer.parts ?? {})) parts[part] = (parts[part] ?? 0) + seconds / steps;
  return { turn, rounds, seconds: median(rounds), parts, peak: Math.max(...answers.map(({ peak }) => peak)) };
}
