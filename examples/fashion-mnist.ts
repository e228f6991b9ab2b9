/**
 * @file Clothes in gray pictures of 28×28, ten kinds: a network of four convolutions with batch norm, trained on
 * pictures that are shifted, mirrored and partly covered anew each time, at a rate that rises and falls once.
 */
import { data, nn, optim, train as training, type Tensor } from 'diffeo'
import { datasets, recipes } from '@diffeo/node'
import { logisticAccuracy } from './support/pixels.ts'

const { transforms } = data

/** Normalized before it is cut off at 0: a shift for each channel is part of the norm, so the convolution has none. */
const block = (from: number, to: number, ...more: nn.AnyModule[]): nn.AnyModule[] =>
  [new nn.Conv2d(from, to, 3, { padding: 1, bias: false }), ...more, new nn.BatchNorm2d(to), new nn.ReLU()]

const createModel = (): nn.Module<[Tensor], Tensor> => new nn.Sequential(
  ...block(1, 32, new nn.MaxPool2d(2)),   // 28×28 → 14×14
  ...block(32, 64, new nn.MaxPool2d(2)),  // 14×14 → 7×7
  ...block(64, 128), ...block(128, 128),
  new nn.AdaptiveAvgPool2d(1), new nn.Flatten(),
  new nn.Linear(128, 10),
)

/** A shoe may point either way, and a coat may lie a little higher. */
const augment = transforms.compose(
  transforms.randomCrop(28, { padding: 2 }),
  transforms.randomHorizontalFlip(),
  transforms.cutout({ p: 0.5, scale: [0.02, 0.15] }),
  transforms.rescale(),
)

export default recipes.recipe({
  name: 'fashion-mnist',
  description: 'a convolutional network tells clothes apart; its training pictures are shifted, mirrored and covered',
  source: 'Fashion-MNIST, 70,000 pictures, official split (Debian package dataset-fashion-mnist)',
  minutes: 11,
  // chosen on the last 10,000 training pictures
  defaults: { epochs: 12, lr: 1e-2, batchSize: 128 },
  async run({ args, quick, print, describe, train, testImages }) {
    const { epochs, lr, batchSize, seed } = args
    const clothes = await datasets.fashionMnist()
    await describe({
      data: clothes.description, classNames: clothes.classNames, preprocessing: ['gray, from 0 to 1'],
    })
    const augmented = new data.TransformDataset(clothes.train.examples, augment, { seed })
    const loader = new data.DataLoader(augmented, { batchSize, shuffle: true, seed, dropLast: true, labels: 'int32' })

    const model = createModel()
    const optimizer = new optim.AdamW(model.parameters(), { lr, weightDecay: 1e-2 })
    const cycle = new optim.OneCycleLR(optimizer, lr, {
      epochs, stepsPerEpoch: loader.length, cycleMomentum: false, pctStart: 0.25,
    })
    await train(model, loader, {
      loss: nn.crossEntropy, optimizer, epochs, metrics: ['accuracy'],
      callbacks: [new training.LearningRateScheduler(cycle, { every: 'step' })],
    })

    const { accuracy } = await testImages(model, clothes)
    print('\nlogistic regression on the pixels of all 60,000, for comparison')
    const baselines: Record<string, number> =
      quick ? {} : { 'logistic regression': await logisticAccuracy(clothes) }
    return [{ name: 'accuracy', value: accuracy, unit: 'share', atLeast: 0.93, baselines }]
  },
})
