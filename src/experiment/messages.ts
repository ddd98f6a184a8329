// The English words for every code that a finding, a failure or a fix may carry. The trainer and the
// page send codes with arguments; whoever shows them renders here, or through its own translation of
// this table. `{name}` stands for an argument.

import { ENGINE_MESSAGES } from './engineMessages';
import { FINDING_MESSAGES } from './findingMessages';

export type MessageArgs = Readonly<Record<string, string | number>>;

export const MESSAGES: Readonly<Record<string, string>> = {
  ...ENGINE_MESSAGES,
  ...FINDING_MESSAGES,
  'unexpected-failure': 'Something unforeseen went wrong: {detail}. The details are in {log}.',

  // Files and run directories.
  'disk-full': 'The disk that holds {path} is full ({errno}). Free some space there, or keep the runs on another disk.',
  'disk-read-only': 'The disk that holds {path} is read-only ({errno}). Make it writable, or keep the runs in another folder.',
  'disk-denied': 'Writing or reading {path} is not permitted ({errno}). Change its permissions, or keep the runs in another folder.',
  'file-not-json': '{path} is not valid JSON ({detail}). Restore it or delete it.',
  'file-too-large':
    '{path} has {value} bytes, more than the {limit} that Fathom reads of such a file. It is not one of Fathom’s: move it away.',
  'file-not-regular': '{path} is a folder, a pipe or a device where a file is expected. Move it away.',
  'run-busy':
    'Another trainer (process {pid} on {host}) is at work on the run in {path}, and two would spoil it. Wait until that one has ended, or stop it.',
  'run-taken-away': 'The run in {path} was deleted, or another trainer has taken it over. This one ends and writes nothing more.',
  'run-missing': 'There is no run in {path}: run.json is missing.',
  'run-malformed': 'run.json in {path} cannot be understood: {field} is missing or wrong. Restore it, or delete the run.',
  'notes-newer-format':
    '{path} was written by a newer Fathom (format {value}; this one writes {known}). Update Fathom to change the notes.',
  'run-newer-format': 'The run in {path} was written by a newer Fathom (format {value}; this one reads up to {known}). Update Fathom.',
  'trainer-cannot-start': 'The trainer could not be started with {node}: {detail}. Check that this is Node 20 or newer and may be run.',

  // Training.
  'workers-do-not-divide':
    '{field} is {value}, but that many workers cannot share a batch of {batch}. Write a divisor of {batch}, or 0 to let Fathom choose.',
  'non-finite':
    'Step {step} was not taken: {what} in {where} is not finite (loss {loss}). The state after step {good} is saved; fork the run from there with a learning rate below {learningRate}, more warm-up or clipping.',
  'non-finite-once':
    'Step {step} was not taken: {what} in {where} was not finite (loss {loss}), but everything is when its parts are computed again. Either the sum of their gradients is too large, or memory or processor are at fault. The state after step {good} is saved and can be resumed.',
  'non-finite-half':
    'Step {step} was not taken: {what} in {where} was not finite (loss {loss}), but everything is when its parts are computed in float32: what waits in float16 has grown beyond 65504. The state after step {good} is saved; fork the run from there with training.precision float32.',
  'fused-update-excluded':
    '{field} is {value}, but training.fusedUpdate updates every layer before the other gradients are known. Use {suggestion}, or training.fusedUpdate false.',
  'fused-update-unsaved':
    '{field} is {value}, and with training.fusedUpdate a step that is not finite spoils the weights before it is noticed: nothing would be left to go back to. Use {suggestion}, or training.fusedUpdate false.',
  'out-of-memory':
    'There was not enough memory for this run: {detail}. Use a smaller training.batch or model.context, training.activations "segments" or "auto", or end other programs; resuming goes on from the last checkpoint.',
  'device-lost':
    'The graphics card stopped answering while this run used it: {detail}. Its last checkpoint is whole, and resuming goes on from it. If it happens again, take a smaller training.batch or a newer driver, or train a fork on the processor (engine.name "onnxruntime").',
  'memory-short':
    '{field} is {value}: the run would take about {needed} GB of memory, and {available} GB are at hand. Use a smaller batch, context or vocabulary, training.activations "segments", an optimiser with less state, or raise training.memoryLimit where more may be taken.',
  'non-finite-memory':
    'Step {step} was not taken: {what} in {where} is not finite in memory itself, which was not saved. Resuming goes on from step {good}, whose checkpoint is good; if it happens again, fork it there with a learning rate below {learningRate}, more warm-up or clipping.',
  'non-finite-no-checkpoint':
    'Step {step} was not taken: {what} in {where} is not finite in memory itself, and no checkpoint was saved before. Start a new run with a learning rate below {learningRate}, more warm-up or clipping, and training.checkpointEvery above 0.',
  'diverged-again':
    'The loss has diverged since step {since}, after {rollbacks} rollbacks that left {rate} of the learning rate. Fork it from an earlier checkpoint, or start a new run, with a lower optimiser.learningRate or more warm-up.',
  'checkpoint-malformed': '{path} is not a trainer state. Restore it, or delete its folder to resume from an older checkpoint.',
  'checkpoint-newer-format': '{path} was written by a newer Fathom (format {value}; this one reads up to {known}). Update Fathom.',
  'checkpoint-other-model': '{path} does not fit this model: {field} is {value}, not {expected}. Resume the run that it belongs to.',
  'checkpoint-all-broken': 'None of the checkpoints in {path} is whole. Restore one, or start a new run.',
  'start-missing':
    '{field} is {value}, but there is no such run. Correct the path (it is relative to the configuration file), or name the run.',
  'start-no-checkpoint': '{field} is {value}, where there is no whole checkpoint. Name a run that has one.',
  'start-other-model':
    '{field} is {value}, but the run in {run}, which training.from names, has {expected}. Use {expected}, or another run.',

  // Alerts of a run that goes on.
  rollback: 'Step {from}: {reason}. The run went back to step {step} with {rate} of its learning rate (rollback {rollbacks} of {most}).',
  'loss-spike':
    'Step {step}: the loss is {value}, {distance} robust deviations above its median of {median}. Often it passes; clipping, a lower learning rate or a higher optimiser.epsilon makes spikes rarer.',
  'loss-spike-over': 'Step {step}: the loss is back at {value}; the spike began at step {since}.',
  divergence:
    'Step {step}: the loss has been high for {steps} steps, since step {since}, and is {value} (median before: {median}). Fork the run from a checkpoint before that with a lower learning rate or more warm-up; watchdog.rollback goes back by itself.',
  'divergence-over': 'Step {step}: the loss is back at {value}; it was high since step {since}.',
  plateau:
    'Step {step}: for {steps} steps the loss has stayed near {entropy}, the entropy of single tokens: only their frequencies are learned. Look over depth for vanishing gradients and rank collapse; another initialisation or scheme, or a lower optimiser.layerRate, helps.',
  'plateau-over': 'Step {step}: the loss has left the entropy of single tokens and is {value}.',
  'vanishing-gradients':
    'Step {step}: from {place} down gradients vanish; those of the lowest layers are {value} of those of the highest. Use an initialisation or scheme made for this depth, such as deepnorm or pre-ln, or more warm-up.',
  'vanishing-gradients-over': 'Step {step}: gradients reach the lowest layers again; they vanished since step {since}.',
  'exploding-gradients':
    'Step {step}: from {place} down gradients explode; those of the lowest layers are {value} times those of the highest. Use clipping, smaller initial weights (gpt2-scaled), or a lower learning rate.',
  'exploding-gradients-over': 'Step {step}: gradients no longer explode over depth; they did since step {since}.',
  'rank-collapse':
    'Step {step}: from {place} on, in {layers} layers, all tokens of a sequence become alike (token cosine {value}). Use an initialisation with smaller residual branches (gpt2-scaled, deepnorm) or a lower optimiser.layerRate.',
  'rank-collapse-over': 'Step {step}: the tokens of a sequence differ again in every layer; they were alike since step {since}.',
  'attention-collapse':
    'Step {step}: in {layers} layers, first {place}, every token attends to one other only (attention entropy {value} nats). Use model.queryKeyNorm or a lower learning rate.',
  'attention-collapse-over': 'Step {step}: attention is spread again in every layer; it had collapsed since step {since}.',
  'dead-layers':
    'Step {step}: {layers} layers, first {place}, hardly move or are moved by weight decay alone (update ratio {value}). Gradients do not reach them: use another initialisation or scheme, or a smaller optimiser.epsilon.',
  'dead-layers-over': 'Step {step}: every layer moves again; some were dead since step {since}.',

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
  'events-too-many-tags': '{file} has more than {limit} kinds of scalars. Those that came first are shown.',
  'events-out-of-order': '{file} records step {step} after step {after}. Values that come too late are left out.',
  'events-unnamed-statistics': '{file} has depth statistics at step {step} without the names of rows and columns. They are left out.',
  'events-histogram': '{file} has a histogram at step {step} that does not fit those before it. It is left out.',
  'events-other-shape':
    '{file} has depth statistics of another shape ({rows} rows, {columns} columns) than the run began with. They are left out.',

  // Questions to a watched run.
  'run-closed': 'The run in {path} is no longer watched. Open it again.',
  'unknown-statistic': 'The run recorded no statistic called {value}.',
  'unknown-histogram': 'The run recorded no histograms called {value}.',
  'unknown-column': 'The run has no recorded column {value}; it has {columns}.',
  'observer-failed': 'Reading the run failed: {detail}.',
  'observer-restarted': 'The thread that reads runs ended unexpectedly ({detail}) and was started again.',
  'observer-stopped': 'The thread that reads runs has ended ({detail}). Reload the window to see runs again.',

  // Commands to a trainer.
  'command-malformed': 'The command file {file} cannot be understood and was deleted.',
  'command-newer-format': 'The command file {file} comes from a newer Fathom and was deleted. Update Fathom.',
  'command-other-start': 'The command file {file} was meant for another start of this run and was deleted.',
  'command-not-deletable': 'The command file {file} could not be deleted and is not obeyed, or it would be obeyed again and again.',

  // Changes of a configuration while it trains.
  'apply-unknown-field': '{field} is not a field of a configuration. A running trainer takes {known}.',
  'apply-needs-fork':
    '{field} cannot be changed to {value} while the trainer runs. Fork the run from a checkpoint with that change; fathom fork does so in the terminal.',
  'apply-needs-new-run':
    '{field} cannot be changed to {value} while the trainer runs, nor in a fork: a checkpoint fixes it. Save it to the configuration file and start a new run.',
  'apply-steps': '{field} is {value}, but step {step} is done already. Use {expected} or more, or stop the run.',
  'apply-ended': 'The run {value} has no trainer that could take a change: it is {state}. Fork it from a checkpoint instead.',
  'apply-nothing': 'Name at least one field to change, such as --set optimiser.learningRate=1e-4.',

  // The form of a run's configuration.
  'config-untrusted':
    'This workspace is in Restricted Mode: configurations may be read here, not saved, applied or forked. Trust it first.',
  'config-no-file': 'This run names no configuration file that could be changed. Fork it: a fork gets a file of its own.',
  'config-file-missing':
    'The file that this run was started from is not there any more, or cannot be read. Restore it, or fork the run: a fork gets a file of its own.',
  'config-file-broken': '{file} is being edited and is not valid JSON at the moment. Mend it in the editor first.',
  'config-not-written': '{file} could not be written. Open it in the editor to see why.',
  'config-no-checkpoint': 'This run has no checkpoint yet. Save one, or wait for it to stop.',

  // Studies.
  'study-not-json': '{path}: {detail}',
  'study-unknown-field': '{path}: {field} is not a part of a study, which has {choices}. Rename or remove it.',
  'study-name': '{path}: name is {value}, but has to be a text. Write one, or leave it out for the name of the file.',
  'study-base': '{path}: base is {value}, but has to be a configuration, or the path of one. Add it, such as "base": "first.fathom.json".',
  'study-axes':
    '{path}: axes has to name at least one field and its values. Add it, such as "axes": {"model.scheme": ["post-ln", "pre-ln"]}.',
  'study-unknown-axis': '{path}: {field} is not a field of a configuration. Write its whole path, such as model.scheme.',
  'study-unknown-axis-nearest': '{path}: {field} is not a field of a configuration. {suggestion} is probably meant.',
  'study-axis-values': '{path}: the values of {field} are {value}, but have to be a list of texts, numbers, true or false.',
  'study-too-many': 'The axes in {path} make {value} cells, more than {limit}. Vary fewer fields, or fewer values of each.',
  'study-axis-twice': '{path}: {field} has the value {value} twice. Remove one; two runs of one cell differ in seed, which can be an axis.',
  'study-some-cells': '({value} of {of} cells, such as {cell})',
  'study-partly-checked': 'Only the first {limit} of {value} cells are checked here. fathom check looks at all of them.',
  'study-base-elsewhere': '{value} lies outside this workspace, and is not looked at here. fathom check does.',

  // Forks.
  'fork-model':
    '{field} is {value}, but the checkpoint of step {step} is of a model with {expected}. Leave it as it is, or start a new run.',
  'fork-tokeniser': '{field} is {value}, but the model of the checkpoint reads {expected}. Leave it as it is, or start a new run.',
  'fork-optimiser':
    '{field} is {value}, but the checkpoint of step {step} has the moments of {expected}. Leave it as it is, or start a new run.',
  'fork-steps': '{field} is {value}, but the fork begins after step {step}. Use {expected} or more.',

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

  'pairs-too-few':
    '{field} is {value}, whose pairs leave none for training or none for validation. Use a longer table, or another data.validationFraction.',
  'vocabulary-file-size': '{field} is {value}, but {file} has {vocabulary} tokens. Write {vocabulary}.',
  'vocabulary-unreadable': '{field} is {value}, but that file cannot be read ({detail}). Correct the path.',
  'vocabulary-empty-line': '{field} is {value}, whose line {line} is empty: every line is a token. Use the vocab.txt of a BERT.',
  'vocabulary-duplicate': '{field} is {value}, whose line {line} says {piece} again after line {before}. Use the vocab.txt of a BERT.',
  'vocabulary-special-missing': '{field} is {value}, which lacks {missing}. Add what is missing, or use the vocab.txt of a BERT.',

  // Checkpoints and tensors in files.
  'safetensors-malformed': '{file} is not a whole safetensors file: {detail}. Use another checkpoint, or write the file anew.',
  'safetensors-missing': '{file} has no tensor called {name}. Use a checkpoint of a model of the same shape.',
  'checkpoint-broken': 'The checkpoint {path} is damaged: {detail}. An older one can be used instead; this one can be deleted.',

  'checkpoint-without-average':
    'The checkpoint {path} holds no averaged weights: training.averaging was 0. Use the trained ones, or train with an average, such as 0.999.',
  'checkpoint-other-optimiser':
    '{path} holds the state of the optimiser {value}, but optimiser.name is {expected}. Write {value} there, or start a new run.',

  // Exports: why a model keeps its own names, and what is in the way.
  'export-no-such-step': 'The run has no checkpoint of step {value}; it has those of {known}.',
  'export-folder-used': '{path} is not empty, and nothing in it is overwritten. Name another folder with --out.',
  'export-scheme': 'No layout of Hugging Face has the residual scheme {value}.',
  'export-positions': 'gpt2, openai-gpt and bert have learned positions, and this model has {value}.',
  'export-norm': 'gpt2, openai-gpt and bert have LayerNorm, and the norm of this model is {value}.',
  'export-query-key-norm': 'gpt2, openai-gpt and bert do not normalise queries and keys, and this model does.',
  'export-activation': '{layout} has no activation {value}.',
  'export-exact-gelu': 'The gelu of openai-gpt is the tanh form (here gelu-tanh), and this model was trained with the exact one.',
  'export-final-norm': '{layout} has no norm before the head, and this model has one.',
  'export-one-epsilon':
    'bert has one epsilon for all norms, so {scheme} can be folded only where it is too small to matter: at most {most}, and model.layerNormEpsilon is {value}.',
  'export-final-norm-missing': 'gpt2 always has a norm before the head, and this model has none.',
  'export-feed-forward': 'The feed-forward of openai-gpt is 4 × hidden = 4 × {hidden} wide, and that of this model {value}.',
  'export-no-stream': 'The factor on the stream of {value} is 0, which cannot be folded into weights.',
  'import-no-config': '{path} has no config.json that describes a model. Name the folder of a Hugging Face model.',
  'import-no-weights': '{path} has no model.safetensors. Save the model with safe_serialization=True.',
  'import-layout': '{path}: model_type is {value}, but only gpt2, openai-gpt and bert can be imported.',
  'import-field': '{path}: {field} is {value}, which no model of Fathom has.',
  'import-vocabulary': '{path}: vocab_size is {value}, but only 256 (bytes) and 50257 (gpt2) have a tokeniser here.',
  'import-tensor': '{file} does not fit its config.json: {name} is {value}, not {expected}. Use the two files of one model.',

  // Evaluation and generation.
  'checkpoint-none': 'The run in {path} has no checkpoint yet. Let it reach one, or stop it: it then writes one.',
  'evaluation-not-causal': 'The run in {path} trains the architecture {value}, which does not predict what comes next. Use a gpt run.',
  'evaluation-not-classifier':
    'The run in {path} trains for {value} and has not learned to compare texts. Fine-tune it: a configuration with model.objective pair-class and this run as training.from.',
  'evaluation-file-unreadable': '{file} cannot be read ({detail}). Correct the path.',
  'evaluation-file-empty': '{file} holds no examples. Point it at the official file of the task.',
  'evaluation-line-not-json': '{file}, line {line}, is not a JSON object ({detail}). Mend or remove the line.',
  'evaluation-line-columns':
    '{file}, line {line}, has {value} columns between tabs, but the first line names {expected}. Mend or remove the line.',
  'evaluation-field-missing':
    '{file}, line {line}, has no field {field}, which has to be {expected}. Mend or remove the line, or use the official file of the task.',
  'evaluation-field-wrong': '{file}, line {line}: {field} is {value}, but has to be {expected}. Mend or remove the line.',
  'evaluation-labels-count': '{file} has {value} labels, but {other} has {expected} examples. Use the labels that belong to it.',
  'outcome-malformed': '{file} is not a result that this Fathom knows. Delete it, or update Fathom.',
  'evaluation-newer-format': '{file} was written by a newer Fathom (format {value}; this one reads up to {known}). Update Fathom.',
  'evaluation-malformed': '{file} is not a result of an evaluation that this Fathom knows. Delete it and evaluate again.',

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
  'usage-choice': '{option} is {value}, but has to be one of {choices}.',
  'usage-unknown-task': '--task is {value}, but there is no such task. Choose one of {choices}.',
  'usage-missing-option': 'fathom {command} needs {option}={value}: {help}.',
  'usage-number': '{option} is {value}, but it needs {expected}.',
  'usage-steps': '--steps is {value}, but it needs a whole number from 1 to 999999999.',
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
