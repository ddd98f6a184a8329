// The fields of `model`: what the transformer looks like. Part of the table in `fields.ts`.

import type { Catalogue } from './catalogue';
import type { ExperimentConfig } from './config';
import { choice, derived, type FieldPath, type FieldTable, type ReadField, scaled } from './field';

/** Tokens that each tokeniser knows; of WordPiece, those of `bert-base-uncased`. */
const VOCABULARIES: Readonly<Record<Tokeniser, number>> = { bytes: 256, gpt2: 50257, wordpiece: 30522 };
/** [PAD], [CLS], [SEP] and [MASK], which bytes alone do not have. */
const SPECIAL_TOKENS = 4;

type Tokeniser = ExperimentConfig['data']['tokeniser'];
type Architecture = ExperimentConfig['model']['architecture'];

/** Tokenisers that can feed an architecture: an encoder needs special tokens. */
export const TOKENISERS: Readonly<Record<Architecture, readonly Tokeniser[]>> = { gpt: ['bytes', 'gpt2'], bert: ['bytes', 'wordpiece'] };

/** V that follows from a tokeniser and what it feeds; of WordPiece, the usual one. */
export function vocabularyOf(tokeniser: Tokeniser, architecture: Architecture): number {
  return VOCABULARIES[tokeniser] + (architecture === 'bert' && tokeniser === 'bytes' ? SPECIAL_TOKENS : 0);
}

const schemeOf = (read: ReadField, catalogue: Catalogue) => catalogue.schemes.find(({ name }) => name === read('model.scheme'));

export const MODEL_FIELDS: Pick<FieldTable, Extract<FieldPath, `model.${string}`>> = {
  'model.architecture': {
    type: 'choice',
    documentation: 'Kind of transformer.',
    default: 'gpt',
    choices: () => [
      choice('gpt', 'A causal decoder that predicts the next token.'),
      choice('bert', 'An encoder: every token sees all others, and masked ones are filled in (arXiv 1810.04805).'),
    ],
    aliases: ['model_type', 'type'],
  },
  'model.objective': {
    type: 'choice',
    documentation: 'What the head is trained for.',
    default: derived('next-token for gpt, masked-tokens for bert', (read) => {
      const architecture = read('model.architecture');
      return architecture && (architecture === 'bert' ? 'masked-tokens' : 'next-token');
    }),
    choices: () => [
      choice('next-token', 'Every token is predicted from those before it.'),
      choice('masked-tokens', 'Of 15 % of the tokens, most of them hidden, which they were (80 % masked, 10 % replaced, 10 % left).'),
      choice('pair-class', 'Whether two texts mean the same, from `[CLS]`; the data are a table in the format of GLUE’s QQP.'),
    ],
    aliases: ['task', 'head'],
  },
  'model.layers': {
    type: 'integer',
    documentation: 'L: number of layers. One layer is an attention sublayer and a feed-forward sublayer.',
    example: 12,
    minimum: 1,
    maximum: 100_000,
    unit: 'layers',
    aliases: ['n_layer', 'num_layers', 'num_hidden_layers', 'depth', 'n_layers'],
  },
  'model.hidden': {
    type: 'integer',
    documentation: 'C: width of the residual stream.',
    example: 64,
    minimum: 1,
    maximum: 65_536,
    unit: 'channels',
    aliases: ['n_embd', 'd_model', 'hidden_size', 'width', 'dim'],
  },
  'model.heads': {
    type: 'integer',
    documentation: 'H: attention heads; must divide the hidden width.',
    default: 1,
    minimum: 1,
    maximum: 65_536,
    unit: 'heads',
    aliases: ['n_head', 'num_heads', 'num_attention_heads', 'n_heads'],
  },
  'model.feedForward': {
    type: 'integer',
    documentation: "Width of the feed-forward sublayer's inner layer.",
    default: derived('4 · hidden', (read) => scaled(read('model.hidden'), 4)),
    minimum: 1,
    maximum: 1_048_576,
    unit: 'channels',
    aliases: ['n_inner', 'd_ff', 'ffn_dim', 'intermediate_size', 'feed_forward'],
  },
  'model.context': {
    type: 'integer',
    documentation: 'T: tokens in a sequence. Memory and time of attention grow with its square.',
    default: 64,
    minimum: 1,
    maximum: 1_048_576,
    unit: 'tokens',
    aliases: ['block_size', 'n_positions', 'n_ctx', 'seq_len', 'sequence_length', 'context_length', 'max_seq_len'],
  },
  'model.positions': {
    type: 'choice',
    documentation: 'How a token knows its place.',
    default: 'learned',
    choices: () => [
      choice('learned', 'One trained vector for each position of the context.'),
      choice('rotary', 'Queries and keys turned by angles that grow with the position (arXiv 2104.09864); nothing is trained.'),
      choice('none', 'None: in a gpt, the causal mask alone tells the order; in a bert nothing does.'),
    ],
    aliases: ['position_embedding', 'pos_emb'],
  },
  'model.tiedEmbeddings': {
    type: 'boolean',
    documentation: "Whether the head reuses the token embedding's matrix.",
    default: true,
    aliases: ['tie_word_embeddings', 'tied'],
  },
  'model.activation': {
    type: 'choice',
    documentation: 'Activation function of the feed-forward sublayer.',
    default: 'gelu',
    choices: (catalogue) => catalogue.activations,
    aliases: ['activation_function', 'hidden_act'],
  },
  'model.dropout': {
    type: 'number',
    documentation:
      'Share of activations set to 0 while training, afresh at every step: of the embedding, of attention weights and of what each sublayer adds.',
    default: 0,
    minimum: 0,
    maximum: 0.95,
    aliases: ['dropout_rate', 'resid_pdrop', 'attn_pdrop', 'embd_pdrop', 'hidden_dropout_prob'],
  },
  'model.norm': {
    type: 'choice',
    documentation: 'What normalises, wherever the scheme has a norm.',
    default: derived("layer-norm, or the scheme's own", (...given) => {
      const scheme = schemeOf(...given);
      return scheme && (scheme.defaultNorm ?? 'layer-norm');
    }),
    choices: (catalogue) => catalogue.norms,
    aliases: ['norm_type', 'normalization', 'normalisation', 'layer_norm_type'],
  },
  'model.queryKeyNorm': {
    type: 'boolean',
    documentation: "Whether each head's queries and keys are normalised before they meet, which bounds the attention logits.",
    default: false,
    aliases: ['qk_norm', 'qk_layernorm', 'use_qk_norm'],
  },
  'model.scheme': {
    type: 'choice',
    documentation: "Residual scheme: how a sublayer's output joins the residual stream.",
    default: 'foundation',
    choices: (catalogue) =>
      catalogue.schemes.map((scheme) => choice(scheme.name, `${scheme.formula}\n\n${scheme.documentation}\n\n${scheme.source}`)),
    aliases: ['residual', 'residual_scheme'],
  },
  'model.schemeOptions': {
    type: 'options',
    documentation: "The scheme's own numbers.",
    default: derived("the scheme's own", (...given) => {
      const options = schemeOf(...given)?.options;
      return options && Object.fromEntries(options.map((option) => [option.name, option.default]));
    }),
  },
  'model.initialisation': {
    type: 'choice',
    documentation: 'How parameters start. It decides more about deep training than the scheme does.',
    default: derived("the scheme's own", (...given) => schemeOf(...given)?.defaultInitialisation),
    choices: (catalogue) => catalogue.initialisations,
    aliases: ['init', 'initialization'],
  },
  'model.finalNorm': {
    type: 'boolean',
    documentation: 'Whether a norm stands before the head.',
    default: derived("as the scheme's source has it", (...given) => schemeOf(...given)?.finalNorm),
    aliases: ['final_layer_norm', 'ln_f'],
  },
  'model.layerNormEpsilon': {
    type: 'number',
    documentation: 'Added to the variance (or the mean square) inside every norm.',
    default: derived('1e-5 for gpt, 1e-12 for bert', (read) => {
      const architecture = read('model.architecture');
      return architecture && (architecture === 'bert' ? 1e-12 : 1e-5);
    }),
    minimum: 1e-12,
    maximum: 1,
    aliases: ['layer_norm_epsilon', 'layer_norm_eps', 'ln_eps'],
  },
  'model.vocabulary': {
    type: 'integer',
    documentation: 'V: number of tokens. It follows from the tokeniser; with WordPiece it is the number of lines of the vocabulary file.',
    default: derived("the tokeniser's: 256 for bytes (260 for bert), 50257 for gpt2, 30522 for wordpiece", (read) => {
      const [tokeniser, architecture] = [read('data.tokeniser'), read('model.architecture')];
      return tokeniser && architecture && vocabularyOf(tokeniser, architecture);
    }),
    minimum: 1,
    maximum: 1e7,
    unit: 'tokens',
    aliases: ['vocab_size', 'n_vocab'],
  },
};
