// What `fathom devices --json` tells, checked, and in a person's words. Free of `vscode`, for its tests.
import type { MessageArgs } from '../../experiment/messages';
import { isRecord } from '../../experiment/record';
import { formatMemory } from '../config/lensText';
import type { Translate } from '../translate';

/** A line of the Devices view. */
export interface DeviceLine {
  readonly label: string;
  readonly description: string;
  /** Whole sentences. */
  readonly tooltip: string;
  /** A codicon. */
  readonly icon: string;
  readonly broken: boolean;
}

export interface DeviceLines {
  readonly engines: readonly DeviceLine[];
  readonly machine: readonly DeviceLine[];
}

/**
 * @param inWords renders the codes that the report gives as reasons
 * @throws Error where the text is no such report: the tool and the extension come together, so that is a defect
 */
export function deviceLines(text: string, t: Translate, inWords: (code: string, args: MessageArgs) => string): DeviceLines {
  const report: unknown = JSON.parse(text);
  if (!isRecord(report) || !isRecord(report.machine) || !Array.isArray(report.engines)) throw new Error(`no report of devices: ${text}`);
  const engines = report.engines.filter(isRecord).map((engine) => engineLine(engine, t, inWords));
  const cards = Array.isArray(report.cards) ? report.cards.filter(isRecord).map((card) => cardLine(card, t)) : [];
  return { engines, machine: [...machineLines(report.machine, t), ...cards] };
}

type Raw = Readonly<Record<string, unknown>>;

function engineLine(engine: Raw, t: Translate, inWords: (code: string, args: MessageArgs) => string): DeviceLine {
  const { name, identity, auto, why } = engine;
  const reason = isRecord(why) ? inWords(String(why.code), isRecord(why.args) ? (why.args as MessageArgs) : {}) : '';
  const device = isRecord(identity) ? [`${identity.version}`, `${identity.device}`] : [t('cannot be used')];
  // An optional engine that nobody installed, or one without a card to compute on, is no trouble.
  const broken = isRecord(why) && why.code === 'device-not-loading';
  return {
    label: String(name),
    description: [...(auto === true ? [t('chosen by auto')] : []), ...device].join(' · '),
    tooltip: reason,
    icon: auto === true ? 'pass-filled' : isRecord(identity) ? 'circle-outline' : broken ? 'error' : 'circle-slash',
    broken,
  };
}

function cardLine({ name, driver, memory }: Raw, t: Translate): DeviceLine {
  const facts = [
    ...(typeof driver === 'string' ? [t('driver {driver}', { driver })] : []),
    ...(typeof memory === 'number' ? [formatMemory(memory)] : []),
  ];
  const description = [String(name), ...facts].join(' · ');
  return { label: t('Graphics Card'), description, icon: 'circuit-board', tooltip: description, broken: false };
}

function machineLines({ processor, cores, memory, available, platform, node }: Raw, t: Translate): readonly DeviceLine[] {
  const line = (label: string, description: string, icon: string, tooltip = ''): DeviceLine => ({
    label,
    description,
    icon,
    tooltip: tooltip === '' ? `${label}: ${description}` : tooltip,
    broken: false,
  });
  return [
    line(t('Processor'), processor === '' ? String(platform) : String(processor), 'chip'),
    line(t('Cores'), String(cores), 'server-process', t('Each can train a part of the batch (engine.workers).')),
    line(
      t('Memory'),
      t('{all}, {available} at hand', { all: formatMemory(Number(memory)), available: formatMemory(Number(available)) }),
      'database',
    ),
    line('Node', `${node} · ${platform}`, 'symbol-event', t('What trainers run on; the setting fathom.node names another.')),
  ];
}
