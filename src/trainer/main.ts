// The trainer's process: `node trainer.mjs <run directory>`. It reads what the directory says, trains,
// and writes what it did there; it speaks to nobody else. Its output is the run's log.

import path from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { launched } from '../experiment/launch';
import { Commands } from './commands';
import { describeError, Recorder } from './recorder';
import { Session, say } from './session';
import { serve } from './worker';

async function main(directory: string): Promise<number> {
  const commands = new Commands();
  commands.listen();
  await launched();
  const recorder = await Recorder.take(directory);
  let session: Session | undefined;
  try {
    session = await Session.open(recorder, commands, new URL(import.meta.url));
    await (recorder.current.kind === 'probe' ? session.probe() : session.run());
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? (error.stack ?? error.message) : error);
    const { message } = await recorder.fail(error).catch((again: unknown) => describeError(again, directory));
    say(message);
    return 1;
  } finally {
    await session?.close();
    await recorder.close();
  }
}

async function start(directory: string | undefined): Promise<number> {
  if (directory === undefined) {
    console.error('usage: trainer <run directory>');
    return 2;
  }
  return main(path.resolve(directory)).catch((error: unknown) => {
    console.error(describeError(error, directory).message);
    return 1;
  });
}

if (isMainThread) process.exitCode = await start(process.argv[2]);
else serve();
