/**
 * @file Sequence to sequence: dates as they are written in twelve languages ('lundi 4 mai 1998', 'the third of may
 * 1998') become ISO dates (1998-05-04), character by character. Two networks of an encoder and a decoder: recurrent
 * (GRU) with attention, and a Transformer. The dates are made by a generator, with the formats of Intl.DateTimeFormat;
 * no day of the test is in training, in any language. Careful rules decide them as well, and are printed beside: what
 * is shown is that networks find such rules by themselves.
 */
import { readFile } from 'node:fs/promises'
import { compile, concat, data, nn, optim, slice, tensor, train as training, zeros, type Tensor } from 'diffeo'
import { baselines, datasets, recipes } from '@diffeo/node'

const width = 64
/** The longest date has 41 characters, an ISO date ten. */
const [longest, length] = [44, 10]
const source = new data.CharTokenizer(
  new data.Vocabulary(['<pad>', '<unk>', ...' 0123456789,.-abcdefghijklmnopqrstuvwxyzæøł'], '<unk>'),
)
const target = new data.CharTokenizer(new data.Vocabulary(['<start>', ...'-0123456789']))

/** Characters without accents by number `[n, 44]`, 0 behind the last. */
const encode = (texts: readonly string[]): data.NdArray<Int32Array> =>
  data.padSequences(
    texts.map(t => source.encode(t.toLowerCase().normalize('NFD').replace(/\p{M}/gu, ''))),
    { length: longest },
  ).ids

type Seq2Seq = nn.Module<[text: Tensor, before: Tensor], Tensor>

/** A decoder whose states look at those of the encoder: Luong, Pham & Manning (2015). */
class Recurrent extends nn.Module<[text: Tensor, before: Tensor], Tensor> {
  readonly characters = new nn.Embedding(source.size, width)
  readonly encoder = new nn.GRU(width, width, { batchFirst: true, bidirectional: true })
  readonly before = new nn.Embedding(target.size, width)
  readonly decoder = new nn.GRU(width, 2 * width, { batchFirst: true })
  readonly query = new nn.Linear(2 * width, 2 * width)
  readonly mix = new nn.Linear(4 * width, 2 * width)
  readonly head = new nn.Linear(2 * width, target.size)

  override forward(text: Tensor, before: Tensor): Tensor {
    const there = text.ne(0)
    const [memory, last] = this.encoder.forward(this.characters.forward(text), null, { lengths: there.sum(1) })
    const [states] = this.decoder.forward(this.before.forward(before), concat(last.split(1), 2))
    const seen = nn.scaledDotProductAttention(this.query.forward(states), memory, memory, { mask: there.unsqueeze(1) })
    return this.head.forward(this.mix.forward(concat([states, seen], 2)).tanh())
  }
}

/** Vaswani et al. (2017), two layers each. */
class Transformer extends nn.Module<[text: Tensor, before: Tensor], Tensor> {
  readonly characters = new nn.Embedding(source.size, width)
  readonly before = new nn.Embedding(target.size, width)
  readonly places = new nn.LearnedPositions(longest, width)
  readonly steps = new nn.LearnedPositions(length, width)
  readonly transformer = new nn.Transformer({
    dModel: width, nhead: 4, numEncoderLayers: 2, numDecoderLayers: 2, dimFeedforward: 4 * width, dropout: 0,
    batchFirst: true, normFirst: true,
  })
  readonly head = new nn.Linear(width, target.size)

  override forward(text: Tensor, before: Tensor): Tensor {
    const padding = text.eq(0)
    return this.head.forward(this.transformer.forward(
      this.places.forward(this.characters.forward(text)), this.steps.forward(this.before.forward(before)),
      { tgtIsCausal: true, srcKeyPaddingMask: padding, memoryKeyPaddingMask: padding },
    ))
  }
}

/** The likeliest character each time; what was said so far is what the decoder sees. */
async function translate(model: Seq2Seq, texts: readonly string[], batch = 256): Promise<string[]> {
  model.eval()
  const likeliest = compile((text: Tensor, before: Tensor) => model.forward(text, before).argmax(2).cast('int32'))
  const { data: ids } = encode(texts)
  const found: string[] = []
  for (let i = 0; i < texts.length; i += batch) {
    const text = tensor(ids.subarray(i * longest, (i + batch) * longest)).reshape([-1, longest])
    const start = zeros([text.shape[0], 1], { dtype: 'int32' })
    let said = zeros([text.shape[0], length], { dtype: 'int32' })
    // place t depends on what stands before it alone: after t rounds t characters are final, whatever stands behind
    // them
    for (let t = 0; t < length; t++)
      said = await likeliest(text, concat([start, said.index(slice(), slice(0, -1))], 1)).realize()
    for (const row of await said.array<number[][]>()) found.push(target.decode(row))
  }
  return found
}

const models: Readonly<Record<string, () => Seq2Seq>> = {
  gru: () => new Recurrent(),
  transformer: () => new Transformer(),
}

export default recipes.recipe({
  name: 'seq2seq',
  description: 'dates in twelve languages become ISO dates: GRU with attention, and a Transformer',
  source: 'made: days of 1900 to 2099 as Intl.DateTimeFormat writes them, and English ones in words',
  minutes: 4,
  // the first settings that were tried, but for two epochs more, as the loss in training still fell
  defaults: { epochs: 7, lr: 2e-3, batchSize: 64 },
  async run({ args, print, quick, describe, train }) {
    const { epochs, lr, batchSize, seed } = args
    const dates = datasets.writtenDates({ count: quick ? 500 : 17_000 })
    const known = dates.slice(0, quick ? -100 : -2048)
    const test = dates.slice(known.length)
    await describe({
      data: `${dates.length} made dates in twelve languages; ${test.length}, all other days, are the test`,
      preprocessing: ['small letters, no accents'],
    })
    const answers = known.map(d => target.encode(d.iso))
    const set = new data.TensorDataset(
      encode(known.map(d => d.text)),
      data.padSequences(answers.map(a => [0, ...a.slice(0, -1)])).ids,
      data.padSequences(answers).ids,
    )
    const exact = (found: readonly string[]): number => found.filter((f, i) => f === test[i].iso).length / test.length
    const texts = test.map(d => d.text)
    const compared = {
      'Date.parse': exact(texts.map(t => isoOf(Date.parse(`${t} utc`)))),
      'rules, names of months from training': exact(texts.map(baselines.dateRules(known))),
    }

    const found = new Map<string, string[]>()
    for (const [name, create] of Object.entries(models)) {
      const model = create()
      const loader = new data.DataLoader(set, { batchSize, shuffle: true, seed })
      const steps = epochs * loader.length
      const rateAt = (step: number, most: number): number => most * Math.min(1, step / 200) * (1 - step / steps)
      await train(model, loader, {
        name, epochs, clipNorm: 1, optimizer: new optim.Adam(model.parameters(), { lr }),
        callbacks: [new training.LearningRateScheduler(rateAt, { every: 'step' })],
        loss: (logits, answer) => nn.crossEntropy(logits.flatten(0, 1), answer.flatten()),
      })
      found.set(name, await translate(model, texts))
    }
    for (let i = 0; i < 5; i++)
      print(`${texts[i]} → ${[...found].map(([name, all]) => `${all[i]} (${name})`).join(', ')}`)
    return [...found].map(([name, all]) => ({
      name: `exact dates of ${test.length}, ${name}`, value: exact(all), unit: 'share',
      atLeast: 0.98, baselines: compared,
    }))
  },
  /** Each line of a text file as a date. */
  async predict(path, run) {
    const lines = (await readFile(path, 'utf8')).split('\n').filter(line => line.trim() !== '')
    const found = await translate(await run.trained(new Transformer(), 'transformer'), lines)
    lines.forEach((line, i) => run.print(`${line} → ${found[i]}`))
  },
})

const isoOf = (time: number): string => (Number.isNaN(time) ? '' : new Date(time).toISOString().slice(0, 10))
