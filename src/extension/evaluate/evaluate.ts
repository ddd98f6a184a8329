// `Fathom: Evaluate Run…`: run, task and official file, then a child process that does what the terminal's
// `fathom evaluate` does; the result is a file of the run.
import path from 'node:path';
import * as vscode from 'vscode';
import { TASKS } from '../../evaluate/tasks';
import { isRecord } from '../../experiment/record';
import { COMMANDS } from '../contributions';
import { registerCommand } from '../failures';
import type { NodeRuntimes } from '../launch/nodeRuntime';
import { Lifetime } from '../lifetime';
import { tell } from '../messages';
import type { RunChoice } from '../runs/choice';
import { mayHaveCheckpoint } from '../runs/presentation';
import { callTool, type ToolWatcher } from '../tool';
import { trusted } from '../trust';
import { t } from '../words';
import { resultWords } from './resultWords';
import { chooseTaskFiles } from './taskFiles';

export interface EvaluateParts {
  readonly choice: RunChoice;
  readonly nodes: NodeRuntimes;
  readonly log: vscode.LogOutputChannel;
  /** The terminal tool's script. */
  readonly tool: string;
}

export class EvaluateCommands extends Lifetime {
  private readonly samples = this.own(vscode.window.createOutputChannel('Fathom Samples'));
  private prompt = 'It was ';

  constructor(private readonly parts: EvaluateParts) {
    super();
    this.own(registerCommand(COMMANDS.evaluateRun, parts.log, (argument) => this.evaluate(argument)));
    this.own(registerCommand(COMMANDS.generateText, parts.log, (argument) => this.generate(argument)));
  }

  private async evaluate(argument: unknown): Promise<void> {
    const directory = await this.chooseRun(argument, t('Evaluate Run'));
    if (directory === undefined) return;
    const items = TASKS.map((task) => ({ label: task.title, description: task.files.data, detail: task.documentation, task }));
    const task = (await vscode.window.showQuickPick(items, { title: t('Evaluate Run'), placeHolder: t('On which task') }))?.task;
    if (!task) return;
    const files = await chooseTaskFiles(task.name);
    if (!files) return;
    const args = ['--task', task.name, ...files, '--json', '--progress'];
    const name = path.basename(directory);
    const text = await this.call(['evaluate', directory, ...args], t('Evaluating {run} on {task}', { run: name, task: task.title }));
    if (text === undefined) return;
    const result: unknown = JSON.parse(text);
    if (!isRecord(result) || typeof result.file !== 'string') throw new Error(text);
    const { file } = result;
    tell('information', t('{run} on {task}: {numbers}', { run: name, task: task.title, numbers: resultWords(result) }), {
      [t('Open Result')]: () => vscode.window.showTextDocument(vscode.Uri.file(file)),
    });
  }

  private async generate(argument: unknown): Promise<void> {
    const title = t('Generate Text from Checkpoint');
    const directory = await this.chooseRun(argument, title);
    if (directory === undefined) return;
    const prompt = await vscode.window.showInputBox({ title, prompt: t('What the text begins with'), value: this.prompt });
    if (prompt === undefined || prompt === '') return;
    this.prompt = prompt;
    const name = path.basename(directory);
    this.samples.appendLine(`── ${name}`);
    this.samples.show(true);
    const seed = String(Math.floor(Date.now() / 1000) % 1e9);
    await this.call(['generate', directory, `--prompt=${prompt}`, '--seed', seed, '--save'], t('Writing with {run}', { run: name }), {
      out: (piece) => this.samples.append(piece),
    });
    this.samples.appendLine('');
  }

  private async chooseRun(argument: unknown, title: string): Promise<string | undefined> {
    if (!trusted()) return undefined;
    return await this.parts.choice.choose(argument, { fits: mayHaveCheckpoint, none: t('There is no run with a model yet.'), title });
  }

  /** What the tool wrote; undefined where the person ended it, or has been told why it cannot run. */
  private async call(args: readonly string[], title: string, watcher: ToolWatcher = {}): Promise<string | undefined> {
    const node = await this.parts.nodes.find();
    if (!node) return undefined;
    const location = vscode.ProgressLocation.Notification;
    return await vscode.window.withProgress({ location, title, cancellable: true }, (progress, cancelled) => {
      const ending = new AbortController();
      cancelled.onCancellationRequested(() => ending.abort());
      let told = 0;
      const spoken: ToolWatcher = {
        ...watcher,
        progress: (done, of) => {
          const percent = (100 * done) / of;
          progress.report({ message: t('{done} of {count}', { done, count: of }), increment: percent - told });
          told = percent;
        },
      };
      return callTool({ node: node.executable, script: this.parts.tool, args }, spoken, ending.signal);
    });
  }
}
