/**
 * @file The networks of the workloads. Their names of parameters are those of the peers' suites (bench/peers), so that
 * both can be given the same weights.
 */
import { arange, nn, type Tensor } from 'diffeo'

export const mlp = (sizes: readonly number[], activation: () => nn.Module): nn.Sequential =>
  new nn.Sequential(...sizes.slice(1).flatMap((outputs, i) => [
    new nn.Linear(sizes[i], outputs), ...(i < sizes.length - 2 ? [activation()] : []),
  ]))

export const cnn = (): nn.Sequential =>
  new nn.Sequential(
    new nn.Conv2d(1, 32, 3), new nn.ReLU(), new nn.MaxPool2d(2),
    new nn.Conv2d(32, 64, 3), new nn.ReLU(), new nn.MaxPool2d(2),
    new nn.Flatten(), new nn.Linear(1600, 128), new nn.ReLU(), new nn.Linear(128, 10),
  )

// ---- ResNet-18: He, Zhang, Ren & Sun, "Deep residual learning" (2015) ----

const normedConv = (inputs: number, outputs: number, size: number, stride: number): nn.Sequential =>
  new nn.Sequential(
    new nn.Conv2d(inputs, outputs, size, { stride, padding: size >> 1, bias: false }),
    new nn.BatchNorm2d(outputs),
  )

class ResidualBlock extends nn.Module {
  readonly first: nn.Sequential
  readonly second: nn.Sequential
  readonly shortcut: nn.Module

  constructor(inputs: number, outputs: number, stride: number) {
    super()
    this.first = normedConv(inputs, outputs, 3, stride)
    this.second = normedConv(outputs, outputs, 3, 1)
    this.shortcut = stride === 1 && inputs === outputs ? new nn.Identity() : normedConv(inputs, outputs, 1, stride)
  }

  override forward(x: Tensor): Tensor {
    return this.second.forward(this.first.forward(x).relu()).add(this.shortcut.forward(x)).relu()
  }
}

/** `small`: for 32×32 images, with a 3×3 stem and no pooling behind it; else the one of ImageNet. */
export function resnet18({ small, classes }: { small: boolean; classes: number }): nn.Sequential {
  const stem = small
    ? [new nn.Conv2d(3, 64, 3, { padding: 1, bias: false }), new nn.BatchNorm2d(64), new nn.ReLU()]
    : [
        new nn.Conv2d(3, 64, 7, { stride: 2, padding: 3, bias: false }), new nn.BatchNorm2d(64), new nn.ReLU(),
        new nn.MaxPool2d(3, { stride: 2, padding: 1 }),
      ]
  const widths = [64, 128, 256, 512]
  const blocks = widths.flatMap((width, i) => [
    new ResidualBlock(i === 0 ? 64 : widths[i - 1], width, i === 0 ? 1 : 2),
    new ResidualBlock(width, width, 1),
  ])
  return new nn.Sequential(
    ...stem, ...blocks, new nn.AdaptiveAvgPool2d(1), new nn.Flatten(), new nn.Linear(512, classes),
  )
}

// ---- a language model of LSTMs: Hochreiter & Schmidhuber, "Long short-term memory" (1997) ----

export class LSTMLanguageModel extends nn.Module {
  readonly embedding = new nn.Embedding(1000, 256)
  readonly lstm = new nn.LSTM(256, 256, { numLayers: 2, batchFirst: true })
  readonly head = new nn.Linear(256, 1000)

  /** Tokens `[batch, time]` → logits `[batch, time, vocabulary]`. */
  override forward(tokens: Tensor): Tensor {
    return this.head.forward(this.lstm.forward(this.embedding.forward(tokens))[0])
  }
}

// ---- GPT: Radford et al., "Language models are unsupervised multitask learners" (2019) ----

class GPTBlock extends nn.Module<[x: Tensor, cache?: nn.KeyValueCache]> {
  readonly heads: number
  readonly norm1: nn.LayerNorm
  readonly qkv: nn.Linear
  readonly out: nn.Linear
  readonly norm2: nn.LayerNorm
  readonly up: nn.Linear
  readonly down: nn.Linear

  constructor(width: number, heads: number) {
    super()
    this.heads = heads
    this.norm1 = new nn.LayerNorm(width)
    this.qkv = new nn.Linear(width, 3 * width)
    this.out = new nn.Linear(width, width)
    this.norm2 = new nn.LayerNorm(width)
    this.up = new nn.Linear(width, 4 * width)
    this.down = new nn.Linear(4 * width, width)
  }

  override forward(x: Tensor, cache?: nn.KeyValueCache): Tensor {
    const mixed = x.add(this.out.forward(this.attend(this.norm1.forward(x), cache)))
    const hidden = this.up.forward(this.norm2.forward(mixed)).gelu({ approximate: 'tanh' })
    return mixed.add(this.down.forward(hidden))
  }

  private attend(x: Tensor, cache?: nn.KeyValueCache): Tensor {
    const [batch, length, width] = x.shape
    const depth = width / this.heads
    const parts = this.qkv.forward(x).reshape([batch, length, 3, this.heads, depth]).permute([2, 0, 3, 1, 4])
    const [q, k, v] = parts.unbind(0)
    const { key, value, length: known = null } = cache?.append(k, v) ?? { key: k, value: v }
    const mixed = nn.scaledDotProductAttention(q, key, value, { length: known, causal: true })
    return mixed.permute([0, 2, 1, 3]).reshape([batch, length, width])
  }
}

export interface GPTOptions { layers?: number; width?: number; heads?: number; context?: number; vocabulary?: number }

export class GPT extends nn.Module<[tokens: Tensor, caches?: readonly nn.KeyValueCache[]]> {
  readonly tokens: nn.Embedding
  readonly positions: nn.Embedding
  readonly blocks: nn.ModuleList<GPTBlock>
  readonly norm: nn.LayerNorm
  readonly head: nn.Linear

  constructor({ layers = 6, width = 384, heads = 6, context = 256, vocabulary = 256 }: GPTOptions = {}) {
    super()
    this.tokens = new nn.Embedding(vocabulary, width)
    this.positions = new nn.Embedding(context, width)
    this.blocks = new nn.ModuleList(Array.from({ length: layers }, () => new GPTBlock(width, heads)))
    this.norm = new nn.LayerNorm(width)
    this.head = new nn.Linear(width, vocabulary, { bias: false })
  }

  /**
   * Tokens `[batch, length]` → logits `[batch, length, vocabulary]`. With a cache for each block the tokens stand
   * behind those that the caches hold.
   */
  override forward(tokens: Tensor, caches?: readonly nn.KeyValueCache[]): Tensor {
    const own = arange(tokens.shape[1], { dtype: 'int32' })
    let x = this.tokens.forward(tokens).add(this.positions.forward(caches ? own.add(caches[0].length) : own))
    let i = 0
    for (const block of this.blocks) x = block.forward(x, caches?.[i++])
    return this.head.forward(this.norm.forward(x))
  }
}
