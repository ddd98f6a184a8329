// The trainer's process: `node trainer.mjs <run directory>`. It reads what the directory says, trains,
// and writes what it did there; it speaks to nobody else. Its output is the run's log.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { launched } from '../experiment/launch';
import { Commands } from './commands';
import { describeError, Recorder } from './recorder';
import { Session, say } from './session';

async function main(directory: string): Promise<number> {
  const commands = new Commands();
  commands.listen();
  await launched();
  const recorder = await Recorder.take(directory);
  let session: Session | undefined;
  try {
    session = await Session.open(recorder, commands, path.dirname(fileURLToPath(import.meta.url)));
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

const [directory] = process.argv.slice(2);
if (directory === undefined) {
  console.error('usage: trainer <run directory>');
  process.exitCode = 2;
} else {
  process.exitCode = await main(path.resolve(directory)).catch((error: unknown) => {
    console.error(describeError(error, directory).message);
    return 1;
  });
}
