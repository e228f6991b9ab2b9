/** @file What a linear model reaches on images: the baseline of networks that read them. */
import { tensor, type Tensor } from 'diffeo'
import { baselines } from '@diffeo/node'

/** Bytes, as many of each picture, and a label each. */
export interface Pictures { readonly pixels: Uint8Array; readonly labels: ArrayLike<number> }
export interface PictureClasses {
  readonly train: { readonly raw: Pictures }
  readonly test: { readonly raw: Pictures }
  readonly classNames: readonly string[]
}

/** Some of the pictures. */
export function sliceOf({ pixels, labels }: Pictures, from: number, to: number): Pictures {
  const size = pixels.length / labels.length
  return { pixels: pixels.subarray(from * size, to * size), labels: Array.prototype.slice.call(labels, from, to) }
}

/** p / by − less of each. (`Float32Array.from` with a function goes through an array, which may not be so long.) */
export function scaled(pixels: Uint8Array, by: number, less = 0): Float32Array {
  const out = new Float32Array(pixels.length)
  for (let i = 0; i < out.length; i++) out[i] = pixels[i] / by - less
  return out
}

/** Pixels from 0 to 1 as rows, and labels. */
const rows = ({ pixels, labels }: Pictures): { x: Tensor; y: Tensor } => ({
  x: tensor(scaled(pixels, 255), { shape: [labels.length, pixels.length / labels.length] }),
  y: tensor(Int32Array.from(labels)),
})

/** The test accuracy of logistic regression on pixels, its penalty chosen on the last fifth of the training images. */
export async function logisticAccuracy({ train, test, classNames }: PictureClasses): Promise<number> {
  const accuracyOf = (known: Pictures, held: Pictures, c: number): Promise<number> => {
    const [fit, asked] = [rows(known), rows(held)]
    const model = baselines.softmaxRegression(fit.x, fit.y, { classes: classNames.length, c })
    return model(asked.x).argmax(1).eq(asked.y).cast('float32').mean().item()
  }
  const count = train.raw.labels.length
  const cut = Math.floor(count * 0.8)
  const [known, held] = [sliceOf(train.raw, 0, cut), sliceOf(train.raw, cut, count)]
  const tried = []
  for (const c of [0.01, 0.1]) tried.push({ c, accuracy: await accuracyOf(known, held, c) })
  const { c } = tried.reduce((a, b) => (b.accuracy > a.accuracy ? b : a))
  return accuracyOf(train.raw, test.raw, c)
}
