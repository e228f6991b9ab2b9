"""The networks of the workloads in PyTorch. Their names of parameters are those of diffeo's (packages/node/src/bench)."""
import torch
import torch.nn.functional as F
from torch import nn


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
