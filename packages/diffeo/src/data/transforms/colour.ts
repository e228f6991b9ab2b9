/** @file Transforms of pixels' values: ranges, colours, noise, patches cut out. */
import { DataError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { checkChance, checkRange, pixelwise, type ImageArray, type ImageTransform } from './sample.ts'

const greatest = (image: ImageArray): number => (image.data instanceof Uint8Array ? 255 : 1)

/** An array for a new picture of the kind, which rounds and cuts what is written where it is of bytes. */
const blank = ({ data }: ImageArray): Uint8ClampedArray<ArrayBuffer> | Float32Array<ArrayBuffer> =>
  data instanceof Uint8Array ? new Uint8ClampedArray(data.length) : new Float32Array(data.length)
/** The picture whose values were written into a `blank` one. */
const withData = (image: ImageArray, data: ReturnType<typeof blank>): ImageArray =>
  ({ ...image, data: data instanceof Float32Array ? data : new Uint8Array(data.buffer) }) as ImageArray

/** To floats, times a factor: bytes become 0 … 1. @example transforms.rescale(), transforms.rescale(1 / 127.5) */
export const rescale = (factor = 1 / 255): ImageTransform => pixelwise('rescale', ({ data, shape }) => {
  const out = new Float32Array(data.length)
  for (let i = 0; i < out.length; i++) out[i] = data[i] * factor
  return { data: out, shape }
})

/**
 * (x − mean)/deviation of each channel, as floats.
 * @example transforms.normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
 */
export function normalize(mean: readonly number[], std: readonly number[]): ImageTransform {
  if (mean.length !== std.length || std.some(s => !(s > 0)))
    throw new DataError(
      `normalize: ${mean.length} means and deviations ${std.join(', ')}: expected one of each for a channel, deviations above 0`,
    )
  return pixelwise('normalize', ({ data, shape }) => {
    if (shape[0] !== mean.length)
      throw new DataError(`normalize: the image has ${shape[0]} channels, there are ${mean.length} means`)
    const out = new Float32Array(data.length)
    const size = data.length / shape[0]
    for (const [c, start] of mean.entries()) {
      const deviation = std[c]
      for (let i = c * size; i < (c + 1) * size; i++) out[i] = (data[i] - start) / deviation
    }
    return { data: out, shape }
  })
}

/** What the eye sees of red, green and blue (ITU-R 601). */
const luma = [0.299, 0.587, 0.114]
function grays({ data, shape }: ImageArray): Float64Array {
  const size = data.length / shape[0]
  const out = new Float64Array(size)
  if (shape[0] !== 3) for (let i = 0; i < size; i++) out[i] = data[i]
  else
    for (let i = 0; i < size; i++) out[i] = luma[0] * data[i] + luma[1] * data[i + size] + luma[2] * data[i + 2 * size]
  return out
}
/** Brightness alone, in as many channels as there were. */
export const grayscale = (): ImageTransform => pixelwise('grayscale', image => {
  const gray = grays(image)
  const out = blank(image)
  for (let at = 0; at < out.length; at += gray.length) out.set(gray, at)
  return withData(image, out)
})

/** v · share + other · (1 − share), within the range; of bytes by a table. */
function blended(image: ImageArray, other: number, share: number): ImageArray {
  const { data } = image
  const most = greatest(image)
  const of = (v: number): number => Math.min(most, Math.max(0, v * share + other * (1 - share)))
  if (!(data instanceof Uint8Array)) return { ...image, data: data.map(of) } as ImageArray
  const table = Uint8ClampedArray.from({ length: 256 }, (_, v) => of(v))
  const out = new Uint8Array(data.length)
  for (let i = 0; i < out.length; i++) out[i] = table[data[i]]
  return { ...image, data: out } as ImageArray
}
/** 0: black, 1: as it is. */
export const brightened = (image: ImageArray, factor: number): ImageArray => blended(image, 0, factor)
/** 0: its mean gray, 1: as it is. */
export function contrasted(image: ImageArray, factor: number): ImageArray {
  const gray = grays(image)
  let sum = 0
  for (let i = 0; i < gray.length; i++) sum += gray[i]
  return blended(image, sum / gray.length, factor)
}
/** 0: gray, 1: as it is. */
export function saturated(image: ImageArray, factor: number): ImageArray {
  if (image.shape[0] !== 3) return image
  const { data } = image
  const gray = grays(image)
  const most = greatest(image)
  const out = blank(image)
  for (let c = 0, i = 0; c < 3; c++)
    for (let at = 0; at < gray.length; at++, i++)
      out[i] = Math.min(most, Math.max(0, data[i] * factor + gray[at] * (1 - factor)))
  return withData(image, out)
}

/** Where red, green and blue stand in the circle of hues, of six sectors (Smith, 1978). */
const sectors = [5, 3, 1]
/** The hue moved round by a share of the circle; a colour's greatest value and its range stay. */
export function hued(image: ImageArray, turn: number): ImageArray {
  const { data, shape } = image
  if (shape[0] !== 3 || turn === 0) return image
  const size = data.length / 3
  const out = blank(image)
  for (let i = 0; i < size; i++) {
    const [r, g, b] = [data[i], data[i + size], data[i + 2 * size]]
    const high = Math.max(r, g, b)
    const range = high - Math.min(r, g, b)
    if (range === 0) {
      out[i] = out[i + size] = out[i + 2 * size] = high
      continue
    }
    const sector = high === r ? (g - b) / range : high === g ? 2 + (b - r) / range : 4 + (r - g) / range
    const hue = sector + 6 * turn + 12
    for (let c = 0; c < 3; c++) {
      const k = (sectors[c] + hue) % 6
      out[i + c * size] = high - range * Math.max(0, Math.min(k, 4 - k, 1))
    }
  }
  return withData(image, out)
}

export interface ColorJitterOptions {
  /** Factors are drawn from 1 − x … 1 + x. */
  brightness?: number
  contrast?: number
  saturation?: number
  /** Turns are drawn from −x … x; at most a half. */
  hue?: number
}
/**
 * Brightness, contrast, saturation and hue, in random order. @example transforms.colorJitter({ brightness: 0.4, hue:
 * 0.1 })
 */
export function colorJitter(options: ColorJitterOptions): ImageTransform {
  checkOptions('colorJitter', options, { brightness: true, contrast: true, saturation: true, hue: true })
  const { brightness = 0, contrast = 0, saturation = 0, hue = 0 } = options
  for (const [name, x] of Object.entries({ brightness, contrast, saturation, hue })) {
    if (!(x >= 0 && x < Infinity && (name !== 'hue' || x <= 0.5)))
      throw new DataError(
        `colorJitter: ${name} is ${x}: expected a number from 0 up${name === 'hue' ? ' to a half' : ''}`,
      )
  }
  return pixelwise('colorJitter', (image, random) => {
    const factor = (x: number): number => random.uniform(Math.max(0, 1 - x), 1 + x)
    const steps: ((i: ImageArray) => ImageArray)[] = []
    if (brightness > 0) steps.push(i => brightened(i, factor(brightness)))
    if (contrast > 0) steps.push(i => contrasted(i, factor(contrast)))
    if (saturation > 0) steps.push(i => saturated(i, factor(saturation)))
    if (hue > 0) steps.push(i => hued(i, random.uniform(-hue, hue)))
    let made = image
    while (steps.length > 0) made = steps.splice(random.integer(steps.length), 1)[0](made)
    return made
  })
}

/** Adds normal noise; `std` is a share of the full range. @example transforms.gaussianNoise(0.05) */
export function gaussianNoise(std = 0.1): ImageTransform {
  if (!(std >= 0 && std < Infinity)) throw new DataError(`gaussianNoise: std is ${std}: expected a number from 0 up`)
  return pixelwise('gaussianNoise', (image, random) => {
    const noise = random.normals(image.data.length)
    const scale = std * greatest(image)
    const out = blank(image)
    for (let i = 0; i < out.length; i++) out[i] = image.data[i] + noise[i] * scale
    return withData(image, out)
  })
}

export interface CutoutOptions {
  p?: number
  /** Share of the image's area that is cut out. */
  scale?: readonly [number, number]
  /** Height to width. */
  ratio?: readonly [number, number]
  /** What is put there: a value, or noise. */
  value?: number | 'random'
}
/**
 * A rectangle filled with a value or noise (DeVries and Taylor, 2017; Zhong et al., 2017). @example transforms.cutout()
 */
export function cutout(options: CutoutOptions = {}): ImageTransform {
  checkOptions('cutout', options, { p: true, scale: true, ratio: true, value: true })
  const { p = 0.5, scale = [0.02, 0.33], ratio = [0.3, 3.3], value = 0 } = options
  checkChance('cutout', p)
  checkRange('cutout', 'scale', scale, 0)
  checkRange('cutout', 'ratio', ratio, 1e-6)
  return pixelwise('cutout', (image, random) => {
    const [channels, h, w] = image.shape
    if (!random.chance(p)) return image
    for (let attempt = 0; attempt < 10; attempt++) {
      const area = h * w * random.uniform(...scale)
      const shape = Math.exp(random.uniform(Math.log(ratio[0]), Math.log(ratio[1])))
      const [height, width] = [Math.round(Math.sqrt(area * shape)), Math.round(Math.sqrt(area / shape))]
      if (height > h || width > w) continue
      const [top, left] = [random.integer(h - height + 1), random.integer(w - width + 1)]
      const data = image.data.slice()
      for (let c = 0; c < channels; c++) {
        for (let y = top; y < top + height; y++) {
          const row = (c * h + y) * w
          if (value !== 'random') data.fill(value, row + left, row + left + width)
          else for (let x = left; x < left + width; x++) data[row + x] = random.next() * greatest(image)
        }
      }
      return { ...image, data } as ImageArray
    }
    return image
  })
}
