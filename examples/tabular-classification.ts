/**
 * @file Classification of tables: tumours as malignant or benign by the nuclei of their cells, wines by grower, digits
 * of 8×8 pixels. One network for all three: features scaled, two hidden layers with dropout.
 */
import { data, nn, optim, predict, train as training, type Tensor } from 'diffeo'
import { baselines, datasets, recipes } from '@diffeo/node'

const createModel = (features: number, classes: number): nn.Module<[Tensor], Tensor> => new nn.Sequential(
  new nn.Linear(features, 256), new nn.ReLU(), new nn.Dropout(0.5),
  new nn.Linear(256, 128), new nn.ReLU(), new nn.Dropout(0.5),
  new nn.Linear(128, classes),
)

const sets = ['breast-cancer', 'wine', 'digits'] as const
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length

export default recipes.recipe({
  name: 'tabular-classification',
  description: 'tumours, wines and small digits are told apart by tables of measurements',
  source: 'breast cancer (569), wine (178) and digits (1,797) in the wheel of scikit-learn',
  minutes: 1, seeds: 3,
  // sizes, dropout, rate and epochs were chosen by cross-validation within the training parts
  defaults: { epochs: 30, lr: 2e-3, batchSize: 32 },
  async run({ args, print, describe, train, quick }) {
    const { epochs, lr, batchSize, seed } = args
    const reached: recipes.Measure[] = []
    const tables = await Promise.all(sets.map(name => datasets.scikitLearn(name)))
    await describe({
      data: tables.map(t => t.description).join('\n'),
      preprocessing: ['features of the training part brought to mean 0 and deviation 1'],
    })
    for (const table of tables) {
      // what scikit-learn's models reach on the same splits
      const splits = await baselines.scikitLearnSplits(table.name)
      const found: number[] = []
      const logistic: number[] = []
      for (const split of quick ? splits.slice(0, 1) : splits) {
        const [xTrain, xTest, yTrain, yTest] =
          data.trainTestSplit(table.x, table.y, { testSize: 0.25, seed: split.seed })
        // the test part is scaled by what the training part says
        const scaler = new data.StandardScaler()
        const [x, test] = [scaler.fitTransform(xTrain), scaler.transform(xTest)]

        const model = createModel(table.featureNames.length, table.classNames.length)
        const loader = new data.DataLoader(new data.TensorDataset(x, yTrain), { batchSize, shuffle: true, seed })
        const steps = epochs * loader.length
        await train(model, loader, {
          name: `${table.name}-${split.seed}`, loss: nn.crossEntropy, epochs, metrics: ['accuracy'],
          optimizer: new optim.AdamW(model.parameters(), { lr, weightDecay: 0.1 }),
          callbacks: [new training.LearningRateScheduler((step, rate) => rate * (1 - step / steps), { every: 'step' })],
        })

        const accuracyOf = async (logits: Tensor): Promise<number> =>
          (await logits.argmax(1).eq(yTest).sum().item()) / yTest.size
        const classes = table.classNames.length
        found.push(await accuracyOf(await predict(model, test)))
        logistic.push(await accuracyOf(baselines.softmaxRegression(x, yTrain, { classes })(test)))
        print(
          `${table.name}, split ${split.seed}: accuracy ${percent(found.at(-1)!)}; logistic regression ${percent(logistic.at(-1)!)}`,
        )
      }
      const reference = (model: string): number => mean(splits.map(s => s.accuracy![model]))
      reached.push({
        name: `accuracy on ${table.name}, mean of ${found.length} splits`, value: mean(found), unit: 'share',
        // as many right answers are enough, whatever the last bit of their mean
        atLeast: Math.max(reference('default'), reference('tuned')) - 1e-9,
        baselines: {
          'logistic regression': mean(logistic),
          "scikit-learn's MLPClassifier as it is": reference('default'),
          'tuned by cross-validation': reference('tuned'),
        },
      })
    }
    return reached
  },
})

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
