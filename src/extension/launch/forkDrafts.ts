// Which configuration files are forks to be: a person edits one as any other, and training it starts from
// the checkpoint that it was made from. Kept with the workspace, so that a reload forgets nothing.
import * as vscode from 'vscode';
import { Lifetime } from '../lifetime';

export interface ForkOrigin {
  /** Directory of the parent run. */
  readonly directory: string;
  /** Its checkpoint. */
  readonly step: number;
}

const KEY = 'fathom.forkDrafts';
/** The oldest are forgotten: files are deleted without anybody telling. */
const MOST = 100;

type Drafts = Readonly<Record<string, ForkOrigin>>;

export class ForkDrafts extends Lifetime {
  private readonly changed = this.own(new vscode.EventEmitter<void>());
  readonly onDidChange = this.changed.event;

  constructor(private readonly memory: vscode.Memento) {
    super();
  }

  /** Where the fork that this file describes begins; undefined for any other configuration. */
  of(file: vscode.Uri): ForkOrigin | undefined {
    return this.drafts[file.toString()];
  }

  async remember(file: vscode.Uri, origin: ForkOrigin): Promise<void> {
    const others = Object.entries(this.drafts).slice(1 - MOST);
    await this.write(Object.fromEntries([...others, [file.toString(), origin]]));
  }

  async forget(file: vscode.Uri): Promise<void> {
    await this.write(Object.fromEntries(Object.entries(this.drafts).filter(([known]) => known !== file.toString())));
  }

  private get drafts(): Drafts {
    return this.memory.get<Drafts>(KEY, {});
  }

  private async write(drafts: Drafts): Promise<void> {
    await this.memory.update(KEY, drafts);
    this.changed.fire();
  }
}
