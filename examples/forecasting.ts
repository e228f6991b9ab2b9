/**
 * @file Forecasting a series: the electricity that a state will need in each of the next 24 hours, foretold at every
 * hour of the last four weeks. What stands for next Monday is last Monday: a network (GRU) that reads how the last
 * seven days differed from those a week before foretells how the next day will.
 */
import { concat, data, nn, optim, predict, slice, tensor, train as training, type Tensor } from 'diffeo'
import { baselines, datasets, recipes } from '@diffeo/node'

const day = 24
/** Days that are seen, and days of them that are compared with a week before. */
const seen = 14
const week = 7
const testDays = 28

/** Two weeks of hours, cut into days from the last one back `[windows, 14, 24]`. */
const daysOf = (hours: Tensor): Tensor => hours.reshape([-1, seen, day])
/** The same hours a week before those that are to be foretold: the seasonal naive forecast. */
const weekBefore = (hours: Tensor): Tensor => daysOf(hours).index(slice(), seen - week)
/** Of the last seven days, hour by hour, what is more than a week before. */
const changes = (hours: Tensor): Tensor =>
  daysOf(hours).index(slice(), slice(week)).sub(daysOf(hours).index(slice(), slice(0, seen - week)))

class Forecaster extends nn.Module<[Tensor], Tensor> {
  readonly days = new nn.GRU(day, 32, { batchFirst: true })
  readonly dropout = new nn.Dropout(0.5)
  readonly head = new nn.Linear(32, day)

  override forward(hours: Tensor): Tensor {
    const [states] = this.days.forward(changes(hours))
    return weekBefore(hours).add(this.head.forward(this.dropout.forward(states.index(slice(), -1))))
  }
}

/** All windows of a series, one an hour: two weeks `[windows, 336]`, and the day that followed `[windows, 24]`. */
function windowsOf(series: Float32Array): [x: Tensor, y: Tensor] {
  const windows = new data.WindowDataset({ data: series, shape: [series.length] }, { size: seen * day, horizon: day })
  const all = Array.from({ length: windows.length }, (_, i) => windows.get(i))
  return [0, 1].map(part => concat(all.map(w => tensor(w[part].data).unsqueeze(0)), 0)) as [Tensor, Tensor]
}

export default recipes.recipe({
  name: 'forecasting',
  description: 'a recurrent network (GRU) forecasts the electricity demand of the next 24 hours',
  source: '3,600 hours of demand in Victoria, Australia (in the wheel of statsmodels)',
  minutes: 1, seeds: 3,
  // size, dropout, weight decay and epochs were chosen on three fortnights before the test
  defaults: { epochs: 20, lr: 3e-3, batchSize: 64 },
  async run({ args, print, describe, train }) {
    const { epochs, lr, batchSize, seed } = args
    const demand = await datasets.electricityDemand()
    await describe({
      data: demand.description,
      preprocessing: ['brought to mean 0 and deviation 1 of the training part'],
    })
    const testFrom = demand.values.length - testDays * day
    const scaler = new data.StandardScaler().fit(tensor(demand.values.subarray(0, testFrom)))
    const series = await scaler.transform(tensor(demand.values)).data() as Float32Array
    const [x, y] = windowsOf(series.subarray(0, testFrom))
    // the first forecast of the test sees the last two weeks of training, as it would have
    const [xTest, yTest] = windowsOf(series.subarray(testFrom - seen * day))
    print(`${x.shape[0]} windows until ${dateOf(demand, testFrom)} to train, ${xTest.shape[0]} from then on to test`)

    const model = new Forecaster()
    const loader = new data.DataLoader(new data.TensorDataset(x, y), { batchSize, shuffle: true, seed })
    const optimizer = new optim.AdamW(model.parameters(), { lr, weightDecay: 1 })
    const falling = new optim.PolynomialLR(optimizer, { totalIters: epochs * loader.length })
    await train(model, loader, {
      loss: nn.l1Loss, epochs, clipNorm: 1, optimizer,
      callbacks: [new training.LearningRateScheduler(falling, { every: 'step' })],
    })

    const errorOf = (foretold: Tensor): Promise<number> =>
      scaler.inverseTransform(foretold.flatten()).sub(scaler.inverseTransform(yTest.flatten())).abs().mean().item()
    const foretold = await predict(model, xTest)
    const naive = await errorOf(weekBefore(xTest))
    const ridge = await baselines.tunedRidge(changes(x).flatten(1), y.sub(weekBefore(x)), [1, 10, 100, 1000, 10_000])
    const error = await errorOf(foretold)
    const ridgeError = await errorOf(ridge(changes(xTest).flatten(1)).add(weekBefore(xTest)))
    print(
      `the last day, as foretold at ${dateOf(demand, demand.values.length - day)} (*), and as it was (o), in gigawatts:`,
    )
    const [one, was] = await Promise.all(
      [foretold, yTest].map(t => scaler.inverseTransform(t.index(-1)).div(1000).data()),
    )
    one.forEach((v, h) => {
      if (h % 2 === 0) print(plotLine(h, v, was[h]))
    })
    return [{
      name: `mean absolute error of the next 24 hours, ${testDays} days`, value: error, unit: 'MW',
      atMost: Math.min(naive, ridgeError),
      baselines: {
        'ridge regression of the same changes': ridgeError,
        'seasonal naive (a week before)': naive,
        'seasonal naive (a day before)': await errorOf(daysOf(xTest).index(slice(), -1)),
      },
    }]
  },
})

const dateOf = ({ start, step }: datasets.Series, hours: number): string =>
  new Date(start.getTime() + hours * step).toISOString().slice(0, 16).replace('T', ' ')

function plotLine(hour: number, foretold: number, was: number): string {
  const row = new Array<string>(64).fill(' ')
  const place = (v: number): number => Math.max(0, Math.min(63, Math.round((v - 6) * 10)))
  row[place(was)] = 'o'
  row[place(foretold)] = '*'
  return `${String(hour).padStart(3)} h ${foretold.toFixed(1).padStart(5)} |${row.join('').trimEnd()}`
}
