// The resolved configuration: what a `*.fathom.json` means once defaults are filled in and every
// check has passed. It is written as `config.json` into the run directory and is all that the
// trainer knows about what to do. `fields.ts` is its only description for people (schema, hovers,
// form, validation); this file is its only description for code.

/** Bumped when an older reader could misunderstand a newer file. */
export const CONFIG_FORMAT = 1;

export interface ModelConfig {
  /** `gpt`: a causal decoder. `bert`: an encoder whose tokens see one another both ways. */
  readonly architecture: 'gpt' | 'bert';
  /** What the head is for, and so which head there is: `next-token` for gpt, the others for bert. */
  readonly objective: 'next-token' | 'masked-tokens' | 'pair-class';
  /** L: layers; one layer is an attention sublayer and a feed-forward sublayer. */
  readonly layers: number;
  /** C: width of the residual stream. */
  readonly hidden: number;
  /** H: attention heads; divides C. */
  readonly heads: number;
  /** Width of the feed-forward's inner layer; 4·C unless given. */
  readonly feedForward: number;
  /** T: tokens per sequence. */
  readonly context: number;
  readonly positions: 'learned' | 'rotary' | 'none';
  /** Whether the head reuses the token embedding's matrix. */
  readonly tiedEmbeddings: boolean;
  readonly activation: string;
  /** Share of activations that training sets to 0: of the embedding, the attention weights and what each sublayer adds. */
  readonly dropout: number;
  /** What every norm of the model is: a name of the catalogue. */
  readonly norm: string;
  /** Whether each head's queries and keys are normalised before they meet. */
  readonly queryKeyNorm: boolean;
  /** Name of a residual scheme of the catalogue. */
  readonly scheme: string;
  /** The scheme's own options, every one filled in; keys as its descriptor names them. */
  readonly schemeOptions: Readonly<Record<string, number>>;
  readonly initialisation: string;
  /** Whether a norm stands before the head. */
  readonly finalNorm: boolean;
  readonly layerNormEpsilon: number;
  /** V: as many as the tokeniser has, special tokens included. */
  readonly vocabulary: number;
}

export interface DataConfig {
  /** `built-in:moby-dick`, a path, or a glob; relative to the configuration file, made absolute on resolution. */
  readonly source: string;
  readonly tokeniser: 'bytes' | 'gpt2' | 'wordpiece';
  /** WordPiece's vocab.txt, made absolute on resolution; empty where the tokeniser has none. */
  readonly vocabularyFile: string;
  /** Whether WordPiece makes letters small and takes their accents away first. */
  readonly lowerCase: boolean;
  /** Share of the tokens, taken from the end, that is never trained on. */
  readonly validationFraction: number;
}

export interface OptimiserConfig {
  readonly name: string;
  readonly learningRate: number;
  /** Factor on the learning rate inside the layers; embedding and head take the full rate. */
  readonly layerRate: number;
  readonly beta1: number;
  readonly beta2: number;
  /** Decay of the sum of gradients, for optimisers that keep a sum rather than a mean. */
  readonly momentum: number;
  readonly epsilon: number;
  /** Decoupled: θ ← θ − lr·weightDecay·θ, on matrices only. */
  readonly weightDecay: number;
  /** Largest global gradient norm; 0 switches clipping off. */
  readonly clip: number;
}

export interface ScheduleConfig {
  readonly name: 'cosine' | 'linear' | 'constant' | 'warmup-stable-decay';
  /** Steps of linear warm-up from 0. */
  readonly warmup: number;
  /** Learning rate at the last step as a share of the peak. */
  readonly final: number;
  /** Steps at the end over which `warmup-stable-decay` falls to it. */
  readonly decay: number;
  readonly decayShape: 'linear' | 'cosine' | 'exponential' | 'one-minus-root';
}

export interface TrainingConfig {
  readonly steps: number;
  /** B: sequences per micro-batch. */
  readonly batch: number;
  /** Micro-batches per optimiser step. */
  readonly accumulation: number;
  /** Steps between recorded depth statistics. */
  readonly recordEvery: number;
  /** Steps between recorded histograms over depth; 0 records none. */
  readonly histogramEvery: number;
  /** Names of the depth statistics that are recorded, at least one. */
  readonly statistics: readonly string[];
  /** Steps between validations; 0 validates only at the end. */
  readonly validateEvery: number;
  /** Micro-batches per validation. */
  readonly validationBatches: number;
  /** Steps between checkpoints; 0 writes one only at the end or on stop. */
  readonly checkpointEvery: number;
  /** Newest checkpoints kept besides the best. */
  readonly keepCheckpoints: number;
  /** What a backward pass needs: kept from the forward pass, computed again, or chosen from memory at hand. */
  readonly activations: 'auto' | 'save' | 'recompute' | 'segments';
  /** Gigabytes (10⁹ bytes) that the trainer may take; 0 leaves it to what the machine has. */
  readonly memoryLimit: number;
  /** Whether each layer is updated as soon as its gradient is there, which is then not kept. */
  readonly fusedUpdate: boolean;
  /** Of what waits between programs; they compute in float32. */
  readonly precision: 'float32' | 'float16';
  /** Decay of the running average of the weights that is kept beside them; 0 keeps none. */
  readonly averaging: number;
  /** `blocks` trains only embedding and head: the control that shows whether depth does anything. */
  readonly freeze: 'none' | 'blocks';
  /** Directory of the run whose newest checkpoint gives the first weights, made absolute on resolution; empty for none. */
  readonly from: string;
}

export interface EngineConfig {
  readonly name: 'auto' | 'onnxruntime' | 'webgpu' | 'webgpu-software' | 'tfjs' | 'tfjs-node' | 'tfjs-node-gpu' | 'reference';
  /** Threads that each take part of the batch; 0 lets the trainer choose. */
  readonly workers: number;
}

/** When to raise alerts, and what to do when training breaks; docs/watchdog.md has the formulas. */
export interface WatchdogConfig {
  /** Robust standard deviations above the median of the window; 0 is off. */
  readonly lossSpike: number;
  /** Steps in the window. */
  readonly lossWindow: number;
  /** Steps after which a spike is a divergence; 0 is off. */
  readonly divergence: number;
  /** Steps at the unigram entropy; 0 is off. */
  readonly plateau: number;
  /** Gradient RMS of the lowest layers against the highest; 0 is off. */
  readonly vanishingGradients: number;
  readonly explodingGradients: number;
  /** Largest token cosine; 1 is off. */
  readonly rankCollapse: number;
  /** Least attention entropy in nats; 0 is off. */
  readonly attentionCollapse: number;
  /** Least update ratio; 0 is off. */
  readonly deadLayers: number;
  /** Recorded steps before an alert over depth comes or goes. */
  readonly patience: number;
  /** Returns to the last good checkpoint at most this often; 0 is off. */
  readonly rollback: number;
  /** Factor on the learning rate at each of them. */
  readonly rollbackRate: number;
}

export interface ExperimentConfig {
  readonly format: number;
  readonly name: string;
  readonly seed: number;
  readonly model: ModelConfig;
  readonly data: DataConfig;
  readonly optimiser: OptimiserConfig;
  readonly schedule: ScheduleConfig;
  readonly training: TrainingConfig;
  readonly watchdog: WatchdogConfig;
  readonly engine: EngineConfig;
}
