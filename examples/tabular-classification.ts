/**
 * @file Classification of tables: tumours as malignant or benign by the nuclei of their cells, wines by grower, digits
 * of 8×8 pixels. One network for all three: features scaled, two hidden layers with dropout.
 */
import { data, fit, nn, optim, predict, tensor, train as training, type Tensor } from 'diffeo'
import { baselines, datasets, recipes } from '@diffeo/node'

const createModel = (features: number, classes: number, dropout: number): nn.Module<[Tensor], Tensor> =>
  new nn.Sequential(
    new nn.Linear(features, 128), new nn.ReLU(), new nn.Dropout(dropout),
    new nn.Linear(128, 64), new nn.ReLU(), new nn.Dropout(dropout),
    new nn.Linear(64, classes),
  )

interface Table { readonly x: Tensor; readonly y: Tensor; readonly classes: number }
interface Setting { readonly dropout: number; readonly lr: number }

/** A network, and all that its training needs. */
function prepare({ x, y, classes }: Table, { dropout, lr }: Setting, args: recipes.RecipeArguments) {
  const { epochs, batchSize, seed } = args
  const model = createModel(x.shape[1], classes, dropout)
  const loader = new data.DataLoader(new data.TensorDataset(x, y), { batchSize, shuffle: true, seed })
  const optimizer = new optim.AdamW(model.parameters(), { lr })
  const falling = new optim.PolynomialLR(optimizer, { totalIters: epochs * loader.length })
  const callbacks = [new training.LearningRateScheduler(falling, { every: 'step' })]
  return { model, loader, options: { loss: nn.crossEntropy, epochs, optimizer, callbacks } }
}

/** What says best what was left out, of a training part cut in three: no test part has a say in it. */
async function choose(table: Table, args: recipes.RecipeArguments): Promise<Setting> {
  const { x, y, classes } = table
  const folds = data.kFold(x, { folds: 3, shuffle: true, seed: args.seed, stratify: y })
  let best = { dropout: NaN, lr: NaN, loss: Infinity }
  for (const dropout of [0.2, 0.5]) {
    for (const lr of [args.lr, 3 * args.lr]) {
      let loss = 0
      for (const fold of folds) {
        const [known, rest] = [fold.train, fold.test].map(which => {
          const rows = tensor(which)
          return { x: x.indexSelect(0, rows), y: y.indexSelect(0, rows), classes }
        })
        const { model, loader, options } = prepare(known, { dropout, lr }, args)
        await fit(model, loader, options)
        loss += await nn.crossEntropy(await predict(model, rest.x), rest.y).item()
      }
      if (loss < best.loss) best = { dropout, lr, loss }
    }
  }
  return best
}

const sets = ['breast-cancer', 'wine', 'digits'] as const
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length

export default recipes.recipe({
  name: 'tabular-classification',
  description: 'tumours, wines and small digits are told apart by tables of measurements',
  source: 'breast cancer (569), wine (178) and digits (1,797) in the wheel of scikit-learn',
  minutes: 1, seeds: 3,
  // dropout and rate are chosen in each training part; sizes, epochs and batches were not searched
  defaults: { epochs: 30, lr: 1e-3, batchSize: 32 },
  async run({ args, print, describe, train, quick }) {
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

        const classes = table.classNames.length
        const part = { x, y: yTrain, classes }
        const chosen = await choose(part, quick ? { ...args, epochs: 1 } : args)
        const { model, loader, options } = prepare(part, chosen, args)
        await train(model, loader, { ...options, name: `${table.name}-${split.seed}`, metrics: ['accuracy'] })

        const accuracyOf = async (logits: Tensor): Promise<number> =>
          (await logits.argmax(1).eq(yTest).sum().item()) / yTest.size
        found.push(await accuracyOf(await predict(model, test)))
        logistic.push(await accuracyOf(baselines.softmaxRegression(x, yTrain, { classes })(test)))
        print(`${table.name}, split ${split.seed}: dropout ${chosen.dropout}, rate ${chosen.lr}; accuracy ${
          percent(found.at(-1)!)}; logistic regression ${percent(logistic.at(-1)!)}`)
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
