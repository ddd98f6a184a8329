// Wiring, and nothing else: which feature is made from what. Every feature registers itself and is
// disposed with the window.
import path from 'node:path';
import * as vscode from 'vscode';
import { ConfigurationChecks } from './config/checks';
import { ConfigurationCompletions } from './config/completions';
import { ConfigurationDiagnostics } from './config/diagnostics';
import { ConfigurationHovers } from './config/hovers';
import { ConfigurationLenses } from './config/lenses';
import { ConfigurationFixes } from './config/quickFixes';
import { DashboardCommands } from './dashboard/commands';
import { Dashboards } from './dashboard/panels';
import { ShownRun } from './dashboard/shownRun';
import { DevicesTree } from './devices/tree';
import { EngineCommands } from './engines/commands';
import { askingBy } from './evaluate/asking';
import { EvaluateCommands } from './evaluate/evaluate';
import { ExperimentCommands } from './experiments/commands';
import { ExperimentSummaries } from './experiments/summaries';
import { ExperimentsTree } from './experiments/tree';
import { CleanCommands } from './launch/cleaning';
import { DeleteCommands } from './launch/deletion';
import { RunFileCommands } from './launch/files';
import { ForkCommands } from './launch/fork';
import { ForkDrafts } from './launch/forkDrafts';
import { NewExperiment } from './launch/newExperiment';
import { NodeRuntimes } from './launch/nodeRuntime';
import { StartCommands } from './launch/start';
import { SteerCommands } from './launch/steering';
import { RunChoice } from './runs/choice';
import { Endings } from './runs/endings';
import { RunsFolders } from './runs/folders';
import { LabelCommands } from './runs/labels';
import { Observing } from './runs/observing';
import { RunsStatusBar } from './runs/statusBar';
import { RunsTree } from './runs/tree';
import { RunsViewCommands, rememberedGrouping } from './runs/viewCommands';
import { RunsWatch } from './runs/watch';
import { TerminalPath } from './terminal/path';

export function activate(context: vscode.ExtensionContext): void {
  const own = <T extends vscode.Disposable>(feature: T): T => {
    context.subscriptions.push(feature);
    return feature;
  };
  const built = (file: string) => path.join(context.extensionPath, 'dist', file);
  const log = own(vscode.window.createOutputChannel('Fathom', { log: true }));

  const observing = own(new Observing(built('observer.mjs'), log));
  const folders = own(new RunsFolders(context.workspaceState));
  const runs = own(new RunsWatch(folders, observing));
  const tree = own(new RunsTree(runs, rememberedGrouping(context.workspaceState)));
  own(new RunsViewCommands(tree, context.workspaceState, log));
  own(new RunsStatusBar(runs));
  const endings = own(new Endings(runs));

  const nodes = own(new NodeRuntimes(log));
  const checks = own(new ConfigurationChecks());
  const forks = own(new ForkDrafts(context.workspaceState));
  const dashboards = own(
    new Dashboards(context.extensionUri, observing, { asking: askingBy(nodes, built('cli.mjs')), checks, forks }, log),
  );
  const choice = own(
    new RunChoice(
      runs,
      () => dashboards.shown,
      () => tree.selected,
    ),
  );
  own(new LabelCommands(choice, runs, log));
  own(new DashboardCommands(dashboards, choice, log));
  own(new ShownRun(dashboards, runs));

  own(new ConfigurationDiagnostics(checks, log));
  own(new ConfigurationFixes(checks));
  own(new ConfigurationHovers(checks));
  own(new ConfigurationCompletions(checks));
  own(new ConfigurationLenses(checks, forks));

  own(new NewExperiment(log));
  own(
    new StartCommands({
      checks,
      forks,
      nodes,
      folders,
      runs,
      endings,
      dashboards,
      choice,
      memory: context.workspaceState,
      log,
      trainer: built('trainer.mjs'),
    }),
  );
  own(new ForkCommands(choice, forks, log));
  const tool = built('cli.mjs');
  own(new EvaluateCommands({ choice, nodes, log, tool }));
  own(new ExperimentsTree(own(new ExperimentSummaries(checks))));
  own(new ExperimentCommands({ nodes, log, tool }));
  // Trainers and the tool inherit where to look for engines that were installed from here.
  const engines = path.join(context.globalStorageUri.fsPath, 'engines');
  process.env.FATHOM_ENGINES ??= engines;
  own(new DevicesTree({ nodes, log, tool }));
  own(new EngineCommands({ nodes, log, tool, folder: engines }));
  own(new TerminalPath(context, tool, log));
  own(new SteerCommands(choice, log));
  own(new RunFileCommands(choice, log));
  own(new DeleteCommands(choice, runs, log));
  own(new CleanCommands(choice, runs, log));

  // Runs of an earlier window may still be training: found again without anybody asking.
  void folders.found().then(() => (folders.anyExists ? runs.listed() : undefined));
}
