"""Runs the workloads on JAX (jit), on the CPU; one JSON line a figure.

usage: jax_suite.py [--threads N] [--only NAME[,NAME]] [--seconds S]
JAX takes as many threads as there are processors it may use, so --threads pins this process to the first N of them
(what `taskset -c 0 jax_suite.py --threads 1` does from outside). Images are NHWC, which is XLA's faster order here.
"""
import os

from harness import Workload, parse_arguments, pin, run_suite

args = parse_arguments(__doc__)
pin(args.threads)
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

source = np.random.default_rng(0)


def normal(*shape, scale=1.0):
    return jnp.asarray(source.standard_normal(shape, np.float32) * np.float32(scale))


def ints(below, *shape):
    return jnp.asarray(source.integers(0, below, shape, np.int32))


# ---- single ops ----

def op(f, *shapes):
    """A step that calls f, compiled, on random arrays."""
    def make():
        g, arrays = jax.jit(f), [normal(*shape) for shape in shapes]
        return lambda: jax.block_until_ready(g(*arrays))
    return make


def gemm(m, k, n):
    return Workload(op(jnp.matmul, (m, k), (k, n)), 2 * m * k * n)


def gemms(n, inner=64):
    """Products so small that a call costs as much: many of them, independent, in one call."""
    def product(*pairs):
        return [a @ b for a, b in zip(pairs[::2], pairs[1::2])]
    return Workload(op(product, *[(n, n)] * (2 * inner)), 2 * n**3, inner)


def layer_norm(x, weight, bias):
    mean = x.mean(-1, keepdims=True)
    variance = jnp.square(x - mean).mean(-1, keepdims=True)
    return (x - mean) * lax.rsqrt(variance + 1e-5) * weight + bias


# ---- optimizers: (state of some parameters, update(parameters, gradients, state)) ----

def zeros(parameters):
    return jax.tree.map(jnp.zeros_like, parameters)


def adam(decay=0.0, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    def init(parameters):
        return zeros(parameters), zeros(parameters), jnp.zeros(())

    def update(parameters, grads, state):
        m, v, t = state
        t = t + 1
        m = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, m, grads)
        v = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, v, grads)
        rate, scale = lr / (1 - beta1**t), 1 / (1 - beta2**t)
        move = lambda p, m, v: p * (1 - lr * decay) - rate * m / (jnp.sqrt(v * scale) + eps)
        return jax.tree.map(move, parameters, m, v), (m, v, t)
    return init, update


def momentum(lr=0.1, factor=0.9):
    def update(parameters, grads, velocity):
        velocity = jax.tree.map(lambda b, g: factor * b + g, velocity, grads)
        return jax.tree.map(lambda p, b: p - lr * b, parameters, velocity), velocity
    return zeros, update


def adam_alone():
    init, update = adam()
    grads, compiled = normal(1 << 20), jax.jit(update, donate_argnums=(0, 2))
    parameters = normal(1 << 20)
    held = [parameters, init(parameters)]

    def step():
        held[:] = compiled(held[0], grads, held[1])
        jax.block_until_ready(held)
    return step


# ---- models: parameters as trees, and the functions of them ----

def linear(inputs, outputs, bias=True):
    layer = {"w": normal(inputs, outputs, scale=inputs**-0.5)}
    return {**layer, "b": jnp.zeros(outputs)} if bias else layer


def dense(layer, x):
    return x @ layer["w"] + layer["b"]


def mlp(layers, x, activation):
    for layer in layers[:-1]:
        x = activation(dense(layer, x))
    return dense(layers[-1], x)


def conv(x, w, stride=1, padding="VALID"):
    return lax.conv_general_dilated(x, w, (stride, stride), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def pool2(x):
    """2×2 maxima, an odd row and column left out; far quicker here than a window reduction, its gradient above all."""
    n, h, w, c = x.shape
    return x[:, :h // 2 * 2, :w // 2 * 2].reshape(n, h // 2, 2, w // 2, 2, c).max((2, 4))


def kernel(size, inputs, outputs):
    return normal(size, size, inputs, outputs, scale=(size * size * inputs) ** -0.5)


def cnn_parameters():
    return {"conv1": {"w": kernel(3, 1, 32), "b": jnp.zeros(32)}, "conv2": {"w": kernel(3, 32, 64), "b": jnp.zeros(64)},
            "head": [linear(1600, 128), linear(128, 10)]}


def cnn(p, x):
    for name in ("conv1", "conv2"):
        x = pool2(jax.nn.relu(conv(x, p[name]["w"]) + p[name]["b"]))
    return mlp(p["head"], x.reshape(x.shape[0], -1), jax.nn.relu)


def normed_conv(size, inputs, outputs):
    return {"w": kernel(size, inputs, outputs), "scale": jnp.ones(outputs), "shift": jnp.zeros(outputs)}


def resnet_parameters(small, classes):
    widths, blocks = (64, 64, 128, 256, 512), []
    for i, o in zip(widths, widths[1:]):
        first = {"first": normed_conv(3, i, o), "second": normed_conv(3, o, o)}
        blocks += [first if i == o else {**first, "shortcut": normed_conv(1, i, o)},
                   {"first": normed_conv(3, o, o), "second": normed_conv(3, o, o)}]
    return {"stem": normed_conv(3 if small else 7, 3, 64), "blocks": blocks, "head": linear(512, classes)}


def resnet_statistics(parameters):
    """The running mean and variance of each normed convolution, as a tree of the same outline."""
    is_conv = lambda node: isinstance(node, dict) and "scale" in node
    of = lambda node: {"mean": jnp.zeros_like(node["scale"]), "variance": jnp.ones_like(node["scale"])}
    return jax.tree.map(of, {"stem": parameters["stem"], "blocks": parameters["blocks"]}, is_leaf=is_conv)


def resnet(p, statistics, x, training, small):
    """The logits and, in training, the new running statistics."""
    def normed(layer, running, x, stride=1):
        half = layer["w"].shape[0] // 2
        x = conv(x, layer["w"], stride, [(half, half), (half, half)])
        if training:
            mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
            count = x.size // x.shape[-1]
            seen = {"mean": mean, "variance": variance * count / (count - 1)}
            after = jax.tree.map(lambda old, new: 0.9 * old + 0.1 * lax.stop_gradient(new), running, seen)
        else:
            mean, variance, after = running["mean"], running["variance"], running
        return (x - mean) * (lax.rsqrt(variance + 1e-5) * layer["scale"]) + layer["shift"], after

    after = {"blocks": []}
    x, after["stem"] = normed(p["stem"], statistics["stem"], x, 1 if small else 2)
    x = jax.nn.relu(x)
    if not small:
        x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 3, 3, 1), (1, 2, 2, 1), ((0, 0), (1, 1), (1, 1), (0, 0)))
    for block, running in zip(p["blocks"], statistics["blocks"]):
        stride, new = (2 if "shortcut" in block else 1), {}
        y, new["first"] = normed(block["first"], running["first"], x, stride)
        y, new["second"] = normed(block["second"], running["second"], jax.nn.relu(y))
        if "shortcut" in block:
            x, new["shortcut"] = normed(block["shortcut"], running["shortcut"], x, stride)
        x = jax.nn.relu(x + y)
        after["blocks"].append(new)
    return dense(p["head"], x.mean((1, 2))), after


def lstm_parameters():
    cell = lambda: {"x": normal(256, 1024, scale=1 / 16), "h": normal(256, 1024, scale=1 / 16), "b": jnp.zeros(1024)}
    return {"embedding": normal(1000, 256), "layers": [cell(), cell()], "head": linear(256, 1000)}


def lstm(p, tokens):
    x = p["embedding"][tokens]                                                    # [batch, time, 256]
    for layer in p["layers"]:
        def cell(carry, gates):
            h, c = carry
            i, f, g, o = jnp.split(gates + h @ layer["h"], 4, -1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h
        start = jnp.zeros((x.shape[0], 256))
        gates = jnp.swapaxes(x @ layer["x"] + layer["b"], 0, 1)
        x = jnp.swapaxes(lax.scan(cell, (start, start), gates)[1], 0, 1)
    return dense(p["head"], x)


LAYERS, WIDTH, HEADS, CONTEXT, VOCABULARY = 6, 384, 6, 256, 256


def gpt_parameters():
    norm = lambda: {"w": jnp.ones(WIDTH), "b": jnp.zeros(WIDTH)}
    block = lambda: {"norm1": norm(), "qkv": linear(WIDTH, 3 * WIDTH), "out": linear(WIDTH, WIDTH),
                     "norm2": norm(), "up": linear(WIDTH, 4 * WIDTH), "down": linear(4 * WIDTH, WIDTH)}
    return {"tokens": normal(VOCABULARY, WIDTH, scale=0.02), "positions": normal(CONTEXT, WIDTH, scale=0.02),
            "blocks": [block() for _ in range(LAYERS)], "norm": norm(), "head": linear(WIDTH, VOCABULARY, bias=False)}


def gpt(p, tokens, at=0, caches=None):
    """The logits and the caches: with these, tokens are the one at position at, and keys and values are kept."""
    batch, length = tokens.shape
    x = p["tokens"][tokens] + lax.dynamic_slice_in_dim(p["positions"], at, length)
    seen = jnp.tril(jnp.ones((length, length), bool)) if caches is None else jnp.arange(caches[0][0].shape[1]) <= at
    after = []
    for i, block in enumerate(p["blocks"]):
        qkv = dense(block["qkv"], layer_norm(x, block["norm1"]["w"], block["norm1"]["b"]))
        q, k, v = jnp.moveaxis(qkv.reshape(batch, length, 3, HEADS, WIDTH // HEADS), 2, 0)
        if caches is not None:
            k, v = (lax.dynamic_update_slice_in_dim(old, new, at, 1) for old, new in zip(caches[i], (k, v)))
            after.append((k, v))
        scores = jnp.einsum("bthd,bshd->bhts", q, k) * (WIDTH // HEADS) ** -0.5
        weights = jax.nn.softmax(jnp.where(seen, scores, -1e9))
        x = x + dense(block["out"], jnp.einsum("bhts,bshd->bthd", weights, v).reshape(batch, length, WIDTH))
        hidden = dense(block["up"], layer_norm(x, block["norm2"]["w"], block["norm2"]["b"]))
        x = x + dense(block["down"], jax.nn.gelu(hidden, approximate=True))
    return layer_norm(x, p["norm"]["w"], p["norm"]["b"]) @ p["head"]["w"], after


# ---- steps ----

def cross_entropy(logits, labels):
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[..., None], -1).mean()


def trainer(parameters, loss, optimizer, x, y, extra=None):
    """make() of a training step. loss(p, x, y), or with extra loss(p, e, x, y) -> (loss, e) for a state e that is not trained."""
    def make():
        init, update = optimizer
        aux = extra is not None

        def step(p, state, e, x, y):
            arguments = (p, e, x, y) if aux else (p, x, y)
            value, grads = jax.value_and_grad(loss, has_aux=aux)(*arguments)
            value, e = value if aux else (value, e)
            return (*update(p, grads, state), e, value)

        compiled = jax.jit(step, donate_argnums=(0, 1, 2))
        p = parameters()
        held, batch = [p, init(p), extra(p) if aux else None], (x(), y())

        def run():
            held[0], held[1], held[2], value = compiled(*held, *batch)
            jax.block_until_ready((held, value))
        return run
    return Workload(make)


def classify(model):
    return lambda p, x, y: cross_entropy(model(p, x), y)


def resnet_loss(p, statistics, x, y):
    logits, statistics = resnet(p, statistics, x, True, True)
    return cross_entropy(logits, y), statistics


def infer():
    p = resnet_parameters(False, 1000)
    statistics, x = resnet_statistics(p), normal(1, 224, 224, 3)
    forward = jax.jit(lambda p, s, x: resnet(p, s, x, False, False)[0])
    return lambda: jax.block_until_ready(forward(p, statistics, x))


def decode(length=64):
    p = gpt_parameters()

    @jax.jit
    def generate(p):
        def following(carry, at):
            token, caches = carry
            logits, caches = gpt(p, token, at, caches)
            token = logits.argmax(-1)
            return (token, caches), token
        room = jnp.zeros((1, length, HEADS, WIDTH // HEADS))
        return lax.scan(following, (jnp.zeros((1, 1), int), [(room, room)] * LAYERS), jnp.arange(length))[1]
    return lambda: jax.block_until_ready(generate(p))


def some(make, *args):
    return lambda: make(*args)


WORKLOADS = {
    **{f"gemm-{n}": gemms(n) for n in (64, 128)}, **{f"gemm-{n}": gemm(n, n, n) for n in (256, 512, 1024, 2048)},
    "gemm-tall-fwd": gemm(4096, 64, 512), "gemm-tall-dw": gemm(64, 4096, 512), "gemm-tall-dx": gemm(4096, 512, 64),
    "gemv": gemm(4096, 4096, 1),
    "bmm": Workload(op(jnp.matmul, (96, 64, 64), (96, 64, 64)), 2 * 96 * 64**3),
    "softmax": Workload(op(jax.nn.softmax, (4096, 1024))),
    "layernorm": Workload(op(layer_norm, (4096, 1024), (1024,), (1024,))),
    "gelu": Workload(op(lambda x: jax.nn.gelu(x, approximate=True), (4 << 20,))),
    "adam-1m": Workload(adam_alone),
    "mlp-step": trainer(lambda: [linear(784, 512), linear(512, 512), linear(512, 10)],
                        classify(lambda p, x: mlp(p, x, jax.nn.relu)), adam(), some(normal, 128, 784), some(ints, 10, 128)),
    "mlp-tiny": trainer(lambda: [linear(4, 64), linear(64, 64), linear(64, 2)],
                        lambda p, x, y: jnp.square(mlp(p, x, jnp.tanh) - y).mean(), adam(), some(normal, 32, 4), some(normal, 32, 2)),
    "cnn-step": trainer(cnn_parameters, classify(cnn), adam(), some(normal, 64, 28, 28, 1), some(ints, 10, 64)),
    "resnet-step": trainer(some(resnet_parameters, True, 10), resnet_loss, momentum(),
                           some(normal, 32, 32, 32, 3), some(ints, 10, 32), extra=resnet_statistics),
    "lstm-step": trainer(lstm_parameters, classify(lstm), adam(), some(ints, 1000, 32, 64), some(ints, 1000, 32, 64)),
    "gpt-step": trainer(gpt_parameters, classify(lambda p, x: gpt(p, x)[0]), adam(decay=0.01),
                        some(ints, 256, 8, 256), some(ints, 256, 8, 256)),
    "resnet-infer": Workload(infer),
    "gpt-decode": Workload(decode),
}

if __name__ == "__main__":
    run_suite(f"jax-{jax.__version__}-jit", args, WORKLOADS)
