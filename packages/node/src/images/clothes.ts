/**
 * @file From a picture of a piece of clothing to what Fashion-MNIST's look like (arXiv 1708.07747, section 2): cropped
 * to the thing, its longer side 28, in the middle, negated where the background is light.
 */
import { DataError } from 'diffeo'
import type { GrayImage } from '../datasets/decode.ts'
import { cropped, paperOf, scaled } from './ink.ts'

export const clothesSide = 28

/** What was done to a picture; kept with a model. */
export const clothesSteps: readonly string[] = [
  'gray, from 0 to 1',
  'negated if the border is light',
  'cropped to what differs from the border',
  'scaled until the longer side is 28',
  'in the middle of 28×28',
]

/**
 * Pixels from 0 to 1 of [28, 28].
 * @throws DataError if nothing differs from the background
 */
export function clothesFrom({ pixels, width, height }: GrayImage): Float32Array {
  if (pixels.length !== width * height || pixels.length === 0)
    throw new DataError(`clothes: ${pixels.length} pixels are not ${width}×${height}`)
  const { level, spread } = paperOf(pixels, width, height)
  const differs = Math.max(12, 3 * spread)
  if (!pixels.some(p => Math.abs(p - level) > differs))
    throw new DataError('clothes: nothing is to be seen: the picture has about the same brightness everywhere')
  const isLight = level > 127
  // what is cropped keeps its brightness, and what is background has none
  const thing = Float32Array.from(pixels, p =>
    Math.abs(p - level) <= differs ? 0 : Math.max(1, isLight ? 255 - p : p) / 255)
  const { pixels: small, width: w, height: h } = scaled(cropped({ pixels: thing, width, height }, 1 / 255), clothesSide)
  const [left, top] = [Math.floor((clothesSide - w) / 2), Math.floor((clothesSide - h) / 2)]
  const out = new Float32Array(clothesSide ** 2)
  for (let y = 0; y < h; y++) out.set(small.subarray(y * w, (y + 1) * w), (top + y) * clothesSide + left)
  return out
}
