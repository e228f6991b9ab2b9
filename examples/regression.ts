/**
 * @file Regression on a table. Ten measurements of a patient with diabetes foretell how far the disease will have
 * come in a year: split, scaled, 64-64-1, mean squared error, a tenth of the training part for validation.
 */
import { data, fit, nn, optim, predict, tensor, train as training, type Tensor } from 'diffeo'
import { baselines, datasets, recipes } from '@diffeo/node'

const createModel = (features: number): nn.Module<[Tensor], Tensor> => new nn.Sequential(
  new nn.Linear(features, 64), new nn.ReLU(),
  new nn.Linear(64, 64), new nn.ReLU(),
  new nn.Linear(64, 1),
)

/** Features and targets. */
type Rows = readonly [Tensor, Tensor]

/** A network, and what its training needs: the rate falls to 0, so that no epoch has to be picked to end with. */
function prepare([x, y]: Rows, weightDecay: number, args: recipes.RecipeArguments) {
  const { epochs, lr, batchSize, seed } = args
  const model = createModel(x.shape[1])
  const loader = new data.DataLoader(new data.TensorDataset(x, y), { batchSize, shuffle: true, seed })
  const optimizer = new optim.Adam(model.parameters(), { lr, weightDecay })
  const falling = new optim.PolynomialLR(optimizer, { totalIters: epochs * loader.length })
  const callbacks = [new training.LearningRateScheduler(falling, { every: 'step' })]
  return { model, loader, options: { loss: nn.mseLoss, epochs, optimizer, callbacks, metrics: ['mae'] as const } }
}

/** The weight decay that foretells best what was left out, of a training part cut in five: no test part has a say. */
async function chooseDecay([x, y]: Rows, args: recipes.RecipeArguments): Promise<number> {
  const rows = (which: Int32Array): Rows =>
    [x.indexSelect(0, tensor(which)), y.indexSelect(0, tensor(which))]
  const folds = data.kFold(x, { folds: 5, shuffle: true, seed: args.seed })
  let best = { weightDecay: NaN, error: Infinity }
  for (const weightDecay of [0.01, 0.05, 0.2]) {
    let error = 0
    for (const fold of folds) {
      const { model, loader, options } = prepare(rows(fold.train), weightDecay, args)
      await fit(model, loader, options)
      const [xRest, yRest] = rows(fold.test)
      error += await (await predict(model, xRest)).sub(yRest).abs().mean().item()
    }
    if (error < best.error) best = { weightDecay, error }
  }
  return best.weightDecay
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length

export default recipes.recipe({
  name: 'regression',
  description: 'a table of measurements foretells the course of a disease, 64-64-1',
  source: 'diabetes, 442 patients (in the wheel of scikit-learn)',
  minutes: 1, seeds: 3,
  // weight decay is chosen in each training part; the sizes are a usual choice, and others were not searched
  defaults: { epochs: 60, lr: 1e-3, batchSize: 32 },
  async run({ args, print, describe, train, quick }) {
    const patients = await datasets.scikitLearn('diabetes')
    await describe({
      data: patients.description,
      preprocessing: ['features and target of the training part brought to mean 0 and deviation 1'],
    })
    // what scikit-learn's models reach on the same five splits
    const splits = await baselines.scikitLearnSplits('diabetes')
    const errors: number[] = []
    const ridgeErrors: number[] = []
    for (const split of quick ? splits.slice(0, 1) : splits) {
      const [xTrain, xTest, yTrain, yTest] =
        data.trainTestSplit(patients.x, patients.y, { testSize: 0.2, seed: split.seed })
      // the test part is scaled by what the training part says
      const scaler = new data.StandardScaler().fit(xTrain)
      const targetScaler = new data.StandardScaler().fit(yTrain)
      const [x, y] = [scaler.transform(xTrain), targetScaler.transform(yTrain)]

      const weightDecay = await chooseDecay([x, y], quick ? { ...args, epochs: 1 } : args)
      const [xFit, xValidation, yFit, yValidation] = data.trainTestSplit(x, y, { testSize: 0.1, seed: args.seed })
      const { model, loader, options } = prepare([xFit, yFit], weightDecay, args)
      await train(model, loader, { ...options, name: `split-${split.seed}`, validation: [xValidation, yValidation] })

      const foretold = targetScaler.inverseTransform(await predict(model, scaler.transform(xTest)))
      const error = await foretold.sub(yTest).abs().mean().item()
      const ridge = await baselines.tunedRidge(x, yTrain, [0.1, 1, 3, 10, 30, 100])
      const ridgeError = await ridge(scaler.transform(xTest)).sub(yTest).abs().mean().item()
      errors.push(error)
      ridgeErrors.push(ridgeError)
      print(`split ${split.seed}: weight decay ${weightDecay}; mean absolute error ${
        error.toFixed(2)}; ridge regression ${ridgeError.toFixed(2)}`)
    }
    const reference = (model: string): number => mean(splits.map(s => s.mae![model]))
    const best = Math.min(reference('default'), reference('defaultScaledTarget'), reference('tuned'))
    return [{
      name: `mean absolute error on held-out patients, mean of ${errors.length} splits`,
      value: mean(errors), atMost: best,
      baselines: {
        'ridge regression': mean(ridgeErrors),
        "scikit-learn's MLPRegressor as it is": reference('default'),
        'as it is, targets scaled too': reference('defaultScaledTarget'),
        'tuned by cross-validation': reference('tuned'),
        "scikit-learn's linear regression": reference('linear'),
      },
    }]
  },
})
