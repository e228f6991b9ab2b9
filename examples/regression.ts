/**
 * @file P5: regression on a table. Ten measurements of a patient with diabetes foretell how far the disease will have
 * come in a year: split, scaled, 64-64-1, mean squared error, a tenth of the training part for validation.
 */
import { data, nn, optim, predict, type Tensor } from 'diffeo'
import { baselines, datasets, recipes } from '@diffeo/node'

const createModel = (features: number): nn.Module<[Tensor], Tensor> => new nn.Sequential(
  new nn.Linear(features, 64), new nn.ReLU(),
  new nn.Linear(64, 64), new nn.ReLU(),
  new nn.Linear(64, 1),
)

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length

export default recipes.recipe({
  name: 'regression',
  description: 'P5: a table of measurements foretells the course of a disease, 64-64-1',
  source: 'diabetes, 442 patients (in the wheel of scikit-learn)',
  minutes: 1, seeds: 3,
  // rate, epochs, weight decay and averaging were chosen by cross-validation within the training parts
  defaults: { epochs: 60, lr: 1e-3, batchSize: 32 },
  async run({ args, print, describe, train, quick }) {
    const { epochs, lr, batchSize, seed } = args
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

      const model = createModel(patients.featureNames.length)
      await train(model, new data.TensorDataset(x, y), {
        name: `split-${split.seed}`, loss: nn.mseLoss, epochs, batchSize, seed,
        optimizer: new optim.Adam(model.parameters(), { lr, weightDecay: 0.05 }), ema: 0.98,
        validationSplit: 0.1, metrics: ['mae'],
      })

      const foretold = targetScaler.inverseTransform(await predict(model, scaler.transform(xTest)))
      const error = await foretold.sub(yTest).abs().mean().item()
      const ridge = await baselines.tunedRidge(x, yTrain, [0.1, 1, 3, 10, 30, 100])
      const ridgeError = await ridge(scaler.transform(xTest)).sub(yTest).abs().mean().item()
      errors.push(error)
      ridgeErrors.push(ridgeError)
      print(`split ${split.seed}: mean absolute error ${error.toFixed(2)}; ridge regression ${ridgeError.toFixed(2)}`)
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
