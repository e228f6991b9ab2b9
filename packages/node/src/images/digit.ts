/**
 * @file From a picture of a digit to what MNIST's digits look like: light ink on black, 20×20, its mass in the middle
 * of 28×28.
 */
import { DataError } from 'diffeo'
import type { GrayImage } from '../datasets/decode.ts'

export const digitSide = 28
const inner = 20

/** What was done to a picture; printed, and kept with a model. */
export const digitSteps: readonly string[] = [
  'gray, from 0 to 1',
  'inverted if the border is light',
  'paper and shadows taken off',
  'cropped to the ink',
  'scaled to 20×20, sides kept in proportion',
  'its mass centred in 28×28',
]

/**
 * Pixels from 0 to 1 of [28, 28].
 * @throws DataError if there is no ink to be seen
 */
export function digitFrom({ pixels, width, height }: GrayImage): Float32Array {
  if (pixels.length !== width * height || pixels.length === 0)
    throw new DataError(`digit: ${pixels.length} pixels are not ${width}×${height}`)
  const { level, spread } = paperOf(pixels, width, height)
  const sign = level > 127 ? -1 : 1
  const ink = Float32Array.from(pixels, p => Math.max(0, (p - level) * sign))
  const strongest = percentile(ink, 0.999)
  if (strongest < 24)
    throw new DataError('digit: no ink is to be seen: the picture has about the same brightness everywhere')
  // paper has grain and shadows; what was drawn on a screen has none
  const floor = Math.min(0.45 * strongest, 3 * spread)
  for (let i = 0; i < ink.length; i++) ink[i] = Math.min(1, Math.max(0, (ink[i] - floor) / (strongest - floor)))
  return centred(scaled(cropped({ pixels: ink, width, height }, floor > 0 ? 0.25 : 0.02)))
}

interface Ink { readonly pixels: Float32Array; readonly width: number; readonly height: number }

/** The brightness around the picture, and how much most of it differs from that. */
function paperOf(pixels: Uint8Array, width: number, height: number): { level: number; spread: number } {
  const border: number[] = []
  for (let x = 0; x < width; x++) border.push(pixels[x], pixels[(height - 1) * width + x])
  for (let y = 0; y < height; y++) border.push(pixels[y * width], pixels[y * width + width - 1])
  const level = middle(border)
  return { level, spread: middle(border.map(p => Math.abs(p - level)), 0.9) }
}
const middle = (values: number[], share = 0.5): number =>
  values.sort((a, b) => a - b)[Math.floor((values.length - 1) * share)]

function percentile(values: Float32Array, share: number): number {
  const counts = new Uint32Array(256)
  for (const v of values) counts[Math.round(v)]++
  // of the ink alone: a small digit on a large page is few pixels
  let left = Math.max(1, Math.ceil((values.length - counts[0]) * (1 - share)))
  for (let level = 255; level > 0; level--) if ((left -= counts[level]) <= 0) return level
  return 0
}

function cropped({ pixels, width, height }: Ink, least: number): Ink {
  let [left, right, top, bottom] = [width, -1, height, -1]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (pixels[y * width + x] < least) continue
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = Math.max(bottom, y)
    }
  }
  const [w, h] = [right - left + 1, bottom - top + 1]
  const out = new Float32Array(w * h)
  for (let y = 0; y < h; y++) out.set(pixels.subarray((top + y) * width + left, (top + y) * width + left + w), y * w)
  return { pixels: out, width: w, height: h }
}

/**
 * The longer side becomes 20; each new pixel is the mean of the area that it covers, or lies between its neighbours.
 */
function scaled({ pixels, width, height }: Ink): Ink {
  const scale = inner / Math.max(width, height)
  const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))]
  const across = resample(
    pixels,
    height,
    width,
    w,
    (line, i) => line * width + i,
    (line, i) => line * w + i,
  )
  return {
    pixels: resample(
      across,
      w,
      height,
      h,
      (line, i) => i * w + line,
      (line, i) => i * w + line,
    ),
    width: w,
    height: h,
  }
}

/** Along one axis, by a triangle as wide as a new pixel (at least as an old one). */
function resample(
  from: Float32Array,
  lines: number,
  length: number,
  wanted: number,
  at: (line: number, i: number) => number,
  to: (line: number, i: number) => number,
): Float32Array {
  const out = new Float32Array(lines * wanted)
  const step = length / wanted
  const reach = Math.max(1, step)
  for (let i = 0; i < wanted; i++) {
    const middle = (i + 0.5) * step - 0.5
    const [first, last] = [Math.max(0, Math.ceil(middle - reach)), Math.min(length - 1, Math.floor(middle + reach))]
    for (let line = 0; line < lines; line++) {
      let [sum, weights] = [0, 0]
      for (let k = first; k <= last; k++) {
        const weight = 1 - Math.abs(k - middle) / reach
        sum += weight * from[at(line, k)]
        weights += weight
      }
      out[to(line, i)] = weights > 0 ? sum / weights : from[at(line, Math.round(middle))]
    }
  }
  return out
}

function centred({ pixels, width, height }: Ink): Float32Array {
  let [mass, mx, my, most] = [0, 0, 0, 0]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const v = pixels[y * width + x]
      mass += v
      mx += v * x
      my += v * y
      most = Math.max(most, v)
    }
  }
  const place = (moment: number, size: number): number =>
    Math.min(digitSide - size, Math.max(0, Math.round((digitSide - 1) / 2 - moment / mass)))
  const [left, top] = [place(mx, width), place(my, height)]
  const out = new Float32Array(digitSide ** 2)
  for (let y = 0; y < height; y++) {
    // thin strokes fade when they are made small: the darkest point is full ink again
    for (let x = 0; x < width; x++) out[(top + y) * digitSide + left + x] = pixels[y * width + x] / most
  }
  return out
}
