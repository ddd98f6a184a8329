// The tokeniser that a configuration asks for: an encoder's has special tokens.

import type { DataConfig, ModelConfig } from '../experiment/config';
import { byteTokeniser, openTokeniser, type Tokeniser } from './tokeniser';
import { openWordPiece } from './wordPiece';

export interface TokeniserChoice {
  readonly data: Pick<DataConfig, 'tokeniser' | 'vocabularyFile' | 'lowerCase'>;
  readonly model: Pick<ModelConfig, 'architecture'>;
}

/** Throws `Failure` `vocabulary-…` for a vocabulary file that is none. */
export async function configuredTokeniser({ data, model }: TokeniserChoice): Promise<Tokeniser> {
  if (data.tokeniser === 'wordpiece') return await openWordPiece(data.vocabularyFile, data.lowerCase);
  return data.tokeniser === 'bytes' && model.architecture === 'bert' ? ENCODER_BYTES : await openTokeniser(data.tokeniser);
}

/** Bytes, and the special tokens after them: an encoder without any vocabulary file. */
const ENCODER_BYTES: Tokeniser = {
  ...byteTokeniser,
  vocabulary: 260,
  special: { pad: 256, classify: 257, separate: 258, mask: 259 },
};
