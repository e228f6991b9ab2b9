/** @file What a linear model reaches on images: the baseline of networks that read them. */
import { tensor, type Tensor } from 'diffeo'
import { baselines, type datasets } from '@diffeo/node'

/** Pixels from 0 to 1 as rows, and labels. */
function rows({ raw }: datasets.ImageSplit, from = 0, to = raw.labels.length): { x: Tensor; y: Tensor } {
  const size = raw.width * raw.height
  const pixels = Float32Array.from(raw.pixels.subarray(from * size, to * size), p => p / 255)
  return {
    x: tensor(pixels, { shape: [to - from, size] }), y: tensor(Int32Array.from(raw.labels.subarray(from, to))),
  }
}

const accuracyOf = (model: baselines.Predictor, { x, y }: { x: Tensor; y: Tensor }): Promise<number> =>
  model(x).argmax(1).eq(y).cast('float32').mean().item()

/** The test accuracy of logistic regression on pixels, its penalty chosen on the last fifth of the training images. */
export async function logisticAccuracy({ train, test, classNames }: datasets.ImageClasses): Promise<number> {
  const count = train.raw.labels.length
  const cut = Math.floor(count * 0.8)
  const [known, held, all] = [rows(train, 0, cut), rows(train, cut), rows(train)]
  const fit = ({ x, y }: typeof all, c: number): baselines.Predictor =>
    baselines.softmaxRegression(x, y, { classes: classNames.length, c })
  const tried = []
  for (const c of [0.01, 0.1]) tried.push({ c, accuracy: await accuracyOf(fit(known, c), held) })
  const { c } = tried.reduce((a, b) => (b.accuracy > a.accuracy ? b : a))
  return accuracyOf(fit(all, c), rows(test))
}
