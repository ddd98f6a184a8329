// `Fathom: Install CUDA Engine`: asks first, shows what npm does, can be cancelled, and says what came of it:
// that a package is there does not mean that it finds a card.
import * as vscode from 'vscode';
import { isRecord } from '../../experiment/record';
import { COMMANDS } from '../contributions';
import { registerCommand } from '../failures';
import type { NodeRuntimes } from '../launch/nodeRuntime';
import { Lifetime } from '../lifetime';
import { tell } from '../messages';
import { callTool } from '../tool';
import { trusted } from '../trust';
import { inWords, t } from '../words';
import { CUDA_ENGINE, installCudaEngine, type Outcome, type Refusal } from './installation';

export interface EngineParts {
  readonly nodes: NodeRuntimes;
  readonly log: vscode.LogOutputChannel;
  /** The terminal tool's script. */
  readonly tool: string;
  /** Where native engines are installed. */
  readonly folder: string;
}

export class EngineCommands extends Lifetime {
  constructor(private readonly parts: EngineParts) {
    super();
    this.own(registerCommand(COMMANDS.installCudaEngine, parts.log, () => this.install()));
  }

  private async install(): Promise<void> {
    if (!trusted()) return;
    const node = await this.parts.nodes.find();
    if (!node) return;
    const go = t('Install');
    const detail = t(
      'npm downloads {package} and, by its installation script, TensorFlow 2.9.1 with CUDA support: several hundred megabytes, into the storage of this extension. It runs on Linux and Windows with an NVIDIA card, CUDA 11.2 and cuDNN 8.1.',
      { package: CUDA_ENGINE },
    );
    if ((await vscode.window.showWarningMessage(t('Install the CUDA engine?'), { modal: true, detail }, go)) !== go) return;
    const outcome = await this.watched(node.executable);
    if (outcome === 'cancelled') return;
    if (outcome !== 'installed') {
      this.parts.log.error(`${CUDA_ENGINE}: ${outcome.refused}: ${outcome.detail}`);
      tell('error', refusalWords(outcome), { [t('Show Log')]: () => this.parts.log.show() });
      return;
    }
    await vscode.commands.executeCommand(COMMANDS.refreshDevices);
    const why = await this.trouble(node.executable);
    if (why === undefined)
      tell('information', t('The CUDA engine is installed and finds a card. Write engine.name "tfjs-node-gpu" to train on it.'));
    else tell('warning', t('The CUDA engine is installed, but cannot be used yet. {why}', { why }));
  }

  private watched(node: string): Thenable<Outcome> {
    const location = vscode.ProgressLocation.Notification;
    return vscode.window.withProgress({ location, title: t('Installing the CUDA engine'), cancellable: true }, (progress, cancelled) => {
      const ending = new AbortController();
      cancelled.onCancellationRequested(() => ending.abort());
      const say = (message: string): void => {
        progress.report({ message: message.slice(0, 80) });
        this.parts.log.info(message);
      };
      const { platform, arch: architecture } = process;
      return installCudaEngine({ node, folder: this.parts.folder, platform, architecture }, say, ending.signal);
    });
  }

  /** What keeps the engine from running, in words; undefined where nothing does. */
  private async trouble(node: string): Promise<string | undefined> {
    const text = await callTool({ node, script: this.parts.tool, args: ['devices', '--json'] }, {}, new AbortController().signal);
    const report: unknown = JSON.parse(text ?? '{}');
    const engines: readonly unknown[] = isRecord(report) && Array.isArray(report.engines) ? report.engines : [];
    const engine = engines.filter(isRecord).find(({ name }) => name === 'tfjs-node-gpu');
    if (!engine || isRecord(engine.identity) || !isRecord(engine.why)) return undefined;
    const { code, args } = engine.why;
    return inWords(String(code), isRecord(args) ? (args as Readonly<Record<string, string>>) : {});
  }
}

function refusalWords({ refused, detail }: Refusal): string {
  switch (refused) {
    case 'platform':
      return t('TensorFlow has no CUDA build for {detail}: only for Linux and Windows on x64. engine.name "webgpu" uses any card.', {
        detail,
      });
    case 'no-npm':
      return t('{detail} came without npm, which installs the engine. Set fathom.node to a Node that was installed with npm.', { detail });
    case 'network':
      return t('npm could not reach what it needs ({detail}). Check the network and npm’s proxy settings, and try again.', { detail });
    case 'npm':
      return t('npm could not install the engine: {detail}. The log has all that it said.', { detail });
    default:
      return refused satisfies never;
  }
}
