// What is told of a configuration while it is written: findings, and the titles of what mends them.

export const FINDING_MESSAGES: Readonly<Record<string, string>> = {
  // Findings: the text is not JSON.
  'empty-file': 'The configuration is empty. At least model.layers and model.hidden have to be given.',
  'syntax-symbol':
    'Line {line}, column {column}: {value} is not JSON. Names and texts stand in double quotes; numbers look like 0.1 or 1e-3.',
  'syntax-value-expected': 'Line {line}, column {column}: a value is missing here.',
  'syntax-name-expected': 'Line {line}, column {column}: a field name in double quotes is missing here.',
  'syntax-colon-expected': 'Line {line}, column {column}: a colon is missing between a field name and its value.',
  'syntax-comma-expected': 'Line {line}, column {column}: a comma is missing before {value}.',
  'syntax-not-closed': 'Line {line}, column {column}: a closing bracket is missing.',
  'syntax-after-end': 'Line {line}, column {column}: the configuration has ended already; remove {value}.',
  'syntax-open-text': 'Line {line}, column {column}: this text has no closing double quote.',
  'syntax-open-comment': 'Line {line}, column {column}: this comment has no closing */.',
  'syntax-too-deep': 'The configuration has too many brackets within brackets to be read.',
  'syntax-error': 'Line {line}, column {column}: {value} is not valid JSON.',
  'not-an-object': 'A configuration is an object in braces, not {value}.',

  // Findings: one field.
  'newer-format': '{field} is {value}, but this Fathom knows formats up to {known}. Update Fathom.',
  'unknown-field': '{field} is not a field of a configuration. Remove it, or look among the completions for the one that is meant.',
  'misspelt-field': '{field} is not a field of a configuration. {suggestion} is probably meant.',
  'misplaced-field': '{field} is not a field of a configuration. {suggestion} is its place.',
  'duplicate-field': '{field} is given twice; only this one counts. Remove the other.',
  'missing-field': '{field} is missing and has no default. Add it, for example {suggestion}.',
  'expected-section': '{field} has to be an object in braces, not {value}.',
  'expected-number': '{field} has to be a number, not {value}.',
  'expected-boolean': '{field} has to be true or false, not {value}.',
  'expected-text': '{field} has to be a text in double quotes, not {value}.',
  'expected-choice': '{field} has to be one of {choices} in double quotes, not {value}.',
  'expected-names': '{field} has to be a list of names in square brackets, not {value}. Choose from {choices}.',
  'empty-names': '{field} is an empty list. Name at least one of {choices}, or leave it out for its default.',
  'empty-text': '{field} is empty. Write something, or leave it out for its default.',
  'not-finite': '{field} is {value}, which is larger than a number can be. Write a smaller one.',
  'not-an-integer': '{field} is {value}, but only a whole number makes sense. Use {suggestion}.',
  'below-minimum': '{field} is {value}, but has to be at least {minimum}.',
  'above-maximum': '{field} is {value}, but may be at most {maximum}.',
  'unknown-choice': '{field} is {value}, which does not exist. Choose one of {choices}.',
  'unknown-scheme': '{field} is {value}, but there is no such residual scheme. Choose one of {choices}.',
  'unknown-scheme-option': '{field} is not an option of the scheme {scheme}, whose options are: {choices}. Rename or remove it.',
  'name-has-separator': '{field} is {value}, but a name is also a folder and may hold no slash, backslash or control character.',
  'name-too-long': '{field} is {value}: longer than {maximum} characters. Shorten it.',

  // Findings: fields together.
  'heads-do-not-divide': '{field} is {value}, which does not divide model.hidden = {hidden}. Use {suggestion}, or change model.hidden.',
  'rotary-odd-width': '{field} is {value}, but each head is {width} wide and channels turn in pairs. Use {suggestion}, or fewer heads.',
  'warmup-too-long': '{field} is {value}, but training ends after {steps} steps. Use fewer, such as {suggestion}, or train longer.',
  'decay-too-long':
    '{field} is {value}, but only {steps} steps less {warmup} of warm-up are there. Use fewer, such as {suggestion}, or train longer.',
  'exponential-to-zero': '{field} is 0, which an exponential decay never reaches. Use {suggestion}, or another schedule.decayShape.',
  'feed-forward-narrow':
    '{field} is {value}, narrower than the residual stream ({hidden}): most of what attention found cannot pass. {suggestion} is usual.',
  'attention-large':
    '{field} is {value}: with batch {batch} and {heads} heads, one attention matrix takes {memory} GiB. Use a shorter context or a smaller batch.',
  'deep-post-ln-without-warmup':
    '{field} is 0, but {scheme} with {layers} layers and no warm-up usually diverges. Give it {suggestion} steps or more.',
  'deep-post-ln-xavier':
    '{field} is {value}: {scheme} with {layers} layers makes all tokens alike before training starts. Use {suggestion}.',
  'learning-rate-high': '{field} is {value}, which usually diverges with {optimiser}. {suggestion} is a usual start.',
  'learning-rate-zero': '{field} is 0: nothing is learned. {suggestion} is a usual start.',
  'deep-without-clipping': '{field} is 0: nothing stops one large gradient from ruining {layers} layers. {suggestion} is usual.',
  'field-not-read': '{field} has no effect: {reader} does not read it. Remove it.',
  'nothing-recorded': '{field} is {value}, but there are only {steps} steps: the depth picture stays empty. Use {suggestion}.',
  'histograms-only-at-start':
    '{field} is {value}, but there are only {steps} steps: histograms show the first of them only. {suggestion} shows about ten.',
  'validated-only-at-end': '{field} is 0: the validation loss is seen only at the end.',
  'checkpoint-only-at-end': '{field} is 0: a crash loses all of the {steps} steps. {suggestion} is usual.',

  'heads-narrow': '{field} is {value}: each head is only {width} channels wide and can tell hardly more tokens apart. Use {suggestion}.',
  'dropout-high':
    '{field} is {value}: every sublayer loses half of what it says, or more, and a deep model learns little. {suggestion} is usual.',
  'depth-scaled-twice':
    '{field} is {value}, which divides branches by depth as {scheme} does already: together they leave nothing of deep layers. Use {suggestion}.',
  'final-norm-missing':
    '{field} is {value}: with {scheme} the stream grows from layer to layer and nothing brings it down before the head. Use {suggestion}.',
  'deep-rate-high':
    'The learning rate inside layers is {inside}: {layers} layers of {scheme} forget their input at that rate with {optimiser}. Give {field} {suggestion}; embedding and head keep the full rate.',
  'betas-swapped':
    'optimiser.beta1 is {beta1} and optimiser.beta2 is {beta2}: squared gradients are forgotten faster than gradients, and single batches rule the step. Give {field} {suggestion}.',
  'epsilon-large':
    '{field} is {value}, larger than most gradients of a deep model: layers with small ones hardly move. {suggestion} is usual.',
  'warmup-most-of-run': '{field} is {value} of {steps} steps: most of the run never reaches its learning rate. {suggestion} is usual.',
  'schedule-flat':
    '{field} is 1, so {schedule} never falls. {suggestion} usually ends at a lower loss; to keep the rate on purpose, use schedule.name constant.',
  'validation-after-end':
    '{field} is {value}, but there are only {steps} steps: the validation loss is seen only at the end. Use {suggestion}.',
  'checkpoint-after-end': '{field} is {value}, but there are only {steps} steps: a crash loses all of them. Use {suggestion}.',
  'validation-dominates':
    '{field} is {value}, with {batches} micro-batches each time: validating takes {times} times as long as training. Use {suggestion}, or fewer training.validationBatches.',
  'depth-data-large':
    '{field} is {value}: {layers} layers over {steps} steps write about {gigabytes} GB of depth statistics. Use {suggestion}, or fewer training.statistics.',
  'reference-slow':
    '{field} is {value}, which needs a minute or more for the {flops} operations of a step. Use {suggestion}, or a tiny model.',
  'memory-limit-above-machine':
    '{field} is {value}, but this machine has {machine} GB at hand. Use {suggestion} to let the plan follow from that.',
  'threads-idle':
    '{field} is {value}, which only {workers} of {cores} threads can share: the others have nothing to do. {suggestion} uses all.',
  'checkpoint-loses-hours':
    '{field} is {value}: at {seconds} s a step, as measured on this machine, a crash loses up to {hours} hours. {suggestion} loses a quarter of one.',

  'watchdog-noise':
    '{field} is {value}: ordinary noise exceeds that every few hundred steps. {suggestion} is usual, and 0 switches it off.',
  'watchdog-window-too-long': '{field} is {value}, but there are only {steps} steps: no spike is ever judged. Use {suggestion}.',
  'watchdog-vanishing-always': '{field} is {value}, which healthy models fall below. {suggestion} is usual, and 0 switches it off.',
  'watchdog-exploding-always': '{field} is {value}, which healthy models exceed. {suggestion} is usual, and 0 switches it off.',
  'watchdog-dead-always': '{field} is {value}, which healthy layers fall below as well. {suggestion} is usual, and 0 switches it off.',
  'watchdog-rank-always': '{field} is {value}, which healthy layers exceed. {suggestion} is usual, and 1 switches it off.',
  'watchdog-attention-always':
    '{field} is {value}, but attention over a context of {context} has at most {most} nats. {suggestion} is usual, and 0 switches it off.',
  'watchdog-not-recorded': '{field} is {value}, but {suggestion} is not among training.statistics: no alert is ever raised. Record it.',
  'watchdog-rollback-same':
    'watchdog.rollbackRate is 1: after a rollback the same steps follow again and end the same way. {suggestion} is usual.',
  'watchdog-rollback-to-start':
    'watchdog.rollback is {value}, but training.checkpointEvery is 0: the only way back is to the start. Save more often, such as every {suggestion} steps.',
  'objective-other-architecture':
    '{field} is {value}, which a {architecture} is not trained for. Use {suggestion}, or model.architecture {other}.',
  'tokeniser-other-architecture':
    '{field} is {value}, which a {architecture} does not read. Use {suggestion}, or model.architecture {other}.',
  'encoder-context-short': '{field} is {value}, but [CLS], two pieces of text and a [SEP] after each need {suggestion} tokens. Use more.',
  'encoder-without-positions': '{field} is {value}: without a causal mask nothing tells the order of the tokens. Use {suggestion}.',
  'pairs-need-table':
    '{field} is {value}, which is running text. A pair classifier reads a table with the columns question1, question2 and is_duplicate, such as train.tsv of GLUE’s QQP.',
  'vocabulary-file-needed':
    '{field} is missing: word pieces come from a vocabulary file. Name the vocab.txt of a BERT, or use the tokeniser bytes.',
  'vocabulary-file-missing':
    '{field} is {value}, but there is no such file. Correct the path (it is relative to the configuration file), or use the tokeniser bytes.',
  'vocabulary-file-unused':
    '{field} is {value}, but the tokeniser {tokeniser} has no vocabulary file. Remove it, or use the tokeniser wordpiece.',

  // Titles of fixes, rendered with their finding's arguments.
  'fix-activations': 'Let the activations kept follow from the memory at hand',
  'fix-unfuse': 'Keep gradients until the whole step is known',
  'fix-starter': 'Start with 12 layers of width 64',
  'fix-comma': 'Insert the missing comma',
  'fix-quote': 'Put it in double quotes',
  'fix-close': 'Close what is open',
  'fix-rename': 'Rename to {suggestion}',
  'fix-move': 'Move to {suggestion}',
  'fix-remove': 'Remove {field}',
  'fix-remove-other': 'Remove the other {field}',
  'fix-insert': 'Add {field}: {suggestion}',
  'fix-replace': 'Use {suggestion}',
  'fix-record': 'Record {suggestion} as well',
  'fix-tokeniser': 'Use the tokeniser {other}',
  'fix-architecture': 'Use the architecture {other}',
  'fix-bytes': 'Use the tokeniser bytes',
  'fix-workers': 'Let the trainer choose how many threads',
};
