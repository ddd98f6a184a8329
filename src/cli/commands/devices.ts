// `fathom devices`: what this machine can train on, which engine `auto` takes, and why another cannot be used.

import { cpus, totalmem } from 'node:os';
import process from 'node:process';
import { type Card, graphicsCards } from '../../engine/cards';
import { type EngineReport, surveyEngines } from '../../engine/survey';
import { type Machine, thisMachine } from '../../experiment/machine';
import { render } from '../../experiment/messages';
import type { Command } from '../command';
import { bytes } from '../display/numbers';
import { table } from '../display/table';
import { type Line, printable } from '../display/text';
import { writeLine, writeLines } from '../terminal';

/** What `--json` prints. */
export interface DevicesReport {
  readonly machine: {
    /** Empty where the system does not tell. */
    readonly processor: string;
    readonly cores: number;
    /** Bytes: all there is, and what could be given now. */
    readonly memory: number;
    readonly available: number;
    readonly platform: string;
    readonly node: string;
  };
  /** Absent on systems where only a graphics library could tell. */
  readonly cards?: readonly Card[];
  readonly engines: readonly EngineReport[];
}

export const devices: Command = {
  spec: {
    name: 'devices',
    summary: 'Tell what this machine can train on, and what auto takes.',
    words: [],
    options: [{ name: 'json', help: 'print one JSON object instead' }],
  },
  async run(args, { terminal }) {
    const report = devicesReport(thisMachine(), await surveyEngines());
    if (args.has('json')) writeLine(terminal, JSON.stringify(report));
    else writeLines(terminal, deviceLines(report));
    return 0;
  },
};

function devicesReport({ cores, memory: available }: Machine, engines: readonly EngineReport[]): DevicesReport {
  const processor = cpus()[0]?.model.trim() ?? '';
  const machine = {
    processor,
    cores,
    memory: totalmem(),
    available,
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
  };
  const cards = graphicsCards();
  return { machine, ...(cards && { cards }), engines };
}

export function deviceLines({ machine, cards, engines }: DevicesReport): Line[] {
  const left = (title: string) => ({ title, align: 'left' }) as const;
  const facts = [
    ['processor', printable(machine.processor === '' ? machine.platform : machine.processor)],
    ['cores', String(machine.cores)],
    ...(cards ?? []).map(({ name, driver, memory }) => [
      'graphics card',
      printable([name, ...(driver ? [driver] : []), ...(memory ? [bytes(memory)] : [])].join(', ')),
    ]),
    ['memory', `${bytes(machine.memory)}, ${bytes(machine.available)} at hand`],
  ];
  const rows = engines.map(({ name, identity, auto, why }) => [
    auto ? { text: `${name} (auto)`, style: 'green' as const } : name,
    identity ? printable(`${identity.version}, ${identity.device}`) : { text: 'cannot be used', style: 'red' as const },
    printable(render(why.code, why.args)),
  ]);
  return [...table([left(''), left('')], facts), [], ...table([left('engine'), left('device'), left('')], rows)];
}
