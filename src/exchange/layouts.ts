// Which layout of Hugging Face's `transformers` says what a model of ours computes, exactly, and why none
// does where none does. Their model code is what counts: modeling_gpt2.py, modeling_openai.py, modeling_bert.py.

import type { ModelConfig } from '../experiment/config';
import type { MessageArgs } from '../experiment/messages';
import { TOKEN_TYPES } from '../model/ends';
import { optionOf } from '../model/residual/scheme';
import type { ForeignType } from './names';

export interface Layout {
  readonly type: ForeignType;
  /** Factor on weights and biases of the projections back into the stream. */
  readonly branchFactor: number;
  /** `config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** A code with arguments, for whoever shows it. */
export interface Reason {
  readonly code: string;
  readonly args: MessageArgs;
}

/** Our activations by the names that their configurations know. */
export const ACTIVATIONS: Readonly<Record<string, string>> = {
  gelu: 'gelu',
  'gelu-tanh': 'gelu_new',
  relu: 'relu',
  'squared-relu': 'relu2',
};
/** openai-gpt has a table of its own, in which "gelu" is the tanh form. */
export const OPENAI_ACTIVATIONS: Readonly<Record<string, string>> = { 'gelu-tanh': 'gelu', relu: 'relu' };

/** α and g of x ← LN(α·x + g·f(x)), for the schemes that compute this. */
function postNormFactors(model: ModelConfig): { readonly stream: number; readonly branch: number } | undefined {
  switch (model.scheme) {
    case 'post-ln':
      return { stream: 1, branch: optionOf(model, 'branchGain') };
    case 'foundation':
      return { stream: optionOf(model, 'coefficient'), branch: 1 };
    case 'upscale':
    case 'deepnorm':
      return { stream: (2 * model.layers) ** 0.25, branch: 1 };
    default:
      return undefined;
  }
}

/** The layout that computes what the model computes, or why there is none. */
export function layoutOf(model: ModelConfig): Layout | Reason {
  const general = generalReason(model);
  if (general) return general;
  if (model.architecture === 'bert') return bert(model);
  if (model.scheme === 'pre-ln') return gpt2(model);
  const factors = postNormFactors(model);
  return factors ? openAi(model, factors) : { code: 'export-scheme', args: { value: model.scheme } };
}

function generalReason(model: ModelConfig): Reason | undefined {
  if (model.positions !== 'learned') return { code: 'export-positions', args: { value: model.positions } };
  if (model.norm !== 'layer-norm') return { code: 'export-norm', args: { value: model.norm } };
  if (model.queryKeyNorm) return { code: 'export-query-key-norm', args: {} };
  return undefined;
}

function gpt2(model: ModelConfig): Layout | Reason {
  const activation = ACTIVATIONS[model.activation];
  if (activation === undefined) return { code: 'export-activation', args: { value: model.activation, layout: 'gpt2' } };
  if (!model.finalNorm) return { code: 'export-final-norm-missing', args: {} };
  const config = {
    ...common(model, 'gpt2', 'GPT2LMHeadModel'),
    n_inner: model.feedForward,
    activation_function: activation,
    layer_norm_epsilon: model.layerNormEpsilon,
  };
  return { type: 'gpt2', branchFactor: 1, config };
}

/** LN(α·x + g·f) with ε is LN(x + g/α·f) with ε/α². */
function openAi(model: ModelConfig, { stream, branch }: { readonly stream: number; readonly branch: number }): Layout | Reason {
  const activation = OPENAI_ACTIVATIONS[model.activation];
  if (activation === undefined) {
    const code = model.activation === 'gelu' ? 'export-exact-gelu' : 'export-activation';
    return { code, args: { value: model.activation, layout: 'openai-gpt' } };
  }
  if (model.finalNorm) return { code: 'export-final-norm', args: { layout: 'openai-gpt' } };
  if (model.feedForward !== 4 * model.hidden)
    return { code: 'export-feed-forward', args: { value: model.feedForward, hidden: model.hidden } };
  if (stream === 0) return { code: 'export-no-stream', args: { value: model.scheme } };
  const config = {
    ...common(model, 'openai-gpt', 'OpenAIGPTLMHeadModel'),
    afn: activation,
    layer_norm_epsilon: model.layerNormEpsilon / stream ** 2,
  };
  return { type: 'openai-gpt', branchFactor: branch / stream, config };
}

/** Above this, an epsilon is felt in the norms of embedding and head, which folding leaves with the folded one. */
const FELT_EPSILON = 1e-8;

/** As `openAi`; but all norms share one epsilon, those outside the layers too, which have nothing to fold. */
function bert(model: ModelConfig): Layout | Reason {
  const factors = postNormFactors(model);
  if (!factors) return { code: 'export-scheme', args: { value: model.scheme } };
  const activation = ACTIVATIONS[model.activation];
  if (activation === undefined) return { code: 'export-activation', args: { value: model.activation, layout: 'bert' } };
  if (model.finalNorm) return { code: 'export-final-norm', args: { layout: 'bert' } };
  const { stream, branch } = factors;
  if (stream === 0) return { code: 'export-no-stream', args: { value: model.scheme } };
  if (stream !== 1 && model.layerNormEpsilon > FELT_EPSILON)
    return { code: 'export-one-epsilon', args: { value: model.layerNormEpsilon, scheme: model.scheme, most: FELT_EPSILON } };
  const config = {
    model_type: 'bert',
    architectures: [model.objective === 'pair-class' ? 'BertForSequenceClassification' : 'BertForMaskedLM'],
    vocab_size: model.vocabulary,
    hidden_size: model.hidden,
    num_hidden_layers: model.layers,
    num_attention_heads: model.heads,
    intermediate_size: model.feedForward,
    hidden_act: activation,
    hidden_dropout_prob: model.dropout,
    attention_probs_dropout_prob: model.dropout,
    max_position_embeddings: model.context,
    type_vocab_size: TOKEN_TYPES,
    layer_norm_eps: model.layerNormEpsilon / stream ** 2,
    tie_word_embeddings: model.tiedEmbeddings,
    torch_dtype: 'float32',
    pad_token_id: null,
  };
  return { type: 'bert', branchFactor: branch / stream, config };
}

function common(model: ModelConfig, type: string, architecture: string): Record<string, unknown> {
  return {
    model_type: type,
    architectures: [architecture],
    vocab_size: model.vocabulary,
    n_positions: model.context,
    n_embd: model.hidden,
    n_layer: model.layers,
    n_head: model.heads,
    tie_word_embeddings: model.tiedEmbeddings,
    embd_pdrop: model.dropout,
    attn_pdrop: model.dropout,
    resid_pdrop: model.dropout,
    torch_dtype: 'float32',
    // Their defaults are GPT-2's, which a vocabulary of bytes does not have.
    bos_token_id: null,
    eos_token_id: null,
  };
}
