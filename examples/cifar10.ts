/**
 * @file A small ConvNet for 32×32×3 pictures in 10 classes: 6 and 16 feature maps, then 120, 84, 10; SGD with
 * momentum. On CIFAR-10 where that is on the machine or can be fetched; else on Fashion-MNIST, whose pictures are made
 * 32×32×3 by a black border and three equal channels. What it is held to differs, and the name of the measure says it.
 */
import { data, evaluate, nn, optim, train as training, type Tensor } from 'diffeo'
import { datasets, recipes } from '@diffeo/node'
import { logisticAccuracy, scaled, sliceOf, type Pictures } from './support/pixels.ts'

const createModel = (): nn.Module<[Tensor], Tensor> => new nn.Sequential(
  new nn.Conv2d(3, 6, 5), new nn.ReLU(), new nn.MaxPool2d(2),   // 32×32 → 28×28 → 14×14
  new nn.Conv2d(6, 16, 5), new nn.ReLU(), new nn.MaxPool2d(2),  // 14×14 → 10×10 → 5×5
  new nn.Flatten(),
  new nn.Linear(16 * 5 * 5, 120), new nn.ReLU(), new nn.Linear(120, 84), new nn.ReLU(), new nn.Linear(84, 10),
)

/** Gray 28×28 in the middle of 32×32, three times. */
function inColour({ pixels, labels }: datasets.RawImages): Pictures {
  const out = new Uint8Array(labels.length * 3072)
  for (let i = 0; i < labels.length; i++) {
    for (let y = 0; y < 28; y++) {
      const row = pixels.subarray((i * 28 + y) * 28, (i * 28 + y + 1) * 28)
      for (let c = 0; c < 3; c++) out.set(row, ((i * 3 + c) * 32 + y + 2) * 32 + 2)
    }
  }
  return { pixels: out, labels }
}

/** Bytes `[n, 3, 32, 32]` of what is known and of what is held out, and what logistic regression reads of them. */
async function load() {
  try {
    const { description, train, test, classNames } = await datasets.cifar10()
    const [known, held] = [train, test].map(({ images, labels }): Pictures => ({ pixels: images.data, labels }))
    return { name: 'CIFAR-10', description, classNames, known, held, knownFlat: known, heldFlat: held }
  } catch (error) {
    if (!(error instanceof datasets.MissingData)) throw error
    const { description, train, test, classNames } = await datasets.fashionMnist()
    return {
      name: 'Fashion-MNIST as 32×32×3', classNames, known: inColour(train.raw), held: inColour(test.raw),
      description: `CIFAR-10 is neither here nor to be fetched; instead, as 32×32×3: ${description}`,
      // a border and equal channels add nothing to what is linear in the gray pixels
      knownFlat: train.raw, heldFlat: test.raw,
    }
  }
}

/** From −1 to 1, as floats. */
function setOf({ pixels, labels }: Pictures): data.TensorDataset<[data.HostRows, data.HostRows]> {
  return new data.TensorDataset(
    { data: scaled(pixels, 127.5, 1), shape: [labels.length, 3, 32, 32] },
    { data: Int32Array.from(labels), shape: [labels.length] },
  )
}

export default recipes.recipe({
  name: 'cifar10',
  description: 'a small ConvNet for 32×32×3 pictures: CIFAR-10, or Fashion-MNIST in that form',
  source: 'CIFAR-10, found or fetched; where it is neither, Fashion-MNIST as 32×32×3',
  minutes: 5,
  // chosen on the last 10,000 training pictures
  defaults: { epochs: 10, lr: 1e-2, batchSize: 32 },
  async run({ args, quick, print, describe, train }) {
    const { epochs, lr, batchSize, seed } = args
    const { name, description, classNames, known, held, knownFlat, heldFlat } = await load()
    await describe({ data: description, classNames, preprocessing: ['from −1 to 1'] })
    const part = (pictures: Pictures): Pictures => (quick ? sliceOf(pictures, 0, 1000) : pictures)

    const model = createModel()
    const loader = new data.DataLoader(setOf(part(known)), { batchSize, shuffle: true, seed })
    const optimizer = new optim.SGD(model.parameters(), { lr, momentum: 0.9 })
    const falling = new optim.PolynomialLR(optimizer, { totalIters: epochs * loader.length })
    await train(model, loader, {
      loss: nn.crossEntropy, optimizer, epochs, metrics: ['accuracy'],
      callbacks: [new training.LearningRateScheduler(falling, { every: 'step' })],
    })
    const { accuracy } = await evaluate(model, setOf(part(held)), { metrics: ['accuracy'] })

    print('logistic regression on the pixels, for comparison')
    const linear =
      await logisticAccuracy({ classNames, train: { raw: part(knownFlat) }, test: { raw: part(heldFlat) } })
    return [{
      name: `accuracy on ${name}`, value: accuracy, unit: 'share',
      // 15 points above, or 70 % of the errors
      atLeast: name === 'CIFAR-10' ? linear + 0.15 : 1 - 0.7 * (1 - linear),
      baselines: { 'logistic regression on all pixels': linear },
    }]
  },
})
