/**
 * @file Where pixels come from: every transform of an image's geometry is one map from places in the result to places
 * in the source, so that image, masks and boxes move together.
 */
import { DataError } from '../../util/errors.ts'
import { whatIs } from '../../util/options.ts'
import { isNdArray, type NdArray } from '../ndarray.ts'
import { boxesOf, entriesOf } from './boxes.ts'
import { imageOf, withImage, type ImageArray, type ImageSample, type ImageTransform } from './sample.ts'
import { Random } from '../random.ts'

/**
 * (x, y) of the result comes from (a x + b y + c, d x + e y + f), divided by g x + h y + 1 where it is tilted; pixels'
 * centres lie at halves.
 */
export interface Warp {
  readonly height: number
  readonly width: number
  readonly matrix: readonly [number, number, number, number, number, number]
  /** g and h; 0. */
  readonly tilt?: readonly [number, number]
  /** What lies outside of the source; 0. */
  readonly fill?: number
}

/** A transform whose map is found for the image's height and width; null leaves it as it is. */
export const geometric = (
  op: string, find: (height: number, width: number, random: Random) => Warp | null,
): ImageTransform => (sample, random = new Random(0)) => {
  const found = imageOf(op, sample)
  const [, height, width] = found.image.shape
  const warp = find(height, width, random)
  return warp ? withImage(sample, moved(op, found, warp)) : sample
}

function moved(op: string, sample: ImageSample, warp: Warp): ImageSample {
  const made: ImageSample = { image: warped(sample.image, warp, true) }
  for (const name of ['mask', 'masks'] as const)
    if (sample[name] !== undefined) made[name] = movedMask(op, name, sample[name], sample.image, warp)
  if (sample.boxes === undefined) return made
  const { values, count, like } = boxesOf(op, sample.boxes)
  const { kept, corners } = movedBoxes(values, count, warp)
  const parts: Record<string, unknown> = { boxes: like(corners) }
  if (sample.labels !== undefined) parts.labels = entriesOf(op, 'labels', sample.labels, kept, count)
  if (made.masks) parts.masks = entriesOf(op, 'masks', made.masks, kept, count)
  return Object.assign(made, parts)
}

type Mask = NdArray<Uint8Array> | NdArray<Int32Array>
function movedMask(op: string, name: string, mask: unknown, { shape: [, h, w] }: ImageArray, warp: Warp): Mask {
  if (!isNdArray(mask))
    throw new DataError(
      `${op}: the ${name} is ${whatIs(mask)}: expected { data: Uint8Array or Int32Array, shape: [${name === 'mask' ? '' : 'n, '}height, width] }`,
    )
  const [height, width] = mask.shape.slice(-2)
  if (height !== h || width !== w)
    throw new DataError(`${op}: the ${name} is [${mask.shape.join(',')}], the image is ${h} high and ${w} wide`)
  return warped(mask as Mask, { ...warp, fill: 0 }, false)
}

/**
 * Corners go where the inverse of the map leads (by its cofactors); the box around them, cut at the image's edges, is
 * what is left.
 */
function movedBoxes(
  values: ArrayLike<number>,
  count: number,
  { matrix: [a, b, c, d, e, f], tilt: [g, h] = [0, 0], width, height }: Warp,
): { kept: number[]; corners: number[] } {
  const rows = [
    [e - f * h, c * h - b, b * f - c * e],
    [f * g - d, a - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ]
  const kept: number[] = []
  const corners: number[] = []
  for (let i = 0; i < count; i++) {
    const [left, top, right, bottom] = [0, 1, 2, 3].map(k => values[4 * i + k])
    const points = [[left, top], [right, top], [left, bottom], [right, bottom]].map(([x, y]) => {
      const [u, v, w] = rows.map(row => row[0] * x + row[1] * y + row[2])
      return [u / w, v / w]
    })
    const clip = (v: number, most: number): number => Math.min(Math.max(v, 0), most)
    const xs = points.map(([x]) => clip(x, width))
    const ys = points.map(([, y]) => clip(y, height))
    const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
    if (box[2] <= box[0] || box[3] <= box[1]) continue
    kept.push(i)
    corners.push(...box)
  }
  return { kept, corners }
}

/** Planes of the last two axes through the map; `mix` interpolates, else the nearest pixel is taken. */
export function warped<A extends ImageArray | NdArray<Int32Array>>(image: A, warp: Warp, mix: boolean): A {
  const { data, shape } = image
  const [h, w] = shape.slice(-2)
  const planes = data.length / (h * w)
  const { height, width, matrix: [a, b, c, d, e, f], tilt } = warp
  const out = new (data.constructor as any)(planes * height * width) as typeof data
  const straight = b === 0 && d === 0 && !tilt
  const whole = straight && Math.abs(a) === 1 && Math.abs(e) === 1 && Number.isInteger(c) && Number.isInteger(f)
  for (let p = 0; p < planes; p++) {
    const from = data.subarray(p * h * w, (p + 1) * h * w)
    const to = out.subarray(p * height * width, (p + 1) * height * width)
    if (whole) copied(from, h, w, to, warp)
    else if (!mix) nearest(from, h, w, to, warp)
    else if (straight) resampled(from, h, w, to, warp)
    else bilinear(from, h, w, to, warp)
  }
  return { ...image, data: out, shape: [...shape.slice(0, -2), height, width] }
}

type Plane = Uint8Array | Float32Array | Int32Array

/** Whole pixels, rows at once: crops, padding and flips. */
function copied(
  from: Plane,
  h: number,
  w: number,
  to: Plane,
  { height, width, matrix: [a, , c, , e, f], fill = 0 }: Warp,
): void {
  // column x comes from x + c, or from c − 1 − x: these are inside
  const [first, last] = a > 0 ? [Math.max(0, -c), Math.min(width, w - c)] : [Math.max(0, c - w), Math.min(width, c)]
  if (first > 0 || last < width || fill !== 0) to.fill(fill)
  for (let y = 0; y < height; y++) {
    const row = e > 0 ? y + f : f - 1 - y
    if (row < 0 || row >= h || first >= last) {
      if (fill === 0) to.fill(0, y * width, (y + 1) * width)
      continue
    }
    const at = row * w
    if (a > 0) to.set(from.subarray(at + first + c, at + last + c), y * width + first)
    else for (let x = first; x < last; x++) to[y * width + x] = from[at + c - 1 - x]
  }
}

function nearest(
  from: Plane,
  h: number,
  w: number,
  to: Plane,
  { height, width, matrix: [a, b, c, d, e, f], tilt: [g, k] = [0, 0], fill = 0 }: Warp,
): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const z = g * (x + 0.5) + k * (y + 0.5) + 1
      const u = Math.floor((a * (x + 0.5) + b * (y + 0.5) + c) / z)
      const v = Math.floor((d * (x + 0.5) + e * (y + 0.5) + f) / z)
      to[y * width + x] = u >= 0 && u < w && v >= 0 && v < h ? from[v * w + u] : fill
    }
  }
}

const byte = (v: number): number => (v <= 0 ? 0 : v >= 255 ? 255 : Math.round(v))

/** Between the four pixels around; those outside count as `fill`. */
function bilinear(
  from: Plane,
  h: number,
  w: number,
  to: Plane,
  { height, width, matrix: [a, b, c, d, e, f], tilt: [g, k] = [0, 0], fill = 0 }: Warp,
): void {
  const bytes = to instanceof Uint8Array
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const z = g * (x + 0.5) + k * (y + 0.5) + 1
      const u = (a * (x + 0.5) + b * (y + 0.5) + c) / z - 0.5
      const v = (d * (x + 0.5) + e * (y + 0.5) + f) / z - 0.5
      const [x0, y0] = [Math.floor(u), Math.floor(v)]
      let value = fill
      if (x0 >= -1 && x0 < w && y0 >= -1 && y0 < h) {
        const [s, t] = [u - x0, v - y0]
        const [left, right, upper, lower] = [x0 >= 0, x0 + 1 < w, y0 >= 0, y0 + 1 < h]
        const at = y0 * w + x0
        const v00 = upper && left ? from[at] : fill
        const v01 = upper && right ? from[at + 1] : fill
        const v10 = lower && left ? from[at + w] : fill
        const v11 = lower && right ? from[at + w + 1] : fill
        value = (v00 * (1 - s) + v01 * s) * (1 - t) + (v10 * (1 - s) + v11 * s) * t
      }
      to[y * width + x] = bytes ? byte(value) : value
    }
  }
}

interface Taps { readonly first: Int32Array; readonly weights: Float64Array; readonly most: number }

/** A triangle as wide as a pixel of the result (of the source, where it grows), cut at the edges. */
function tapsOf(size: number, made: number, scale: number, shift: number): Taps {
  const reach = Math.max(1, Math.abs(scale))
  const most = Math.ceil(2 * reach) + 1
  const first = new Int32Array(made)
  const weights = new Float64Array(made * most)
  for (let i = 0; i < made; i++) {
    const centre = scale * (i + 0.5) + shift
    const from = Math.max(0, Math.floor(centre - reach + 0.5))
    const to = Math.min(size, Math.floor(centre + reach + 0.5))
    first[i] = from
    let sum = 0
    for (let k = from; k < to; k++) {
      const weight = Math.max(0, 1 - Math.abs((k + 0.5 - centre) / reach))
      weights[i * most + k - from] = weight
      sum += weight
    }
    for (let k = 0; k < most; k++) weights[i * most + k] /= sum || 1
  }
  return { first, weights, most }
}

/** Along the rows, then along the columns: what resizing with antialiasing is. */
function resampled(
  from: Plane,
  h: number,
  w: number,
  to: Plane,
  { height, width, matrix: [a, , c, , e, f] }: Warp,
): void {
  const rows = new Float64Array(h * width)
  // of one kind, whatever the image is: the loops below then have one form
  const source = Float32Array.from(from)
  alongRows(source, h, w, rows, width, tapsOf(w, width, a, c))
  const made = new Float64Array(height * width)
  alongColumns(rows, h, made, height, width, tapsOf(h, height, e, f))
  if (to instanceof Uint8Array) for (let i = 0; i < made.length; i++) to[i] = byte(made[i])
  else to.set(made)
}
function alongRows(
  from: Float32Array,
  h: number,
  w: number,
  to: Float64Array,
  width: number,
  { first, weights, most }: Taps,
): void {
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < width; x++) {
      const [at, weight, n] = [y * w + first[x], x * most, Math.min(most, w - first[x])]
      let sum = 0
      for (let k = 0; k < n; k++) sum += weights[weight + k] * from[at + k]
      to[y * width + x] = sum
    }
  }
}
function alongColumns(
  from: Float64Array,
  h: number,
  to: Float64Array,
  height: number,
  width: number,
  { first, weights, most }: Taps,
): void {
  for (let y = 0; y < height; y++) {
    const n = Math.min(most, h - first[y])
    for (let k = 0; k < n; k++) {
      const [weight, at] = [weights[y * most + k], (first[y] + k) * width]
      if (weight === 0) continue
      for (let x = 0; x < width; x++) to[y * width + x] += weight * from[at + x]
    }
  }
}
