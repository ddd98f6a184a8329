// What a person adds to runs: a star, tags, a note, a name of their own. It lies in `notes.json` beside the run
// and so travels with it.
import * as vscode from 'vscode';
import { editNotes, notesFile, parseTags, type RunNotes } from '../../observe/notes';
import type { RunSummary } from '../../observe/runView';
import { COMMANDS } from '../contributions';
import { registerCommand } from '../failures';
import { Lifetime } from '../lifetime';
import { trusted } from '../trust';
import { t } from '../words';
import type { RunChoice } from './choice';
import { runLabel } from './presentation';
import { commonTags, retagged } from './retag';
import type { RunsWatch } from './watch';

export class LabelCommands extends Lifetime {
  constructor(
    private readonly choice: RunChoice,
    private readonly runs: RunsWatch,
    log: vscode.LogOutputChannel,
  ) {
    super();
    const register = (
      id: string,
      title: string,
      fits: (run: RunSummary) => boolean,
      edit: (directories: readonly string[]) => Promise<void>,
    ) =>
      this.own(
        registerCommand(id, log, async (argument, selected) => {
          if (!trusted()) return;
          const none = t('There is no run for that.');
          const directories = await this.choice.several(argument, selected, { fits, none, title });
          if (directories.length > 0) await edit(directories);
        }),
      );
    register(
      COMMANDS.starRun,
      t('Star Run'),
      (run) => run.notes?.star !== true,
      (directories) => this.edit(directories, (notes) => ({ ...notes, star: true })),
    );
    register(
      COMMANDS.unstarRun,
      t('Remove Star'),
      (run) => run.notes?.star === true,
      (directories) => this.edit(directories, (notes) => ({ ...notes, star: false })),
    );
    const any = () => true;
    register(COMMANDS.tagRun, t('Edit Tags'), any, (directories) => this.tag(directories));
    register(COMMANDS.noteRun, t('Edit Note'), any, (directories) => this.note(directories));
    register(COMMANDS.renameRun, t('Rename Run'), any, (directories) => this.rename(directories));
  }

  private async edit(directories: readonly string[], edit: (notes: RunNotes) => RunNotes): Promise<void> {
    for (const directory of directories) await editNotes(directory, edit);
  }

  /** Of several runs the tags that all have are there to edit; what only some have stays theirs. */
  private async tag(directories: readonly string[]): Promise<void> {
    const common = commonTags(directories.map((directory) => this.runs.status(directory)?.notes?.tags ?? []));
    const known = new Set(this.runs.all.flatMap(({ notes }) => notes?.tags ?? []));
    const text = await vscode.window.showInputBox({
      title: t('Edit Tags'),
      prompt:
        known.size === 0
          ? t('Tags, with commas between them')
          : t('Tags, with commas between them. In use: {tags}', { tags: [...known].sort().join(', ') }),
      value: common.join(', '),
    });
    if (text === undefined) return;
    const wanted = parseTags(text);
    await this.edit(directories, (notes) => ({ ...notes, tags: retagged(notes.tags, common, wanted) }));
  }

  private async note(directories: readonly string[]): Promise<void> {
    const notes = directories.map((directory) => this.runs.status(directory)?.notes?.text ?? '');
    const long = notes.findIndex((text) => text.includes('\n'));
    if (long >= 0) {
      // A box of one line would run its lines together.
      await vscode.window.showTextDocument(vscode.Uri.file(notesFile(directories[long] ?? '')));
      return;
    }
    const text = await vscode.window.showInputBox({
      title: t('Edit Note'),
      prompt:
        directories.length > 1
          ? t('The note of all {count} runs; empty removes it', { count: directories.length })
          : t('Empty removes the note'),
      value: new Set(notes).size === 1 ? (notes[0] ?? '') : '',
    });
    if (text !== undefined) await this.edit(directories, (before) => ({ ...before, text }));
  }

  /** One run; of several, the first. */
  private async rename([directory]: readonly string[]): Promise<void> {
    const run = directory === undefined ? undefined : this.runs.status(directory);
    if (!run) return;
    const own = run.record?.name ?? '';
    const prompt = t('A name for this list only; empty gives back "{name}"', { name: own });
    const name = await vscode.window.showInputBox({ title: t('Rename Run'), prompt, value: runLabel(run) });
    if (name === undefined) return;
    await this.edit([run.directory], ({ name: _, ...notes }) => {
      const given = name.trim();
      return given === '' || given === own ? notes : { ...notes, name: given };
    });
  }
}
