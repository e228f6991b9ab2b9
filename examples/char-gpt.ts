/**
 * @file A character-level GPT reads the New Testament of 1611: a Transformer that foretells the next character from up
 * to 128 before it, against n-gram models with Kneser-Ney smoothing, in bits per character of a part that none of them
 * has seen. Then it writes on.
 */
import { readFile } from 'node:fs/promises'
import { compile, data, nn, optim, slice, tensor, train as training, type Tensor } from 'diffeo'
import { baselines, datasets, recipes } from '@diffeo/node'

const [width, heads, depth, context] = [128, 4, 4, 128]

/** Radford et al. (2018), with norms before (RMSNorm) and positions as rotations (RoPE). */
class Block extends nn.Module<[x: Tensor, cache?: nn.KeyValueCache]> {
  readonly rotary = new nn.RotaryPositions()
  readonly norm1 = new nn.RMSNorm(width)
  readonly qkv = new nn.Linear(width, 3 * width, { bias: false })
  readonly out = new nn.Linear(width, width, { bias: false })
  readonly norm2 = new nn.RMSNorm(width)
  readonly up = new nn.Linear(width, 4 * width, { bias: false })
  readonly down = new nn.Linear(4 * width, width, { bias: false })

  constructor() {
    super()
    // a block begins as the identity
    for (const layer of [this.out, this.down]) nn.init.zeros(layer.weight)
  }

  override forward(x: Tensor, cache?: nn.KeyValueCache): Tensor {
    const [batch, length] = x.shape
    const parts = this.qkv.forward(this.norm1.forward(x)).reshape([batch, length, 3, heads, width / heads])
    const [q, k, v] = parts.permute([2, 0, 3, 1, 4]).unbind(0)
    const [query, key] = [q, k].map(t => this.rotary.forward(t, cache?.length.add(0) ?? 0))
    const all = cache?.append(key, v)
    const { key: keys, value, length: known } = all ?? { key, value: v, length: null }
    const mixed = nn.scaledDotProductAttention(query, keys, value, { causal: true, length: known })
    const y = x.add(this.out.forward(mixed.permute([0, 2, 1, 3]).reshape([batch, length, width])))
    return y.add(this.down.forward(this.up.forward(this.norm2.forward(y)).gelu({ approximate: 'tanh' })))
  }
}

class GPT extends nn.Module<[ids: Tensor, caches?: readonly nn.KeyValueCache[]], Tensor> {
  readonly characters: nn.Embedding
  readonly blocks = new nn.ModuleList(Array.from({ length: depth }, () => new Block()))
  readonly norm = new nn.RMSNorm(width)
  readonly head: nn.Linear

  constructor(size: number) {
    super()
    this.characters = new nn.Embedding(size, width)
    nn.init.normal(this.characters.weight, { std: 0.1 })
    this.head = new nn.Linear(width, size)
  }

  /** Characters `[batch, length]` → logits of the next `[batch, length, size]`; with caches, behind those they hold. */
  override forward(ids: Tensor, caches?: readonly nn.KeyValueCache[]): Tensor {
    let x = this.characters.forward(ids)
    let i = 0
    for (const block of this.blocks) x = block.forward(x, caches?.[i++])
    return this.head.forward(this.norm.forward(x))
  }
}

/** Verses in blocks of 20: every twentieth is put aside for the test, another to choose the order of n-grams by. */
async function textOf() {
  const { verses } = await datasets.bible()
  const testament = verses.slice(verses.findIndex(v => v.startsWith('The book of the generation of Jesus Christ')))
  const blocks = Array.from({ length: Math.ceil(testament.length / 20) }, (_, i) =>
    `${testament.slice(20 * i, 20 * i + 20).join('\n')}\n`)
  const partOf = (from: number, to: number): string => blocks.filter((_, i) => i % 20 >= from && i % 20 < to).join('')
  const [known, test, counted, held] = [partOf(0, 19), partOf(19, 20), partOf(0, 18), partOf(18, 19)]
  return { known, test, counted, held, tokenizer: data.CharTokenizer.train(blocks) }
}

/** Windows of the context, each `step` behind the one before, and what follows each of their characters. */
const windowsOf = (ids: Int32Array, step: number): data.Dataset<[Int32Array, Int32Array]> => ({
  length: Math.floor((ids.length - 1 - context) / step) + 1,
  get: i => [ids.subarray(i * step, i * step + context), ids.subarray(i * step + 1, i * step + 1 + context)],
})

/** Bits a character of those from `from` up to `to`: of each window the second half counts, behind at least 64. */
async function bitsOf(model: GPT, ids: Int32Array): Promise<{ bits: number; from: number; to: number }> {
  model.eval()
  const half = context / 2
  const lossOf = compile((x: Tensor, y: Tensor) => nn.crossEntropy(
    model.forward(x).index(slice(), slice(half)).flatten(0, 1), y.index(slice(), slice(half)).flatten()))
  const windows = windowsOf(ids, half)
  let sum = 0
  for await (const [x, y] of new data.DataLoader(windows, { batchSize: 32 }))
    sum += x.shape[0] * (await lossOf(x, y).item())
  const from = half + 1
  return { bits: sum / windows.length / Math.LN2, from, to: from + windows.length * half }
}

/** Goes on behind a text, each character drawn by its probability. Caches hold keys and values of what was read. */
async function writeOn(model: GPT, tokenizer: data.CharTokenizer, start: string, length: number): Promise<string> {
  model.eval()
  const ids = tokenizer.encode([...start].filter(c => tokenizer.vocabulary.has(c)).join('') || '\n')
  const caches = Array.from({ length: depth }, () => new nn.KeyValueCache(context, heads, width / heads))
  const random = new data.Random(0)
  const next = compile((read: Tensor) => model.forward(read, caches).index(0, -1).softmax(0))
  const from = ids.length
  for (let cached = Infinity; ids.length < from + length;) {
    // full caches begin anew with the last half of the context: no more than it was seen in training
    if (cached >= context) for (const cache of caches) cache.reset()
    const read = cached >= context ? ids.slice(-context / 2) : ids.slice(-1)
    cached = cached >= context ? read.length : cached + 1
    let left = random.next()
    const odds = await next(tensor([read], { dtype: 'int32' })).data()
    ids.push(Math.max(0, odds.findIndex(p => (left -= p) < 0)))
  }
  return tokenizer.decode(ids.slice(from))
}

export default recipes.recipe({
  name: 'char-gpt',
  description: 'a GPT reads and writes the English of 1611, character by character',
  source: 'The New Testament of the King James Bible (Debian package bible-kjv-text)',
  minutes: 12,
  // size and rate were chosen on another twentieth of the blocks, taken from training
  defaults: { epochs: 2, lr: 4e-3, batchSize: 16 },
  async run({ args, print, quick, describe, train }) {
    const { epochs, lr, batchSize, seed } = args
    const { tokenizer, ...parts } = await textOf()
    const part = quick ? 20_000 : Infinity
    const [ids, test, counted, held] = [parts.known, parts.test, parts.counted, parts.held]
      .map(text => Int32Array.from(tokenizer.encode(text.slice(0, part))))
    await describe({
      data: `The New Testament (1611): ${ids.length} characters to train, ${test.length} to test`,
      preprocessing: [`${tokenizer.size} characters by number`], fitted: { tokenizer },
    })
    const model = new GPT(tokenizer.size)
    // each character is seen in four windows an epoch, behind other lengths of text
    const loader = new data.DataLoader(windowsOf(ids, context / 4), { batchSize, shuffle: true, seed, dropLast: true })
    const steps = epochs * loader.length
    const rateAt = (step: number, most: number): number => most * Math.min(1, step / 100) * (1 - step / steps)
    await train(model, loader, {
      loss: (logits, next) => nn.crossEntropy(logits.flatten(0, 1), next.flatten()), epochs, clipNorm: 1,
      callbacks: [new training.LearningRateScheduler(rateAt, { every: 'step' })],
      optimizer: new optim.AdamW(model.parameters(), { lr, weightDecay: 0.1, betas: [0.9, 0.98] }),
    })
    const { bits, ...range } = await bitsOf(model, test)
    print(await writeOn(model, tokenizer, 'And it came to pass', quick ? 20 : 400))
    // the same characters for all; an order above 8 would number its n-grams beyond 2⁵³
    const { size } = tokenizer
    const best = baselines.bestOrder(counted, held, [3, 4, 5, 6, 7, 8], size)
    const [one, three, five, most] = [1, 3, 5, best].map(order =>
      new baselines.NGram(ids, { order, size }).bits(test, range))
    return [{
      name: 'bits a character', value: bits, unit: 'bits', atMost: five,
      baselines: {
        'single characters': one, '3-gram': three, '5-gram, Kneser-Ney': five,
        [`${best}-gram, the best order on a part of training`]: most,
      },
    }]
  },
  /** Writes on where a text file ends. */
  async predict(path, run) {
    const tokenizer = data.CharTokenizer.fromStateDict(await run.fitted('tokenizer'))
    const model = await run.trained(new GPT(tokenizer.size))
    run.print(await writeOn(model, tokenizer, await readFile(path, 'utf8'), 400))
  },
})
