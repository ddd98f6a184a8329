// Loaded into a trainer's process before anything else (`node --import`): does to its disk, its clock and its engine
// what a test asks for in the environment, says what it did, and lets it speak to no network.

import dgram from 'node:dgram';
import dns from 'node:dns';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { watchDisk } from './disk';
import { PLAN, type TrainerPlan } from './plan';

const plan = JSON.parse(process.env[PLAN] ?? '{}') as TrainerPlan;

function harmDisk(): void {
  const faults = (plan.faults ?? []).map((fault) => ({ ...fault, pattern: new RegExp(fault.file), seen: 0 }));
  let operations = 0;
  watchDisk(({ name, path: file, to }) => {
    operations++;
    if (plan.kill?.at === operations) {
      if (plan.said !== undefined) writeFileSync(plan.said, `${name} ${to ?? file}`);
      return { code: 'KILL', bytes: plan.kill.bytes };
    }
    for (const fault of faults) {
      if (fault.name !== name || !fault.pattern.test(to ?? file)) continue;
      const turn = fault.seen++ - (fault.from ?? 0);
      if (turn < 0 || turn >= (fault.times ?? Number.POSITIVE_INFINITY)) continue;
      if (fault.code !== undefined) return { code: fault.code, ...(fault.bytes !== undefined && { bytes: fault.bytes }) };
      return new Promise((resolve) => setTimeout(() => resolve(undefined), fault.delay ?? 0));
    }
    return undefined;
  });
  process.on('exit', () => {
    if (plan.said !== undefined) writeFileSync(plan.said, String(operations));
  });
}

function shiftClock(seconds: number): void {
  const now = Date.now;
  Date.now = () => now() + 1000 * seconds;
}

/** The one of onnxruntime's functions that has so many parameters is the one that runs a program. */
const RUN_PARAMETERS = 8;

/** The functions of the engine's library, as the trainer beside it finds them. */
function harmEngine({ after, how }: NonNullable<TrainerPlan['engine']>): void {
  type Native = (...args: unknown[]) => unknown;
  const koffi = createRequire(path.resolve('dist/trainer.mjs'))('koffi') as { decode: Native };
  const { decode } = koffi;
  let runs = 0;
  koffi.decode = (...args) => {
    const found = decode(...args);
    if (typeof found !== 'function') return found;
    return (...values: unknown[]) => {
      if (values.length === RUN_PARAMETERS && runs++ >= after) {
        if (how === 'abort') process.abort();
        throw new Error(how);
      }
      return found(...values);
    };
  };
}

/** Nothing that ships may speak to another machine, nor listen to one. */
function watchNetwork(): void {
  const refuse = (what: string) => (): never => {
    process.stderr.write(`NETWORK: ${what}\n`);
    throw new Error(`the network was asked for: ${what}`);
  };
  Object.assign(net.Socket.prototype, { connect: refuse('net.Socket.connect') });
  Object.assign(net.Server.prototype, { listen: refuse('net.Server.listen') });
  Object.assign(dgram.Socket.prototype, { bind: refuse('dgram.bind'), send: refuse('dgram.send'), connect: refuse('dgram.connect') });
  Object.assign(dns, { lookup: refuse('dns.lookup'), resolve: refuse('dns.resolve') });
  syncBuiltinESMExports();
  // Native code asks nobody of Node's: what it opened is still open at the end. The first three are the test's own.
  process.on('exit', () => {
    const descriptors = process.platform === 'linux' && isMainThread ? readdirSync('/proc/self/fd') : [];
    for (const descriptor of descriptors.filter((name) => Number(name) > 2)) {
      if (linkOf(`/proc/self/fd/${descriptor}`).startsWith('socket:')) process.stderr.write(`NETWORK: socket ${descriptor}\n`);
    }
  });
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

watchNetwork();
if (isMainThread) {
  harmDisk();
  if (plan.clock !== undefined) shiftClock(plan.clock);
  if (plan.engine !== undefined) harmEngine(plan.engine);
}
