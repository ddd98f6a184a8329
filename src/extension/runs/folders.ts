// Where runs of this window may be: beside each workspace folder, in roots nested in it, and wherever
// this workspace has started runs before (a git root above the folder, say).
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { findRoot, runsFolder } from '../../experiment/runDirectory';
import { Lifetime } from '../lifetime';

const REMEMBERED = 'runsFolders';
/** Each root holds this file, so one hit stands for a folder of any number of runs. */
const ROOT_MARK = '**/.fathom/.gitignore';
const MOST_ROOTS = 100;

export class RunsFolders extends Lifetime {
  private readonly changed = this.own(new vscode.EventEmitter<void>());
  readonly onDidChange = this.changed.event;
  private nested: readonly string[] = [];
  private searched: Promise<void> | undefined;

  constructor(private readonly memory: vscode.Memento) {
    super();
    this.own(vscode.workspace.onDidChangeWorkspaceFolders(() => this.search()));
  }

  /** Every folder worth watching, whether it exists yet or not. Complete once `found` has resolved. */
  get all(): readonly string[] {
    return [...new Set([...this.direct(), ...this.nested, ...this.remembered().filter((folder) => existsSync(folder))])].sort();
  }

  get anyExists(): boolean {
    return this.all.some((folder) => existsSync(folder));
  }

  /** Resolves once the workspace has been searched for nested roots. */
  found(): Promise<void> {
    if (!this.searched) {
      const marks = this.own(vscode.workspace.createFileSystemWatcher(ROOT_MARK, false, true, false));
      this.own(marks.onDidCreate(() => this.search()));
      this.own(marks.onDidDelete(() => this.search()));
    }
    return this.searched ?? this.search();
  }

  /** A run has been started here; look here from now on, in later windows too. */
  async remember(folder: string): Promise<void> {
    if (this.all.includes(folder)) return;
    await this.memory.update(REMEMBERED, [...this.remembered(), folder]);
    this.changed.fire();
  }

  private search(): Promise<void> {
    this.searched = (async () => {
      const marks = await vscode.workspace.findFiles(ROOT_MARK, '**/node_modules/**', MOST_ROOTS);
      const before = this.all.join('\n');
      this.nested = marks.filter((mark) => mark.scheme === 'file').map((mark) => path.join(path.dirname(mark.fsPath), 'runs'));
      if (before !== this.all.join('\n')) this.changed.fire();
    })();
    return this.searched;
  }

  private direct(): string[] {
    return (vscode.workspace.workspaceFolders ?? [])
      .filter(({ uri }) => uri.scheme === 'file')
      .map(({ uri }) => runsFolder(findRoot(path.join(uri.fsPath, 'any'), uri.fsPath)));
  }

  private remembered(): readonly string[] {
    return this.memory.get<readonly string[]>(REMEMBERED, []);
  }
}
