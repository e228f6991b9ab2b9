"""Runs the workloads on PyTorch, on the CPU; one JSON line a figure.

usage: torch_suite.py [--threads N] [--only NAME[,NAME]] [--seconds S] [--compile] [--fused]
"""
from harness import Workload, parse_arguments, run_suite

args = parse_arguments(__doc__, ("--compile", "torch.compile: forward, loss and backward as one"),
                       ("--fused", "the optimizers' one-pass kernels, which are not their default"))

import torch
import torch.nn.functional as F
from torch import nn

from torch_models import GPT, LSTM, FixedCache, GrowingCache, cnn, mlp, resnet18

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


def gemms(n, inner=64):
    """Products so small that a call costs as much: many of them, independent, in one call."""
    def product(*pairs):
        return [a @ b for a, b in zip(pairs[::2], pairs[1::2])]
    return Workload(op(product, *[(n, n)] * (2 * inner)), 2 * n**3, inner)


def adam_alone():
    p = nn.Parameter(torch.randn(1 << 20))
    p.grad = torch.randn(1 << 20)
    return compiled(torch.optim.Adam([p], **fused).step)


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
    **{f"gemm-{n}": gemms(n) for n in (64, 128)}, **{f"gemm-{n}": gemm(n, n, n) for n in (256, 512, 1024, 2048)},
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
