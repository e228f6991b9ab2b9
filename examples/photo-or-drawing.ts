/**
 * @file Two classes of 150×150×3 pictures, read from a folder with a folder for each class: four rounds of
 * convolution and pooling, 512, and one number whose sigmoid is the probability. Is it a photo or a drawing? The
 * pictures, things on white, come with two programs for children; DIFFEO_PICTURES names a folder of your own, of two
 * classes.
 */
import { dirname, join } from 'node:path'
import { data, evaluate, nn, optim, predict, tensor, train as training, type Tensor } from 'diffeo'
import { baselines, datasets, images, recipes } from '@diffeo/node'

const { transforms } = data
const side = 150

/**
 * Two things are for few pictures: batch norm, and the mean over what is left of the picture,
 * which tells how it is made wherever in it that shows.
 */
const stage = (from: number, to: number): nn.AnyModule[] =>
  [new nn.Conv2d(from, to, 3), new nn.MaxPool2d(2), new nn.BatchNorm2d(to), new nn.ReLU()]

/** The sigmoid is in the loss: this gives log-odds of the second class. */
const createModel = (): nn.Module<[Tensor], Tensor> => new nn.Sequential(
  ...stage(3, 16), ...stage(16, 32), ...stage(32, 64), ...stage(64, 128),  // 150 → 74 → 36 → 17 → 7
  new nn.AdaptiveAvgPool2d(1), new nn.Flatten(), new nn.Dropout(0.3),
  new nn.Linear(128, 512), new nn.ReLU(), new nn.Dropout(0.3),
  new nn.Linear(512, 1), new nn.Flatten(0),
)

/** Mirrored, upside down, moved a little on white, lighter or darker, in other colours, and some in none. */
const augment = transforms.compose(
  transforms.randomHorizontalFlip(),
  transforms.randomVerticalFlip(),
  transforms.randomCrop(side, { padding: 12, fill: 255 }),
  transforms.colorJitter({ brightness: 0.2, saturation: 0.5, hue: 0.05 }),
  // colours as strong as a drawing's are those of flowers too
  transforms.randomApply(transforms.grayscale(), 0.3),
  transforms.rescale(),
)

/**
 * A fifth of each class to test, another with each seed. Pictures in a folder of their own below the class belong
 * together (a series of the same thing) and are never on both sides.
 */
export function split(
  { files, labels, classNames }: datasets.FileDataset<unknown>, folder: string, seed: number,
): [known: number[], held: number[]] {
  const parts = classNames.map((name, label) => {
    const own = [...labels.keys()].filter(i => labels[i] === label)
    const groups = own.map(i => (dirname(files[i]) === join(folder, name) ? files[i] : dirname(files[i])))
    return data.trainTestSplit(own, { testSize: 0.2, seed, groups })
  })
  return [parts.flatMap(([known]) => known), parts.flatMap(([, held]) => held)]
}

type Picture = data.NdArray<Uint8Array>
/** How much of a picture each of 4×4×4 colours is. */
function histogram({ data: pixels }: Picture): number[] {
  const shares = new Array<number>(64).fill(0)
  const size = pixels.length / 3
  for (let i = 0; i < size; i++)
    shares[(pixels[i] >> 6) * 16 + (pixels[i + size] >> 6) * 4 + (pixels[i + 2 * size] >> 6)] += 1 / size
  return shares
}
/** 15×15 pixels of each colour. */
const thumbnail = (picture: Picture): number[] => Array.from(transforms.resize([15, 15])(picture).data, p => p / 255)

type Examples = readonly (readonly [Picture, number])[]

/** The accuracy of logistic regression, how strictly it is held chosen on a fifth of what is known. */
async function logistic(known: Examples, held: Examples, features: (picture: Picture) => number[]): Promise<number> {
  const rows = (of: Examples): [Tensor, Tensor] =>
    [tensor(of.map(([picture]) => features(picture))), tensor(Int32Array.from(of, ([, label]) => label))]
  const accuracy = async (train: Examples, test: Examples, c: number): Promise<number> => {
    const scaler = new data.StandardScaler().fit(rows(train)[0])
    const [[x, y], [xTest, yTest]] = [train, test].map(rows)
    const classify = baselines.softmaxRegression(scaler.transform(x), y, { classes: 2, c })
    return classify(scaler.transform(xTest)).argmax(1).eq(yTest).cast('float32').mean().item()
  }
  const [fit, rest] = data.trainTestSplit(known, { testSize: 0.2, seed: 0, stratify: known.map(([, label]) => label) })
  let best = { c: NaN, accuracy: -1 }
  for (const c of [0.001, 0.01, 0.1, 1]) {
    const found = await accuracy(fit, rest, c)
    if (found > best.accuracy) best = { c, accuracy: found }
  }
  return accuracy(known, held, best.c)
}

export default recipes.recipe({
  name: 'photo-or-drawing',
  description: 'a convolutional network for two classes of pictures in a folder: photos, and drawings',
  source: 'stamps of Tux Paint and words of GCompris (Debian packages tuxpaint-stamps-default, gcompris-qt-data), '
    + 'or the folder that DIFFEO_PICTURES names',
  minutes: 2, seeds: 3,
  // Chosen in four folds of the training part of seed 0: docs/decisions/016.
  defaults: { epochs: 25, lr: 4e-3, batchSize: 32 },
  async run({ args, quick, describe, train }) {
    const { epochs, lr, batchSize, seed } = args
    const folder = process.env.DIFFEO_PICTURES ?? (await datasets.photosAndDrawings())
    const pictures = await datasets.imageFolder(folder, { size: [side, side] })
    const [known, held] = split(pictures, folder, seed)
      .map(part => new data.Subset(pictures, quick ? part.filter((_, i) => i % 8 === 0) : part))
    await describe({
      data: `pictures of ${folder}, ${known.length} to train and ${held.length} to test, series kept together`,
      classNames: pictures.classNames, preprocessing: ['150×150, red, green and blue from 0 to 1'],
    })
    const augmented = new data.TransformDataset(new data.CacheDataset(known), augment, { seed })
    const loader = new data.DataLoader(augmented, { batchSize, shuffle: true, seed, dropLast: true })

    const model = createModel()
    const optimizer = new optim.AdamW(model.parameters(), { lr, weightDecay: 0.02 })
    const falling = new optim.PolynomialLR(optimizer, { totalIters: epochs * loader.length })
    await train(model, loader, {
      loss: nn.binaryCrossEntropyWithLogits, optimizer, epochs, metrics: ['accuracy'],
      callbacks: [new training.LearningRateScheduler(falling, { every: 'step' })],
    })

    const test = new data.TransformDataset(held, transforms.rescale())
    const { accuracy } = await evaluate(model, test, { metrics: ['accuracy'] })
    const read = (part: typeof known): Promise<Examples> =>
      Promise.all(Array.from({ length: part.length }, (_, i) => part.get(i)))
    const [seen, unseen] = [await read(known), await read(held)]
    return [{
      name: 'accuracy on pictures that were held out', value: accuracy, unit: 'share', atLeast: 0.95,
      baselines: {
        'logistic regression on colours': await logistic(seen, unseen, histogram),
        'logistic regression on 15×15 pixels': await logistic(seen, unseen, thumbnail),
      },
    }]
  },
  async predict(path, run) {
    const model = await run.trained(createModel())
    const picture = transforms.rescale()(await images.readImage(path, { size: [side, side] }))
    const logits = await predict(model, tensor(picture.data, { shape: [1, 3, side, side] }))
    const probability = await logits.sigmoid().item()
    const [first, second] = run.config.classNames
    run.print(`${path}: ${probability > 0.5 ? second : first} (${second} ${(100 * probability).toFixed(1)} %)`)
  },
})
