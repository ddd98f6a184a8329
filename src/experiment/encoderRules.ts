// What fields about an encoder contradict: its objective, its tokeniser and the text that both can read.

import type { ExperimentConfig } from './config';
import type { Draft } from './draft';
import { TOKENISERS } from './modelFields';
import { type ProbeSource, report } from './rules';

type Objective = ExperimentConfig['model']['objective'];

const OBJECTIVES: Readonly<Record<ExperimentConfig['model']['architecture'], readonly Objective[]>> = {
  gpt: ['next-token'],
  bert: ['masked-tokens', 'pair-class'],
};

/** [CLS], a piece of text, [SEP], another piece, [SEP]. */
export const LEAST_ENCODER_CONTEXT = 5;

export function checkEncoder(draft: Draft, probe?: ProbeSource): void {
  for (const rule of [checkObjective, checkTokeniser, checkContext, checkTable]) rule(draft);
  checkVocabularyFile(draft, probe);
}

function checkObjective(draft: Draft): void {
  const [architecture, objective] = [draft.read('model.architecture'), draft.read('model.objective')];
  if (architecture === undefined || objective === undefined || OBJECTIVES[architecture].includes(objective)) return;
  const [suggestion = objective] = OBJECTIVES[architecture];
  const other = objective === 'next-token' ? 'gpt' : 'bert';
  report(draft, 'objective-other-architecture', 'error', 'model.objective', { architecture, suggestion, other }, [
    draft.fixBySetting('fix-replace', 'model.objective', suggestion),
    draft.fixBySetting('fix-architecture', 'model.architecture', other),
  ]);
}

function checkTokeniser(draft: Draft): void {
  const [architecture, tokeniser] = [draft.read('model.architecture'), draft.read('data.tokeniser')];
  if (architecture === undefined || tokeniser === undefined || TOKENISERS[architecture].includes(tokeniser)) return;
  const suggestion = 'bytes';
  const other = architecture === 'gpt' ? 'bert' : 'gpt';
  report(draft, 'tokeniser-other-architecture', 'error', 'data.tokeniser', { architecture, suggestion, other }, [
    draft.fixBySetting('fix-replace', 'data.tokeniser', suggestion),
    draft.fixBySetting('fix-architecture', 'model.architecture', other),
  ]);
}

function checkContext(draft: Draft): void {
  const [architecture, context] = [draft.read('model.architecture'), draft.read('model.context')];
  if (architecture !== 'bert') return;
  if (context !== undefined && context < LEAST_ENCODER_CONTEXT) {
    const fixes = [draft.fixBySetting('fix-replace', 'model.context', LEAST_ENCODER_CONTEXT)];
    report(draft, 'encoder-context-short', 'error', 'model.context', { suggestion: LEAST_ENCODER_CONTEXT }, fixes);
  }
  if (draft.read('model.positions') === 'none') {
    const fixes = [draft.fixBySetting('fix-replace', 'model.positions', 'learned')];
    report(draft, 'encoder-without-positions', 'warning', 'model.positions', { suggestion: 'learned' }, fixes);
  }
}

/** Running text has no pairs in it. */
function checkTable(draft: Draft): void {
  if (draft.read('model.objective') !== 'pair-class' || draft.read('model.architecture') !== 'bert') return;
  if (draft.read('data.source')?.startsWith('built-in:')) report(draft, 'pairs-need-table', 'error', 'data.source');
}

function checkVocabularyFile(draft: Draft, probe: ProbeSource | undefined): void {
  const [tokeniser, file] = [draft.read('data.tokeniser'), draft.read('data.vocabularyFile')];
  if (tokeniser === undefined || file === undefined) return;
  if (tokeniser !== 'wordpiece') {
    const property = draft.nodes.get('data.vocabularyFile')?.parent;
    const remove = property ? [draft.fixByRemoving(property)] : [];
    if (file !== '') report(draft, 'vocabulary-file-unused', 'hint', 'data.vocabularyFile', { tokeniser }, remove);
    return;
  }
  const fixes = [draft.fixBySetting('fix-bytes', 'data.tokeniser', 'bytes')];
  if (file === '') report(draft, 'vocabulary-file-needed', 'error', 'data.vocabularyFile', {}, fixes);
  else if (probe?.(file) === 'missing') report(draft, 'vocabulary-file-missing', 'error', 'data.vocabularyFile', {}, fixes);
}
