// The observer's thread: watches and observes for `client.ts`, so that reading a long history never
// holds up the extension host. Arrays in answers are handed over, not copied.

import { parentPort } from 'node:worker_threads';
import { Failure } from '../experiment/failure';
import { ObservedRun } from './observedRun';
import type { Answer, FromWorker, Question, ToWorker } from './port';
import { RunsWatcher } from './runs';

const port = parentPort;
if (port === null) throw new Error('the observer runs as a worker thread');

const watches = new Map<number, RunsWatcher>();
const runs = new Map<number, ObservedRun>();

function say(message: FromWorker, handOver: ArrayBuffer[] = []): void {
  port?.postMessage(message, handOver);
}

port.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'watch':
      watches.set(message.watch, new RunsWatcher(message.folders, (found) => say({ type: 'runs', watch: message.watch, runs: found })));
      return;
    case 'unwatch':
      watches.get(message.watch)?.dispose();
      watches.delete(message.watch);
      return;
    case 'open': {
      const run = new ObservedRun(message.directory, { generation: message.generation });
      runs.set(message.run, run);
      run.setActive(message.active);
      run.onStatus((status) => say({ type: 'status', run: message.run, status }));
      run.onExtent((extent, texts) => say({ type: 'extent', run: message.run, extent, texts }));
      return;
    }
    case 'close':
      runs.get(message.run)?.close();
      runs.delete(message.run);
      return;
    case 'active':
      runs.get(message.run)?.setActive(message.active);
      return;
    case 'ask':
      void reply(message.run, message.id, message.question);
      return;
    default:
      message satisfies never;
  }
});

async function reply(number: number, id: number, question: Question): Promise<void> {
  try {
    const run = runs.get(number);
    if (run === undefined) throw new Failure('run-closed', { path: '' });
    const answer = await ask(run, question);
    say({ type: 'answer', id, answer }, buffersOf(answer));
  } catch (error) {
    const failure =
      error instanceof Failure ? error : new Failure('observer-failed', { detail: error instanceof Error ? error.message : String(error) });
    say({ type: 'refused', id, code: failure.code, args: failure.args });
  }
}

function ask(run: ObservedRun, question: Question): Promise<Answer> {
  switch (question.kind) {
    case 'snapshot':
      return run.snapshot();
    case 'tile':
      return run.tile(question.request);
    case 'series':
      return run.series(question.request);
    case 'profile':
      return run.profile(question.request);
    case 'histogram':
      return run.histogram(question.request);
    case 'outcomes':
      return run.outcomes();
    default:
      return question satisfies never;
  }
}

/** The buffers of an answer's arrays; every answer is made for one question, so nobody else needs them. */
function buffersOf(answer: Answer): ArrayBuffer[] {
  const arrays = Object.values(answer).filter((value) => ArrayBuffer.isView(value));
  return [...new Set(arrays.map((array) => array.buffer))].filter((buffer) => buffer instanceof ArrayBuffer);
}
