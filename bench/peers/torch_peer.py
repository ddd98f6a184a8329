# The same model as Fathom's bench in PyTorch, written as well as it can be: flat lists of parameters,
# scaled-dot-product attention, fused AdamW, statistics packed into one read-back. It speaks the dialogue of
# bench/dialogue.ts: `python torch_peer.py <setup as JSON> <folder with weights.safetensors and batches.bin>`.

import json
import resource
import struct
import sys
import time

BEGUN = time.perf_counter()

import torch
import torch.nn.functional as F

SETUP = json.loads(sys.argv[1])
FOLDER = sys.argv[2]
L, C, H, T, B, V = (SETUP[name] for name in ("layers", "hidden", "heads", "context", "batch", "vocabulary"))
ALPHA = (2 * L) ** 0.25
BATCHES = 8
RATE, BETAS, EPSILON, DECAY, CLIP = 1e-4, (0.9, 0.95), 1e-8, 0.1, 1.0

torch.set_num_threads(SETUP["threads"])

PER_LAYER = [
    "attention.qkv.weight",
    "attention.qkv.bias",
    "attention.output.weight",
    "attention.output.bias",
    "attention.norm.gain",
    "attention.norm.bias",
    "feed_forward.in.weight",
    "feed_forward.in.bias",
    "feed_forward.out.weight",
    "feed_forward.out.bias",
    "feed_forward.norm.gain",
    "feed_forward.norm.bias",
]


def load(path):
    """Tensors of a safetensors file by name."""
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, info in header.items():
        start, end = info["data_offsets"]
        flat = torch.frombuffer(bytearray(data[8 + length + start : 8 + length + end]), dtype=torch.float32)
        tensors[name] = flat.reshape(info["shape"]).clone().requires_grad_()
    return tensors


def block(x, qkv_w, qkv_b, out_w, out_b, g1, b1, in_w, in_b, down_w, down_b, g2, b2):
    """DeepNorm with exact GELU; matrices are in × out."""
    q, k, v = torch.addmm(qkv_b, x, qkv_w).view(B, T, 3, H, C // H).permute(2, 0, 3, 1, 4).unbind(0)
    mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(B * T, C)
    h = F.layer_norm(torch.addmm(out_b, mixed, out_w).add(x, alpha=ALPHA), (C,), g1, b1)
    f = torch.addmm(down_b, F.gelu(torch.addmm(in_b, h, in_w)), down_w)
    return F.layer_norm(f.add(h, alpha=ALPHA), (C,), g2, b2)


def recorded_block(x, *parameters):
    """And the norm of what leaves it, reduced where it is at hand."""
    y = block(x, *parameters)
    return y, torch.linalg.vector_norm(y.detach())


COMPILED = SETUP["mode"] == "compiled"
plain = torch.compile(block, dynamic=False) if COMPILED else block
recorded = torch.compile(recorded_block, dynamic=False) if COMPILED else recorded_block

weights = load(f"{FOLDER}/weights.safetensors")
layers = [[weights[f"layers.{l + 1}.{name}"] for name in PER_LAYER] for l in range(L)]
tokens_table, positions = weights["embedding.tokens.weight"], weights["embedding.positions.weight"]
ends = [tokens_table, positions]
parameters = ends + [p for layer in layers for p in layer]
matrices = [p for p in parameters if p.dim() == 2]
vectors = [p for p in parameters if p.dim() == 1]
optimiser = torch.optim.AdamW(
    [{"params": matrices, "weight_decay": DECAY}, {"params": vectors, "weight_decay": 0.0}],
    lr=RATE,
    betas=BETAS,
    eps=EPSILON,
    fused=True,
)
before = [torch.empty_like(p) for p in parameters]

raw = torch.frombuffer(bytearray(open(f"{FOLDER}/batches.bin", "rb").read()), dtype=torch.int32).long()
batches = raw.reshape(BATCHES, 2, B * T)


def step(number, statistics):
    tokens, targets = batches[number % BATCHES]
    x = (F.embedding(tokens, tokens_table).view(B, T, C) + positions).view(B * T, C)
    streams = []
    cotangents = [None] * L
    for l, layer in enumerate(layers):
        if statistics:
            x, norm = recorded(x, *layer)
            streams.append(norm)

            def note(d, l=l):
                cotangents[l] = torch.linalg.vector_norm(d)

            x.register_hook(note)
        else:
            x = plain(x, *layer)
    loss = F.cross_entropy(x @ tokens_table.t(), targets)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    gradients = [p.grad for p in parameters]
    norms = torch._foreach_norm(gradients)
    total = torch.stack(norms).norm()
    torch._foreach_mul_(gradients, torch.clamp(CLIP / (total + 1e-6), max=1.0))
    if statistics:
        # Without this, autograd would record the copies, step after step.
        with torch.no_grad():
            torch._foreach_copy_(before, parameters)
    optimiser.step()
    if not statistics:
        return loss.item()
    with torch.no_grad():
        torch._foreach_sub_(before, parameters)
        packed = torch.cat(
            [
                loss.detach().reshape(1),
                torch.stack(streams),
                torch.stack(cotangents),
                torch.stack(norms),
                torch.stack(torch._foreach_norm(parameters)),
                torch.stack(torch._foreach_norm(before)),
            ]
        )
    return packed.tolist()[0]


def say(value):
    print(json.dumps(value), flush=True)


# Compiling is not part of training, and is over before it begins.
if COMPILED:
    for run in (plain, recorded):
        probe = torch.zeros(B * T, C, requires_grad=True)
        result = run(probe, *layers[0])
        (result[0] if isinstance(result, tuple) else result).sum().backward()
    for p in layers[0]:
        p.grad = None

flops = 6 * (sum(p.numel() for layer in layers for p in layer if p.dim() == 2) + V * C) + 12 * L * C * T
name = f"PyTorch {torch.__version__} {SETUP['mode']}, {SETUP['threads']} threads"
say({"subject": name, "startup": time.perf_counter() - BEGUN, "initialisation": 0, "flopsPerToken": flops})
done = 0
for line in sys.stdin:
    ask = json.loads(line)
    seconds, losses = [], []
    for _ in range(ask["steps"]):
        begun = time.perf_counter()
        losses.append(step(done, ask["statistics"]))
        seconds.append(time.perf_counter() - begun)
        done += 1
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    say({"seconds": seconds, "losses": losses, "peak": peak})
