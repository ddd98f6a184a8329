// The English words for every code that a finding, a failure or a fix may carry. The trainer and the
// page send codes with arguments; whoever shows them renders here, or through its own translation of
// this table. `{name}` stands for an argument.

export type MessageArgs = Readonly<Record<string, string | number>>;

export const MESSAGES: Readonly<Record<string, string>> = {
  'unexpected-failure': 'Something unforeseen went wrong: {detail}. The details are in {log}.',

  // Files and run directories.
  'disk-full': 'The disk that holds {path} is full ({errno}). Free some space there, or keep the runs on another disk.',
  'disk-read-only': 'The disk that holds {path} is read-only ({errno}). Make it writable, or keep the runs in another folder.',
  'disk-denied': 'Writing or reading {path} is not permitted ({errno}). Change its permissions, or keep the runs in another folder.',
  'file-not-json': '{path} is not valid JSON ({detail}). Restore it or delete it.',
  'run-missing': 'There is no run in {path}: run.json is missing.',
  'run-malformed': 'run.json in {path} cannot be understood: {field} is missing or wrong. Restore it, or delete the run.',
  'run-newer-format': 'The run in {path} was written by a newer Fathom (format {value}; this one reads up to {known}). Update Fathom.',
  'trainer-cannot-start': 'The trainer could not be started with {node}: {detail}. Check that this is Node 20 or newer and may be run.',

  // Training.
  'engine-unavailable':
    '{field} is {value}, but that engine does not load on this machine ({detail}). Install Fathom for this platform, or choose engine.name reference for a tiny model.',
  'non-finite':
    'Step {step} was not taken: the loss is {loss} and gradients stop being finite at {place}. The last good state is saved; resume with a learning rate below {learningRate}, more warm-up or clipping.',
  'checkpoint-malformed': '{path} is not a trainer state. Restore it, or delete its folder to resume from an older checkpoint.',
  'checkpoint-newer-format': '{path} was written by a newer Fathom (format {value}; this one reads up to {known}). Update Fathom.',
  'checkpoint-other-model': '{path} does not fit this model: {field} is {value}, not {expected}. Resume the run that it belongs to.',
  'checkpoint-all-broken': 'None of the checkpoints in {path} is whole. Restore one, or start a new run.',

  // Event files.
  'events-bad-checksum': '{file} is damaged at byte {offset}: the checksum does not agree. What comes before is shown; the rest is not.',
  'events-too-long':
    '{file} has a record of {value} bytes at byte {offset}, longer than any that Fathom writes. What comes before is shown.',
  'events-malformed': '{file} has a record at byte {offset} that is not a TensorBoard event. What comes before is shown.',
  'events-deleted': '{file} was deleted. What was read of it is still shown.',
  'events-unreadable': '{file} cannot be read just now ({errno}). What was read of it is shown; Fathom keeps trying.',
  'events-truncated':
    '{file} was cut to {value} bytes, but {offset} were read already. What was read is shown; open the run again to read what is left.',
  'events-replaced':
    '{file} was replaced by another file after byte {offset}. What was read is shown; open the run again to read the new one.',
  'events-out-of-order': '{file} records step {step} after step {after}. Values that come too late are left out.',
  'events-unnamed-statistics': '{file} has depth statistics at step {step} without the names of rows and columns. They are left out.',
  'events-other-shape':
    '{file} has depth statistics of another shape ({rows} rows, {columns} columns) than the run began with. They are left out.',

  // Questions to a watched run.
  'run-closed': 'The run in {path} is no longer watched. Open it again.',
  'unknown-statistic': 'The run recorded no statistic called {value}.',
  'unknown-column': 'The run has no recorded column {value}; it has {columns}.',
  'observer-failed': 'Reading the run failed: {detail}.',
  'observer-restarted': 'The thread that reads runs ended unexpectedly ({detail}) and was started again.',
  'observer-stopped': 'The thread that reads runs has ended ({detail}). Reload the window to see runs again.',

  // Commands to a trainer.
  'command-malformed': 'The command file {file} cannot be understood and was deleted.',
  'command-newer-format': 'The command file {file} comes from a newer Fathom and was deleted. Update Fathom.',
  'command-other-start': 'The command file {file} was meant for another start of this run and was deleted.',
  'command-not-deletable': 'The command file {file} could not be deleted and is not obeyed, or it would be obeyed again and again.',

  // The corpus and its tokens.
  'corpus-missing': '{field} is {value}, but there is no such file. Correct the path (it is relative to the configuration file).',
  'corpus-unknown-built-in': '{field} is {value}, but that corpus is not built in. Use {known}, a file or a glob.',
  'corpus-is-folder': '{field} is {value}, which is a folder. Name the files in it with a glob, such as {pattern}.',
  'corpus-no-match':
    '{field} is {value}, but no file in {folder} matches it. Correct the pattern; node_modules, .git, .fathom and hidden files are left out.',
  'corpus-no-text': '{field} is {value}, but none of the {matches} matching files holds UTF-8 text. Point it at text files.',
  'corpus-empty': '{field} is {value}, but that file is empty. Point it at a file with text.',
  'corpus-not-text': '{field} is {value}, but that file is not UTF-8 text. Convert it to UTF-8, or point it at a text file.',
  'corpus-unreadable': '{field} is {value}, but {file} cannot be read ({detail}). Correct its permissions, or leave it out.',
  'corpus-too-large': '{field} is {value}, which is more than {limit} of text. Train on fewer or smaller files.',
  'corpus-short-training':
    '{field} is {value}, but the training part of {source} has only {length} of its {tokens} tokens and a window needs {needed}. Use a shorter context or a longer text.',
  'corpus-short-validation':
    '{field} is {value}, but the validation part of {source} ({fraction} of {tokens} tokens) has only {length} and a window needs {needed}. Use a shorter context, a longer text or a larger data.validationFraction.',
  'vocabulary-mismatch': '{field} is {value}, but the tokeniser {tokeniser} has {vocabulary} tokens. Write {vocabulary}, or leave it out.',

  // Checkpoints and tensors in files.
  'safetensors-malformed': '{file} is not a whole safetensors file: {detail}. Use another checkpoint, or write the file anew.',
  'safetensors-missing': '{file} has no tensor called {name}. Use a checkpoint of a model of the same shape.',
  'checkpoint-broken': 'The checkpoint {path} is damaged: {detail}. An older one can be used instead; this one can be deleted.',

  // The terminal.
  'usage-unknown-command': '{value} is no command. fathom --help lists them.',
  'usage-unknown-command-nearest': '{value} is no command. Did you mean {suggestion}? fathom --help lists all.',
  'usage-unknown-option': '{option} is no option of fathom {command}. fathom {command} --help lists them.',
  'usage-unknown-option-nearest': '{option} is no option of fathom {command}. Did you mean {suggestion}?',
  'usage-option-value': '{option} needs a value: {option}={value}.',
  'usage-option-no-value': '{option} takes no value.',
  'usage-missing-word': 'fathom {command} needs a {word}: {usage}.',
  'usage-too-many-words': 'fathom {command} does not know what to do with {value}: {usage}.',
  'usage-set': '--set is {value}, but it needs a field and a value, such as --set model.layers=24.',
  'usage-steps': '--steps is {value}, but it needs a whole number of at least 1.',
  'configuration-unreadable': 'The configuration {path} cannot be read ({detail}). Correct the path.',
  'run-unknown': 'There is no run {value} in {folder}. fathom runs lists them; --runs names another folder.',
  'run-unknown-nearest': 'There is no run {value} in {folder}. Did you mean {suggestion}?',
  'run-ambiguous': 'More than one run begins with {value}: {candidates}. Write more of its name.',
  'run-has-ended': 'The run {value} cannot be asked to {command}: it is {state}.',
  'run-not-up': 'The run {value} has no trainer yet. Try again in a moment.',
  'run-is-probe': 'The run {value} is a probe, which has nothing to go on with. Probe its configuration again.',
  'run-finished': 'The run {value} has finished all of its {steps} steps. Start a new run with more of them.',
  'run-lost': 'The trainer is gone: its process ended without a word after step {step}.',
  'run-failed-silently': 'The run failed without saying why.',
};

/** Renders a code in English, or through `table`; an unknown code shows itself rather than nothing. */
export function render(code: string, args: MessageArgs, table: Readonly<Record<string, string>> = MESSAGES): string {
  const template = table[code];
  if (template === undefined) return `${code} ${JSON.stringify(args)}`;
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => String(args[name] ?? whole));
}
