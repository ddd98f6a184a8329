// The experiments that `Fathom: New Experiment` offers, as the text a person then edits: comments say
// what a field is for where its name does not.

export type TemplateId = 'deep-gpt' | 'deep-bert' | 'gpt-1k' | 'bert-1k' | 'own-code' | 'scheme-comparison';

export interface TemplateFile {
  /** Without the `.fathom.json` at its end. */
  readonly stem: string;
  readonly text: string;
}

export const TEMPLATES: readonly TemplateId[] = ['deep-gpt', 'deep-bert', 'gpt-1k', 'bert-1k', 'own-code', 'scheme-comparison'];

/** Schemes of one depth and one initialisation side by side: a scheme is only comparable that way. */
const COMPARED_SCHEMES = ['foundation', 'deepnorm', 'post-ln', 'pre-ln'] as const;

/** The files of a template; the first is the one to open. */
export function templateFiles(id: TemplateId): readonly TemplateFile[] {
  switch (id) {
    case 'deep-gpt':
      return [{ stem: 'deep-gpt', text: deepGpt() }];
    case 'deep-bert':
      return [{ stem: 'deep-bert', text: deepBert() }];
    case 'gpt-1k':
      return [{ stem: 'gpt-1k', text: gpt1k() }];
    case 'bert-1k':
      return [{ stem: 'bert-1k', text: bert1k() }];
    case 'own-code':
      return [{ stem: 'own-code', text: ownCode() }];
    case 'scheme-comparison':
      return COMPARED_SCHEMES.map((scheme) => ({ stem: `compare-${scheme}`, text: comparison(scheme) }));
    default:
      return id satisfies never;
  }
}

/** The first of `stem`, `stem-2`, `stem-3`, … for which `isTaken` is false. */
export function freeStem(stem: string, isTaken: (stem: string) => boolean): string {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? stem : `${stem}-${number}`;
    if (!isTaken(candidate)) return candidate;
  }
}

function deepGpt(): string {
  return `// A deep, thin GPT on a novel that comes with Fathom: minutes on two processor cores.
{
  "name": "deep-gpt",
  "model": {
    "layers": 100,
    "hidden": 64,
    "heads": 2,
    "context": 64,
    "scheme": "foundation"
  },
  "data": {
    "source": "built-in:moby-dick",
    "tokeniser": "bytes"
  },
  // The layers learn slower than the embedding: at one rate for both, a hundred Post-LN layers forget
  // their input within twenty steps. Set "layerRate" to 1 and watch.
  "optimiser": { "learningRate": 0.01, "layerRate": 0.005 },
  "schedule": { "warmup": 15 },
  "training": {
    "steps": 400,
    "batch": 8,
    // Steps between two columns of the depth picture.
    "recordEvery": 1
  }
}
`;
}

function deepBert(): string {
  return `// A deep, thin BERT that fills in masked bytes of a novel: minutes on two processor cores.
{
  "name": "deep-bert",
  "model": {
    "architecture": "bert",
    "layers": 100,
    "hidden": 64,
    "heads": 2,
    "context": 64,
    // Upscale LayerNorm: the stream is multiplied by (2N)^(1/4) before every LayerNorm.
    "scheme": "upscale"
  },
  "data": {
    "source": "built-in:moby-dick",
    "tokeniser": "bytes"
  },
  "optimiser": { "learningRate": 0.01, "layerRate": 0.005 },
  "schedule": { "warmup": 15 },
  "training": {
    "steps": 400,
    "batch": 8,
    "recordEvery": 1
  }
}
`;
}

function gpt1k(): string {
  return `// The shape of GPT-1k of "FoundationLayerNorm" (arXiv 2204.04477): 1000 layers, one head, 815 M parameters.
// It wants some 14 GB of memory. For a look at a thousand layers on a laptop, set "hidden" to 64 and
// "tokeniser" to "bytes".
{
  "name": "gpt-1k",
  "model": {
    "layers": 1000,
    "hidden": 256,
    "heads": 1,
    "context": 64,
    "positions": "none",
    "tiedEmbeddings": false,
    "finalNorm": true,
    "scheme": "foundation"
  },
  "data": {
    "source": "built-in:moby-dick",
    "tokeniser": "gpt2"
  },
  "optimiser": { "learningRate": 0.003, "layerRate": 0.005 },
  "schedule": { "warmup": 200 },
  "training": {
    "steps": 2000,
    "batch": 4,
    "activations": "recompute",
    "recordEvery": 5,
    "checkpointEvery": 200
  }
}
`;
}

function bert1k(): string {
  return `// The shape of BERT-1k of "FoundationLayerNorm" (arXiv 2204.04477): an encoder of 1000 layers with Upscale
// LayerNorm, filling in masked bytes. For words instead, set "tokeniser" to "wordpiece" and name a BERT's
// vocab.txt as "vocabularyFile". To fine-tune it on pairs of questions, write a configuration with the
// same "model", "objective": "pair-class", a table as "source", and this run as "from" under "training".
{
  "name": "bert-1k",
  "model": {
    "architecture": "bert",
    "layers": 1000,
    "hidden": 64,
    "heads": 2,
    "context": 64,
    "scheme": "upscale"
  },
  "data": {
    "source": "built-in:moby-dick",
    "tokeniser": "bytes"
  },
  "optimiser": { "learningRate": 0.01, "layerRate": 0.005 },
  "schedule": { "warmup": 20 },
  "training": {
    "steps": 2000,
    "batch": 8,
    "activations": "recompute",
    "recordEvery": 5,
    "checkpointEvery": 100
  }
}
`;
}

function ownCode(): string {
  return `// A GPT trained on the source code of this folder. The pattern is relative to this file.
{
  "name": "own-code",
  "model": {
    "layers": 48,
    "hidden": 64,
    "heads": 2,
    "context": 128,
    "scheme": "pre-ln"
  },
  "data": {
    "source": "**/*.{ts,js,py,go,rs,java,c,h,cpp,md}",
    "tokeniser": "bytes"
  },
  "optimiser": { "learningRate": 0.001 },
  "schedule": { "warmup": 50 },
  "training": {
    "steps": 1000,
    "batch": 8,
    "recordEvery": 5
  }
}
`;
}

function comparison(scheme: string): string {
  return `// One of several files that differ in their residual scheme only: same depth, same initialisation,
// same data, same seed. Train each, and compare where in the depth they differ.
{
  "name": "compare-${scheme}",
  "seed": 1,
  "model": {
    "layers": 60,
    "hidden": 64,
    "heads": 2,
    "context": 64,
    "scheme": "${scheme}",
    "initialisation": "gpt2-scaled"
  },
  "data": {
    "source": "built-in:moby-dick",
    "tokeniser": "bytes"
  },
  "optimiser": { "learningRate": 0.01, "layerRate": 0.005 },
  "schedule": { "warmup": 15 },
  "training": {
    "steps": 300,
    "batch": 8,
    "recordEvery": 2
  }
}
`;
}
