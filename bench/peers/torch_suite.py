"""Runs the workloads on PyTorch, on the CPU; one JSON line a figure.

usage: torch_suite.py [--threads N] [--only NAME[,NAME]] [--seconds S] [--compile] [--fused]
"""
from harness import Workload, parse_arguments, run_suite

args = parse_arguments(__doc__, ("--compile", "torch.compile: forward, loss and backward as one"),
                       ("--fused", "the optimizers' one-pass kernels, which are not their default"))

import torch
import torch.nn.functional as F
from torch import nn

torch.set_num_threads(args.threads)
torch.manual_seed(0)
fused = {"fused": True} if args.fused else {}


def compiled(f):
    """f, compiled if that was asked for; the shapes that another workload left behind would make this one's dynamic."""
    if not args.compile:
        return f
    torch.compiler.reset()
    return torch.compile(f, dynamic=False)


# ---- single ops ----

def op(f, *shapes):
    """A step that calls f on random tensors, with no gradient."""
    def make():
        tensors, g = [torch.randn(s) for s in shapes], compiled(f)

        def step():
            with torch.no_grad():
                return g(*tensors)
        return step
    return make


def gemm(m, k, n):
    return Workload(op(lambda a, b: a @ b, (m, k), (k, n)), 2 * m * k * n)


def adam_alone():
    p = nn.Parameter(torch.randn(1 << 20))
    p.grad = torch.randn(1 << 20)
    return compiled(torch.optim.Adam([p], **fused).step)


# ---- models ----

def mlp(activation, *sizes):
    layers = []
    for i, o in zip(sizes, sizes[1:]):
        layers += [nn.Linear(i, o), activation()]
    return nn.Sequential(*layers[:-1])


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10))


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        def conv(i, o, size, stride):
            return nn.Sequential(nn.Conv2d(i, o, size, stride, size // 2, bias=False), nn.BatchNorm2d(o))
        self.first, self.second = conv(inputs, outputs, 3, stride), conv(outputs, outputs, 3, 1)
        self.shortcut = nn.Identity() if stride == 1 and inputs == outputs else conv(inputs, outputs, 1, stride)

    def forward(self, x):
        return F.relu(self.second(F.relu(self.first(x))) + self.shortcut(x))


def resnet18(small, classes):
    """small: for 32×32 input, with a 3×3 stem and no pooling behind it."""
    stem = [nn.Conv2d(3, 64, 3, 1, 1, bias=False) if small else nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    if not small:
        stem.append(nn.MaxPool2d(3, 2, 1))
    widths = (64, 64, 128, 256, 512)
    blocks = []
    for i, o in zip(widths, widths[1:]):
        blocks += [ResidualBlock(i, o, 1 if o == 64 else 2), ResidualBlock(o, o, 1)]
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, classes))


class LSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.lstm, self.head = nn.Embedding(1000, 256), nn.LSTM(256, 256, 2, batch_first=True), nn.Linear(256, 1000)

    def forward(self, tokens):
        return self.head(self.lstm(self.embedding(tokens))[0])


class GPTBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.qkv, self.out = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norm2, self.up, self.down = nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, cache=None):
        batch, length, width = x.shape
        qkv = self.qkv(self.norm1(x)).view(batch, length, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)                          # [batch, heads, length, width / heads] each
        if cache is None:
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            k, v, mask = cache.extend(k, v)
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class GPT(nn.Module):
    def __init__(self, layers=6, width=384, heads=6, context=256, vocabulary=256):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        self.blocks = nn.ModuleList(GPTBlock(width, heads) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary, bias=False)

    def forward(self, tokens, at=None, caches=None):
        at = torch.arange(tokens.shape[1]) if at is None else at
        x = self.tokens(tokens) + self.positions(at)
        for i, block in enumerate(self.blocks):
            x = block(x, caches and caches[i])
        return self.head(self.norm(x))


class GrowingCache:
    """Keys and values of the tokens so far: what is quickest without a compiler."""
    def __init__(self):
        self.k = self.v = None

    def extend(self, k, v):
        self.k = k if self.k is None else torch.cat([self.k, k], 2)
        self.v = v if self.v is None else torch.cat([self.v, v], 2)
        return self.k, self.v, None


class FixedCache:
    """Room for every token, so that one compiled program serves them all."""
    def __init__(self, at, length):
        self.at, self.k, self.v = at, torch.zeros(1, 6, length, 64), torch.zeros(1, 6, length, 64)

    def extend(self, k, v):
        self.k.index_copy_(2, self.at, k)
        self.v.index_copy_(2, self.at, v)
        return self.k, self.v, (torch.arange(self.k.shape[2]) <= self.at)[None]


# ---- steps ----

def cross_entropy(logits, labels):
    return F.cross_entropy(logits.flatten(0, -2), labels.flatten())


def trainer(model, optimizer, loss, x, y):
    """make() of a training step: forward, backward, update."""
    def make():
        net = model()
        update = optimizer(net.parameters(), **fused)
        forward = compiled(lambda x, y: loss(net(x), y))
        inputs, targets = x(), y()

        def step():
            update.zero_grad()
            value = forward(inputs, targets)
            value.backward()
            update.step()
            return value
        return step
    return Workload(make)


def normal(*shape):
    return lambda: torch.randn(shape)


def ints(below, *shape):
    return lambda: torch.randint(0, below, shape)


def momentum(parameters, **options):
    return torch.optim.SGD(parameters, 0.1, 0.9, **options)


def infer():
    net, x = resnet18(False, 1000).eval(), torch.randn(1, 3, 224, 224)
    forward = compiled(net)

    def step():
        with torch.no_grad():
            return forward(x)
    return step


def decode(length=64):
    net = GPT().eval()

    def grow():
        caches, token = [GrowingCache() for _ in net.blocks], torch.zeros(1, 1, dtype=torch.long)
        for i in range(length):
            token = net(token, torch.tensor([i]), caches).argmax(-1)
        return token

    at = torch.zeros(1, dtype=torch.long)
    caches = [FixedCache(at, length) for _ in net.blocks]
    following = compiled(lambda token: net(token, at, caches).argmax(-1))

    def fixed():
        token = torch.zeros(1, 1, dtype=torch.long)
        for i in range(length):
            at.fill_(i)
            token = following(token)
        return token

    def step():
        with torch.no_grad():
            return fixed() if args.compile else grow()
    return step


Adam, AdamW = torch.optim.Adam, torch.optim.AdamW
WORKLOADS = {
    **{f"gemm-{n}": gemm(n, n, n) for n in (64, 128, 256, 512, 1024, 2048)},
    "gemm-tall-fwd": gemm(4096, 64, 512), "gemm-tall-dw": gemm(64, 4096, 512), "gemm-tall-dx": gemm(4096, 512, 64),
    "gemv": gemm(4096, 4096, 1),
    "bmm": Workload(op(torch.bmm, (96, 64, 64), (96, 64, 64)), 2 * 96 * 64**3),
    "softmax": Workload(op(lambda x: torch.softmax(x, -1), (4096, 1024))),
    "layernorm": Workload(op(lambda x, w, b: F.layer_norm(x, (1024,), w, b), (4096, 1024), (1024,), (1024,))),
    "gelu": Workload(op(lambda x: F.gelu(x, approximate="tanh"), (4 << 20,))),
    "adam-1m": Workload(adam_alone),
    "mlp-step": trainer(lambda: mlp(nn.ReLU, 784, 512, 512, 10), Adam, cross_entropy, normal(128, 784), ints(10, 128)),
    "mlp-tiny": trainer(lambda: mlp(nn.Tanh, 4, 64, 64, 2), Adam, F.mse_loss, normal(32, 4), normal(32, 2)),
    "cnn-step": trainer(cnn, Adam, cross_entropy, normal(64, 1, 28, 28), ints(10, 64)),
    "resnet-step": trainer(lambda: resnet18(True, 10), momentum, cross_entropy, normal(32, 3, 32, 32), ints(10, 32)),
    "lstm-step": trainer(LSTM, Adam, cross_entropy, ints(1000, 32, 64), ints(1000, 32, 64)),
    "gpt-step": trainer(GPT, AdamW, cross_entropy, ints(256, 8, 256), ints(256, 8, 256)),
    "resnet-infer": Workload(infer),
    "gpt-decode": Workload(decode),
}

if __name__ == "__main__":
    mode = ("compile" if args.compile else "eager") + ("-fused" if args.fused else "")
    run_suite(f"torch-{torch.__version__}-{mode}", args, WORKLOADS)
