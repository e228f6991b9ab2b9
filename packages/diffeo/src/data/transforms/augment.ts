/** @file Random augmentation by a list of operations, and examples mixed with others. */
import { DataError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { datasetOf, type Dataset } from '../dataset.ts'
import { checkSeed, Random } from '../random.ts'
import { brightened, contrasted, saturated } from './colour.ts'
import { affineWarp, type AffineOptions } from './geometry.ts'
import { checkChance, pixelwise, type ImageArray, type ImageTransform } from './sample.ts'
import { geometric } from './warp.ts'

/** Bytes through a table of 256; floats (0 … 1) through the same at their places. */
function levels(image: ImageArray, f: (level: number) => number): ImageArray {
  const bytes = image.data instanceof Uint8Array
  const out = image.data.slice()
  const table = Array.from({ length: 256 }, (_, i) => Math.min(255, Math.max(0, f(i))))
  for (let i = 0; i < out.length; i++)
    out[i] = bytes ? Math.round(table[out[i]]) : f(Math.min(255, Math.max(0, Math.round(out[i] * 255)))) / 255
  return { ...image, data: out } as ImageArray
}

/** The least and the greatest level of each channel become 0 and 255. */
function autoContrast(image: ImageArray): ImageArray {
  const size = image.data.length / image.shape[0]
  const out = image.data.slice()
  const most = image.data instanceof Uint8Array ? 255 : 1
  for (let c = 0; c < image.shape[0]; c++) {
    const plane = out.subarray(c * size, (c + 1) * size)
    let [low, high] = [Infinity, -Infinity]
    for (let i = 0; i < size; i++) {
      low = Math.min(low, plane[i])
      high = Math.max(high, plane[i])
    }
    if (high > low) for (let i = 0; i < size; i++) plane[i] = ((plane[i] - low) / (high - low)) * most
  }
  return { ...image, data: out } as ImageArray
}

/** An operation of a strength from 0 to 1; `sign`: it goes either way. */
interface Operation { readonly signed: boolean; make(strength: number): ImageTransform }
const pixels = (f: (image: ImageArray, s: number) => ImageArray, signed = true): Operation =>
  ({ signed, make: s => pixelwise('randAugment', image => f(image, s)) })
const moves = (f: (s: number, h: number, w: number) => AffineOptions): Operation =>
  ({ signed: true, make: s => geometric('randAugment', (h, w) => affineWarp(h, w, f(s, h, w))) })

/** The operations of RandAugment and their ranges, as in torchvision; equalisation and sharpness are not among them. */
const operations = (): readonly Operation[] => [
  { signed: false, make: () => sample => sample },
  moves(s => ({ shear: [s * 17.2, 0] })), moves(s => ({ shear: [0, s * 17.2] })),
  moves((s, _, w) => ({ translate: [s * w * 150 / 331, 0] })), moves((s, h) => ({ translate: [0, s * h * 150 / 331] })),
  moves(s => ({ degrees: s * 30 })),
  pixels((i, s) => brightened(i, 1 + s * 0.9)), pixels((i, s) => contrasted(i, 1 + s * 0.9)),
  pixels((i, s) => saturated(i, 1 + s * 0.9)),
  pixels((i, s) => levels(i, v => { const step = 2 ** Math.round(4 * s); return Math.floor(v / step) * step }), false),
  pixels((i, s) => levels(i, v => (v >= 255 * (1 - s) ? 255 - v : v)), false),
  pixels(autoContrast, false),
]

export interface RandAugmentOptions {
  /** Operations one after the other; 2. */
  count?: number
  /** Their strength, from 0 to 1; 0.3. */
  magnitude?: number
}
/**
 * Some operations at random, of one strength (Cubuk et al., 2020). Boxes and masks move with the image.
 * @example transforms.randAugment({ count: 2, magnitude: 0.3 })
 */
export function randAugment(options: RandAugmentOptions = {}): ImageTransform {
  checkOptions('randAugment', options, { count: true, magnitude: true })
  const { count = 2, magnitude = 0.3 } = options
  if (!Number.isInteger(count) || count < 1)
    throw new DataError(`randAugment: count is ${count}: expected a whole number from 1 up`)
  if (!(magnitude >= 0 && magnitude <= 1))
    throw new DataError(`randAugment: magnitude is ${magnitude}: expected 0 to 1`)
  const all = operations()
  return (sample, random = new Random(0)) => {
    let made = sample
    for (let k = 0; k < count; k++) {
      const { signed, make } = all[random.integer(all.length)]
      made = make(signed && random.chance(0.5) ? -magnitude : magnitude)(made, random)
    }
    return made
  }
}
/** One operation at random, of random strength (Müller and Hutter, 2021). */
export const trivialAugment = (): ImageTransform => (sample, random = new Random(0)) =>
  randAugment({ count: 1, magnitude: random.next() })(sample, random)

export interface MixOptions {
  /** How many classes there are: labels become shares of them. */
  classes: number
  /** Blends two images, the share from Beta(α, α) (Zhang et al., 2018); 0: never. */
  mixup?: number
  /** Puts a rectangle of one into the other, its share from Beta(α, α) (Yun et al., 2019); 0: never. */
  cutmix?: number
  /** How often an example is mixed at all; 1. */
  p?: number
  seed?: number
}

/**
 * Examples `[image, label]` mixed with others of the data set, labels as shares of the classes `[classes]`, which
 * nn.crossEntropy takes. Which is mixed with which follows from seed, index and epoch.
 * @throws DataError where images differ in shape, or a label is no class
 * @example new data.MixDataset(images, { classes: 10, mixup: 0.2, cutmix: 1, seed: 0 })
 */
export class MixDataset implements Dataset<[NdFloats, NdFloats]> {
  readonly dataset: Dataset<readonly [ImageArray, number]>
  readonly #options: Required<MixOptions>

  constructor(
    dataset: Dataset<readonly [ImageArray, number]> | readonly (readonly [ImageArray, number])[], options: MixOptions,
  ) {
    checkOptions('MixDataset', options, { classes: true, mixup: true, cutmix: true, p: true, seed: true })
    const { classes, mixup = 0, cutmix = 0, p = 1, seed = 0 } = options
    if (!Number.isInteger(classes) || classes < 1)
      throw new DataError(`MixDataset: classes is ${classes}: expected a whole number from 1 up`)
    if (!(mixup >= 0 && cutmix >= 0 && mixup + cutmix > 0 && mixup + cutmix < Infinity))
      throw new DataError(`MixDataset: mixup is ${mixup} and cutmix ${cutmix}: expected one of them above 0`)
    this.dataset = datasetOf('MixDataset', dataset)
    this.#options = { classes, mixup, cutmix, p: checkChance('MixDataset', p), seed: checkSeed('MixDataset', seed) }
  }
  get length(): number { return this.dataset.length }

  async get(index: number, draw = 0): Promise<[NdFloats, NdFloats]> {
    const { mixup, cutmix, p, seed } = this.#options
    const random = new Random(seed, draw, index)
    const [image, label] = await this.dataset.get(index, draw)
    const own = { data: Float32Array.from(image.data), shape: image.shape }
    if (!random.chance(p)) return [own, this.#shares([[label, 1]])]
    const [other, otherLabel] = await this.dataset.get(random.integer(this.length), draw)
    if (other.shape.join() !== image.shape.join())
      throw new DataError(
        `MixDataset: an image is [${image.shape.join(',')}], another [${other.shape.join(',')}]: resize them first`,
      )
    const cuts = cutmix > 0 && (mixup === 0 || random.chance(0.5))
    const share = cuts
      ? pasted(own, other, random.beta(cutmix, cutmix), random)
      : blended(own, other, random.beta(mixup, mixup))
    return [
      own,
      this.#shares([
        [label, share],
        [otherLabel, 1 - share],
      ]),
    ]
  }

  #shares(parts: readonly (readonly [number, number])[]): NdFloats {
    const { classes } = this.#options
    const out = new Float32Array(classes)
    for (const [label, share] of parts) {
      if (!Number.isInteger(label) || label < 0 || label >= classes)
        throw new DataError(`MixDataset: the label is ${label}: there are ${classes} classes`)
      out[label] += share
    }
    return { data: out, shape: [classes] }
  }
}
interface NdFloats { readonly data: Float32Array; readonly shape: readonly number[] }

function blended({ data }: NdFloats, other: ImageArray, share: number): number {
  for (let i = 0; i < data.length; i++) data[i] = share * data[i] + (1 - share) * other.data[i]
  return share
}

/**
 * A rectangle of 1 − share of the area, about a random place and cut at the edges. @returns what is left of the first
 */
function pasted({ data, shape: [channels, h, w] }: NdFloats, other: ImageArray, share: number, random: Random): number {
  const side = Math.sqrt(1 - share)
  const [x, y] = [random.integer(w), random.integer(h)]
  const clip = (v: number, most: number): number => Math.min(Math.max(Math.round(v), 0), most)
  const [left, right] = [clip(x - side * w / 2, w), clip(x + side * w / 2, w)]
  const [top, bottom] = [clip(y - side * h / 2, h), clip(y + side * h / 2, h)]
  for (let c = 0; c < channels; c++) {
    for (let row = top; row < bottom; row++) {
      const at = (c * h + row) * w
      for (let i = at + left; i < at + right; i++) data[i] = other.data[i]
    }
  }
  return 1 - ((right - left) * (bottom - top)) / (h * w)
}
