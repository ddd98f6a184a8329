// Finds the program that runs the trainer, once, when it is first needed, and says in the log which.
import { execFile } from 'node:child_process';
import * as vscode from 'vscode';
import { childEnvironment } from '../../experiment/launch';
import { SETTINGS } from '../contributions';
import { Lifetime } from '../lifetime';
import { tell } from '../messages';
import { t } from '../words';
import { chooseNode, type NodeRefusal, type NodeRuntime } from './node';

const VERSION_TIMEOUT_MS = 5000;

export class NodeRuntimes extends Lifetime {
  private choice: Promise<NodeRuntime | NodeRefusal> | undefined;

  constructor(private readonly log: vscode.LogOutputChannel) {
    super();
    this.own(
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration(SETTINGS.node)) this.choice = undefined;
      }),
    );
  }

  /** The runtime, or undefined once the person has been told what is wrong with the setting. Only for trusted workspaces. */
  async find(): Promise<NodeRuntime | undefined> {
    this.choice ??= this.choose();
    const found = await this.choice;
    if (!('refused' in found)) return found;
    // What is wrong may be mended outside the editor, such as by installing Node.
    this.choice = undefined;
    tell('error', refusalWords(found), {
      [t('Open Settings')]: () => vscode.commands.executeCommand('workbench.action.openSettings', SETTINGS.node),
    });
    return undefined;
  }

  private async choose(): Promise<NodeRuntime | NodeRefusal> {
    const chosen = await chooseNode({
      setting: vscode.workspace.getConfiguration().get<string>(SETTINGS.node, '').trim(),
      searchPath: process.env.PATH ?? '',
      platform: process.platform,
      editor: { executable: process.execPath, version: process.version },
      versionOf,
    });
    if ('refused' in chosen) this.log.error(refusalWords(chosen));
    else this.log.info(`Trainers run on Node ${chosen.version} from ${chosen.executable} (${chosen.origin})`);
    return chosen;
  }
}

function refusalWords({ refused, args }: NodeRefusal): string {
  switch (refused) {
    case 'not-absolute':
      return t(
        'The setting fathom.node is "{value}", which is not an absolute path. Name the Node program by its full path, or leave the setting empty.',
        args,
      );
    case 'not-runnable':
      return t('The setting fathom.node names "{value}", which cannot be run. Correct the path, or leave the setting empty.', args);
    case 'too-old':
      return t('The setting fathom.node names "{value}", which is Node {version}. Fathom needs Node {oldest} or newer.', args);
    default:
      return refused satisfies never;
  }
}

function versionOf(executable: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const env = childEnvironment(process.env);
    execFile(executable, ['--version'], { timeout: VERSION_TIMEOUT_MS, windowsHide: true, env }, (error, stdout) => {
      resolve(error ? undefined : stdout);
    });
  });
}
