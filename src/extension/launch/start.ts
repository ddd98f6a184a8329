// Starting a trainer: from a configuration (train, probe), or anew from the last checkpoint of a run
// that has ended. The trainer is detached; from here on only its run directory speaks of it.
import path from 'node:path';
import * as vscode from 'vscode';
import { listCheckpoints } from '../../experiment/checkpoints';
import type { ExperimentConfig } from '../../experiment/config';
import { Failure } from '../../experiment/failure';
import { launchTrainer } from '../../experiment/launch';
import { deriveState } from '../../experiment/processes';
import { anew } from '../../experiment/queue';
import type { RunRecord } from '../../experiment/run';
import { createRun, findRoot, readRun, runsFolder, writeRun } from '../../experiment/runDirectory';
import { type ConfigurationChecks, rangeOf } from '../config/checks';
import { COMMANDS, SETTINGS } from '../contributions';
import type { Dashboards } from '../dashboard/panels';
import { registerCommand } from '../failures';
import { Lifetime } from '../lifetime';
import { tell } from '../messages';
import type { RunChoice } from '../runs/choice';
import type { Endings } from '../runs/endings';
import type { RunsFolders } from '../runs/folders';
import { canContinue, isAlive } from '../runs/presentation';
import type { RunsWatch } from '../runs/watch';
import { trusted } from '../trust';
import { inWords, t } from '../words';
import { chooseConfiguration, configurationOf } from './configurationChoice';
import type { ForkDrafts, ForkOrigin } from './forkDrafts';
import type { NodeRuntimes } from './nodeRuntime';
import { RunQueue } from './queue';

export interface StartParts {
  readonly checks: ConfigurationChecks;
  readonly forks: ForkDrafts;
  readonly nodes: NodeRuntimes;
  readonly folders: RunsFolders;
  readonly runs: RunsWatch;
  readonly endings: Endings;
  readonly dashboards: Dashboards;
  readonly choice: RunChoice;
  readonly memory: vscode.Memento;
  readonly log: vscode.LogOutputChannel;
  /** The trainer's script. */
  readonly trainer: string;
}

export class StartCommands extends Lifetime {
  private readonly queue: RunQueue;

  constructor(private readonly parts: StartParts) {
    super();
    const { log } = parts;
    this.queue = this.own(new RunQueue({ ...parts, launch: (directory, node) => this.launch(directory, node, false) }));
    this.own(registerCommand(COMMANDS.startRun, log, (argument) => this.start('run', argument)));
    this.own(registerCommand(COMMANDS.probe, log, (argument) => this.start('probe', argument)));
    this.own(registerCommand(COMMANDS.resumeFromCheckpoint, log, (argument) => this.continue(argument)));
  }

  private async start(kind: RunRecord['kind'], argument: unknown): Promise<void> {
    if (!trusted()) return;
    const uri = configurationOf(argument) ?? (await chooseConfiguration());
    if (!uri) return;
    const document = await vscode.workspace.openTextDocument(uri);
    // What trains is what stands in the editor, and what stands on disk is what a run refers to.
    if (document.isDirty && !(await document.save())) return;
    const config = await this.sound(document);
    if (!config) return;
    const node = await this.parts.nodes.find();
    if (!node) return;
    const when = kind === 'run' ? await this.queue.when(config.name) : 'now';
    if (!when) return;
    const origin = kind === 'run' ? this.parts.forks.of(uri) : undefined;
    const directory = origin ? await this.forked(origin, config, uri) : await this.created(config, kind, uri);
    if (directory === undefined) return;
    if (when === 'now') await this.launch(directory, node.executable);
    else await this.wait(directory, 'new');
  }

  private async wait(directory: string, kind: 'new' | 'ended'): Promise<void> {
    const { folders, runs } = this.parts;
    await folders.remember(path.dirname(directory));
    void runs.listed();
    await this.queue.add(directory, kind);
  }

  private async created(config: ExperimentConfig, kind: RunRecord['kind'], uri: vscode.Uri): Promise<string> {
    const runs = runsFolder(findRoot(uri.fsPath, vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath));
    return (await createRun({ runs, name: config.name, config, kind, configuration: uri.fsPath })).directory;
  }

  /** The fork's directory, or undefined once the person knows why the checkpoint does not fit what they wrote. */
  private async forked({ directory, step }: ForkOrigin, config: ExperimentConfig, uri: vscode.Uri): Promise<string | undefined> {
    const [{ createFork, openForkPoint }, { CATALOGUE }] = await Promise.all([
      import('../../experiment/fork'),
      import('../../model/catalogue'),
    ]);
    try {
      const from = await openForkPoint(directory, step, CATALOGUE);
      return (await createFork({ from, config, runs: path.dirname(directory), configuration: uri.fsPath })).directory;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      tell('error', t('Nothing was started. {why}', { why: inWords(error.code, error.args) }), {
        [t('Train Without the Checkpoint')]: async () => {
          await this.parts.forks.forget(uri);
          await vscode.commands.executeCommand(COMMANDS.startRun, uri);
        },
      });
      return undefined;
    }
  }

  /** Relaunches the trainer on the directory of a run that has ended; it goes on from its last checkpoint. */
  private async continue(argument: unknown): Promise<void> {
    if (!trusted()) return;
    const directory = await this.parts.choice.choose(argument, {
      fits: canContinue,
      none: t('There is no stopped, failed or lost run that could be continued.'),
      title: t('Continue Run from Last Checkpoint'),
    });
    if (directory === undefined) return;
    const record = await readRun(directory);
    if (isAlive(deriveState(record)) && this.parts.runs.status(directory)?.state !== 'lost') {
      tell('information', t('This run is training already.'));
      return;
    }
    if ((await listCheckpoints(directory)).length === 0) {
      tell('warning', t('This run has no checkpoint to continue from. Start it anew from its configuration.'));
      return;
    }
    const node = await this.parts.nodes.find();
    if (!node) return;
    const when = await this.queue.when(record.name);
    if (when === 'wait') await this.wait(directory, 'ended');
    if (when !== 'now') return;
    await writeRun(directory, anew(await readRun(directory)));
    await this.launch(directory, node.executable);
  }

  /** @param open where the person has just asked for it, a dashboard may open */
  private async launch(directory: string, node: string, open = true): Promise<void> {
    const { endings, folders, runs, dashboards, log, trainer } = this.parts;
    await folders.remember(path.dirname(directory));
    void runs.listed();
    endings.expect(directory);
    try {
      const { pid } = await launchTrainer({ directory, node, script: trainer, detached: true });
      log.info(`Started trainer ${pid} for ${directory}`);
      this.queue.began(directory);
    } catch (error) {
      endings.forget(directory);
      throw error;
    }
    if (open && vscode.workspace.getConfiguration().get<boolean>(SETTINGS.openDashboardOnStart, true)) dashboards.open(directory, true);
  }

  /** The resolved configuration, or undefined once the person knows what to mend. */
  private async sound(document: vscode.TextDocument): Promise<ExperimentConfig | undefined> {
    const { config, findings } = await this.parts.checks.resolve(document);
    const errors = findings.filter((finding) => finding.severity === 'error');
    const [first] = errors;
    if (config && !first) return config;
    const why = first ? inWords(first.code, first.args) : '';
    const words =
      errors.length > 1
        ? t('Nothing was started. {why} ({count} more problems)', { why, count: errors.length - 1 })
        : t('Nothing was started. {why}', { why });
    const selection = rangeOf(document, first?.range ?? { offset: 0, length: 0 });
    tell('error', words, { [t('Show Problem')]: () => vscode.window.showTextDocument(document, { selection }) });
    return undefined;
  }
}
