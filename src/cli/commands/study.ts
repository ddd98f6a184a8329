// `fathom study`: every combination of some fields as a run of its own, one after the other, and a page
// about them. It keeps no state: whatever ended it, calling it again goes on where the runs are.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf, writeFileAtomic } from '../../experiment/files';
import { deriveState } from '../../experiment/processes';
import { isEnded } from '../../experiment/run';
import { createRun, findRoot, runsFolder } from '../../experiment/runDirectory';
import { cellTitle, readStudy, type Study } from '../../experiment/study';
import { readRunFacts } from '../../report/runFacts';
import { studyPage } from '../../report/studyPage';
import { finalLoss, hasDiverged, verdictOf } from '../../report/verdict';
import { type Command, type Context, RUNS_OPTION } from '../command';
import { tellFinding } from '../configuration';
import { duration } from '../display/durations';
import { launchWatched, watchAlive } from '../launching';
import { startAgain } from '../restarting';
import { shortPath } from '../runs';
import { type FoundRun, findCellRuns, type PlannedCell, planOf } from '../study/cells';
import { writeLine } from '../terminal';
import type { Watched } from '../watch';

/** What somebody wrote about the study, in the folder of its page. */
const NOTES_FILE = 'notes.md';

export const study: Command = {
  spec: {
    name: 'study',
    summary: 'Train every combination of some fields, one after the other, and write a page about them.',
    words: ['study'],
    options: [{ name: 'page', value: 'DIR', help: 'only write the page, into this folder, from the runs that are there' }, RUNS_OPTION],
    details: [
      'A study is a file such as depth.study.json:',
      '  { "base": "deep.fathom.json", "axes": { "model.scheme": ["post-ln", "pre-ln"], "seed": [1, 2] } }',
      'base is a path or a configuration. Every cell is an ordinary run: Ctrl-C stops the one at work with a checkpoint,',
      'and the same command goes on with it; cells that have finished or become NaN are not run again. The page,',
      `README.md and pictures, goes to <study>-page beside the file; ${NOTES_FILE} in that folder becomes part of it.`,
    ].join('\n'),
  },
  async run(args, context) {
    const file = path.resolve(context.cwd, args.words[0] ?? '');
    const plan = await readStudy(file);
    const cells = planOf(plan);
    const named = args.value(RUNS_OPTION.name);
    const runs = named === undefined ? runsFolder(findRoot(file)) : path.resolve(context.cwd, named);
    const page = args.value('page');
    const beside = path.join(path.dirname(file), `${path.basename(file).replace(/(\.study)?\.jsonc?$/, '')}-page`);
    const folder = page === undefined ? beside : path.resolve(context.cwd, page);
    if (page === undefined && !cells.some(({ config }) => config)) {
      for (const finding of cells[0]?.findings ?? []) tellFinding(finding, { file }, context);
      return 1;
    }
    const write = () => writePage(plan, cells, runs, folder);
    const code = page === undefined ? await runCells(plan, cells, runs, write, context) : 0;
    writeLine(context.terminal, `The page is ${shortPath(await write(), context.cwd)}`);
    return code;
  },
};

/** Runs what has not ended for good, with a new page after each. Gives the exit code: that of an interruption, or 1 where a cell failed without a result. */
async function runCells(
  plan: Study,
  cells: readonly PlannedCell[],
  runs: string,
  written: () => Promise<unknown>,
  context: Context,
): Promise<number> {
  const { terminal, interrupts } = context;
  let code = 0;
  for (const [i, cell] of cells.entries()) {
    const title = `cell ${i + 1} of ${cells.length}: ${cellTitle(plan, cell.values)}`;
    const [found] = await findCellRuns([cell], runs);
    const settled = cell.config ? found && isSettled(found) : true;
    if (!settled) {
      writeLine(terminal, { text: title, style: 'bold' });
      const { left } = await runCell(cell, found, runs, context);
      if (left || interrupts.count > 0) return interrupts.exitCode;
      await written();
    }
    const [run] = await findCellRuns([cell], runs);
    writeLine(terminal, { text: `${title}  `, style: 'dim' }, await outcome(run, cell));
    if (cell.config && !(run && isSettled(run))) code = 1;
  }
  return code;
}

/** Whether running it again would tell nothing new. */
function isSettled({ record }: FoundRun): boolean {
  return record.state === 'finished' || hasDiverged(record);
}

async function runCell({ config }: PlannedCell, found: FoundRun | undefined, runs: string, context: Context): Promise<Watched> {
  if (!config) throw new Error('a cell without configuration cannot run');
  if (!found) {
    const { directory, record } = await createRun({ runs, name: config.name, config, kind: 'run' });
    return await launchWatched({ directory, record, config }, context);
  }
  const { directory, record } = found;
  if (!isEnded(deriveState(record))) return await watchAlive({ directory, record, config }, context);
  return await launchWatched(await startAgain(directory, record, context), context);
}

async function outcome(run: FoundRun | undefined, { findings }: PlannedCell): Promise<string> {
  if (!run) return findings.some(({ severity }) => severity === 'error') ? 'invalid' : 'not run';
  const facts = await readRunFacts(run.directory);
  const loss = finalLoss(facts);
  return `${loss === undefined ? '' : `${loss.toFixed(3)} `}${verdictOf(facts)} (${duration(facts.seconds)})`;
}

/** Gives the file that is the page. */
async function writePage(plan: Study, cells: readonly PlannedCell[], runs: string, folder: string): Promise<string> {
  const found = await findCellRuns(cells, runs);
  const facts = await Promise.all(
    cells.map(async ({ values, findings }, i) => {
      const run = found[i];
      return { values, findings, ...(run && { run: await readRunFacts(run.directory) }) };
    }),
  );
  const files = studyPage(plan, facts, await notesIn(folder));
  for (const { name, text } of files) await writeFileAtomic(path.join(folder, name), text);
  return path.join(folder, files[0]?.name ?? '');
}

async function notesIn(folder: string): Promise<string | undefined> {
  try {
    return await readFile(path.join(folder, NOTES_FILE), 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
