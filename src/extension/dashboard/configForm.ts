// The Config tab's other half: what the form shows of a run's configuration, and what its buttons do. Save
// edits the file through the editor, Apply asks the trainer, Fork writes a fork's configuration and trains it.
import path from 'node:path';
import * as vscode from 'vscode';
import { askForEdits } from '../../experiment/askForEdits';
import { listCheckpoints } from '../../experiment/checkpoints';
import { difference } from '../../experiment/edits';
import { Failure } from '../../experiment/failure';
import { withFieldEdits } from '../../experiment/formEdits';
import { deriveState } from '../../experiment/processes';
import type { RunRecord } from '../../experiment/run';
import { readParentConfig, readRunConfig } from '../../experiment/runConfig';
import { readRun } from '../../experiment/runDirectory';
import { parse } from '../../experiment/syntax';
import { changesBetween } from '../../experiment/values';
import type { ConfigEdit, ConfigParent, ConfigState, Said } from '../../protocol/configuration';
import { type ConfigurationChecks, rangeOf } from '../config/checks';
import { COMMANDS } from '../contributions';
import { writeForkDraft } from '../launch/forkDraft';
import type { ForkDrafts } from '../launch/forkDrafts';
import { Lifetime } from '../lifetime';
import { originOf } from '../runs/origin';
import { isAlive } from '../runs/presentation';
import { ConfigurationFile } from './configurationFile';
import { formState, liveValues } from './formState';
import type { ConfigForm, ConfigWish } from './session';

export class RunConfigForm extends Lifetime implements ConfigForm {
  private readonly changed = this.own(new vscode.EventEmitter<void>());
  readonly onDidChange = this.changed.event;
  private file: ConfigurationFile | undefined;

  constructor(
    private readonly directory: string,
    private readonly checks: ConfigurationChecks,
    private readonly forks: ForkDrafts,
  ) {
    super();
    this.own(vscode.workspace.onDidGrantWorkspaceTrust(() => this.changed.fire()));
  }

  async state(edits: readonly ConfigEdit[]): Promise<ConfigState> {
    const { CATALOGUE } = await import('../../model/catalogue');
    const { record, config } = await readRunConfig(this.directory, CATALOGUE);
    const file = this.fileOf(record);
    const [told, parent, saved] = await Promise.all([
      file.told(config),
      this.parentOf(record),
      listCheckpoints(this.directory).catch(() => []),
    ]);
    const checkpoints = saved.map(({ step }) => step).reverse();
    const place = file.uri ?? vscode.Uri.file(path.join(this.directory, 'config.json'));
    return formState({
      config,
      edits,
      catalogue: CATALOGUE,
      check: (text) => this.checks.lookAtFile(place, text),
      file: told,
      ...(parent && { parent }),
      checkpoints,
      refusals: refusalsOf(record, told.state, checkpoints),
    });
  }

  async change({ action, edits, step }: ConfigWish, answered: (id: string) => Promise<void>): Promise<Said> {
    if (!vscode.workspace.isTrusted) throw new Failure('config-untrusted', {});
    switch (action) {
      case 'save':
        return this.save(edits);
      case 'apply':
        return this.apply(edits, answered);
      case 'fork':
        return this.fork(edits, step ?? 0);
      default:
        return action satisfies never;
    }
  }

  /** Into the document, where undo finds it; on disk only where nothing else of it was unsaved. */
  private async save(edits: readonly ConfigEdit[]): Promise<Said> {
    const { CATALOGUE } = await import('../../model/catalogue');
    const { uri } = this.fileOf((await readRunConfig(this.directory, CATALOGUE)).record);
    if (!uri) throw new Failure('config-no-file', {});
    const document = await vscode.workspace.openTextDocument(uri);
    const before = document.getText();
    const name = path.basename(uri.fsPath);
    if ('finding' in parse(before)) throw new Failure('config-file-broken', { file: name });
    const after = withFieldEdits(before, edits);
    if (after === before) return { code: 'config.savedAlready', args: { file: name } };
    const wasDirty = document.isDirty;
    const { text, ...range } = difference(before, after);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(uri, rangeOf(document, range), text);
    if (!(await vscode.workspace.applyEdit(edit))) throw new Failure('config-not-written', { file: name });
    if (wasDirty) return { code: 'config.savedOpen', args: { file: name } };
    if (!(await document.save())) throw new Failure('config-not-written', { file: name });
    return { code: 'config.saved', args: { file: name } };
  }

  /** Resolves when the trainer has taken the values, or rejects with why it did not. */
  private async apply(edits: readonly ConfigEdit[], answered: (id: string) => Promise<void>): Promise<Said> {
    const { CATALOGUE } = await import('../../model/catalogue');
    const { record, config } = await readRunConfig(this.directory, CATALOGUE);
    const id = await askForEdits(this.directory, { record, config }, liveValues(config, edits, CATALOGUE), CATALOGUE);
    if (id === undefined) return { code: 'config.appliedAlready', args: {} };
    await answered(id);
    const taken = (await readRunConfig(this.directory, CATALOGUE)).record.edits?.find((edit) => edit.id === id);
    return taken ? { code: 'config.applied', args: { step: taken.step } } : { code: 'config.appliedAlready', args: {} };
  }

  private async fork(edits: readonly ConfigEdit[], step: number): Promise<Said> {
    // What the trainer took after that checkpoint is what the form shows, and so part of what is forked.
    const { edits: taken = [] } = await readRun(this.directory);
    const later = taken.filter((edit) => edit.step > step).flatMap(({ changes }) => changes.map(({ field, to }) => ({ field, value: to })));
    const file = await writeForkDraft({ directory: this.directory, step }, [...later, ...edits], this.forks);
    // Its own messages tell where it cannot start.
    void vscode.commands.executeCommand(COMMANDS.startRun, file);
    return { code: 'config.forked', args: { step, file: path.basename(file.fsPath) } };
  }

  private fileOf(record: RunRecord): ConfigurationFile {
    const configuration = originOf(record);
    if (this.file && this.file.path === configuration) return this.file;
    this.file?.dispose();
    this.file = this.own(new ConfigurationFile(configuration, this.checks, () => this.changed.fire()));
    return this.file;
  }

  private async parentOf(record: RunRecord): Promise<ConfigParent | undefined> {
    const { lineage } = record;
    if (!lineage) return undefined;
    const { CATALOGUE } = await import('../../model/catalogue');
    const about = { run: lineage.run, step: lineage.step };
    const [own, parent] = await Promise.all([
      readRunConfig(this.directory, CATALOGUE),
      readParentConfig(this.directory, record, CATALOGUE),
    ]);
    return parent ? { ...about, changes: changesBetween(parent.config, own.config) } : about;
  }
}

function refusalsOf(record: RunRecord, file: ConfigState['file']['state'], checkpoints: readonly number[]): ConfigState['refusals'] {
  const why = (code: string, args: Said['args'] = {}): Said => ({ code, args });
  const { isTrusted } = vscode.workspace;
  const untrusted = isTrusted ? undefined : why('config-untrusted');
  const state = deriveState(record);
  const files: Partial<Record<typeof file, Said>> = {
    none: why('config-no-file'),
    missing: why('config-file-missing'),
    unreadable: why('config-file-missing'),
    broken: why('config-file-broken', { file: path.basename(record.configuration ?? '') }),
  };
  const save = untrusted ?? files[file];
  const apply = untrusted ?? (isAlive(state) && record.kind === 'run' ? undefined : why('apply-ended', { value: record.id, state }));
  const fork = untrusted ?? (checkpoints.length > 0 ? undefined : why('config-no-checkpoint'));
  return { ...(save && { save }), ...(apply && { apply }), ...(fork && { fork }) };
}
