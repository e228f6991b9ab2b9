/**
 * @file From a picture of a digit to what MNIST's digits look like: light ink on black, 20×20, its mass in the middle
 * of 28×28.
 */
import { DataError } from 'diffeo'
import type { GrayImage } from '../datasets/decode.ts'
import { cropped, paperOf, scaled, type Ink } from './ink.ts'

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
  return centred(scaled(cropped({ pixels: ink, width, height }, floor > 0 ? 0.25 : 0.02), inner))
}

function percentile(values: Float32Array, share: number): number {
  const counts = new Uint32Array(256)
  for (const v of values) counts[Math.round(v)]++
  // of the ink alone: a small digit on a large page is few pixels
  let left = Math.max(1, Math.ceil((values.length - counts[0]) * (1 - share)))
  for (let level = 255; level > 0; level--) if ((left -= counts[level]) <= 0) return level
  return 0
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
