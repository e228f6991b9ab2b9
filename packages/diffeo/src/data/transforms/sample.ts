/** @file What image transforms take and give: an image, alone, with a label, or with boxes and masks. */
import { DataError } from '../../util/errors.ts'
import { whatIs } from '../../util/options.ts'
import { isNdArray, type NdArray } from '../ndarray.ts'
import { Random } from '../random.ts'

/** An image `[channels, height, width]`: bytes, or floats. */
export type ImageArray = NdArray<Uint8Array> | NdArray<Float32Array>

/** An image with what is in it. What else an example holds stays as it is. */
export interface ImageSample {
  image: ImageArray
  /** `[n, 4]`: left, top, right, bottom, in pixels. One that leaves the image is left out, with its label. */
  boxes?: NdArray<Float32Array>
  /** A class of each box. */
  labels?: NdArray<Int32Array>
  /** Classes of pixels, `[height, width]` or `[n, height, width]`: they are moved, never mixed. */
  mask?: NdArray<Uint8Array> | NdArray<Int32Array>
}

/**
 * Makes another of an image, of a tuple that begins with one, or of an object with `image` (and `boxes`, `mask`). What
 * is random follows from `random` alone.
 */
export type ImageTransform = <S>(sample: S, random?: Random) => S

const isImage = (x: unknown): x is ImageArray => isNdArray(x) && x.shape.length === 3

/** The image of a sample, with boxes and masks where there are any. */
export function imageOf(op: string, sample: unknown): ImageSample {
  if (isImage(sample)) return { image: sample }
  if (Array.isArray(sample) && isImage(sample[0])) return { image: sample[0] }
  const { image } = (sample ?? {}) as Partial<ImageSample>
  if (isImage(image)) return sample as ImageSample
  throw new DataError(
    `${op}: the sample is ${whatIs(sample)}: an image is { data, shape: [channels, height, width] }, alone, first in a tuple, or as { image, boxes?, mask? }`,
  )
}

/** The sample with another image in its place. */
export function withImage<S>(sample: S, made: ImageSample): S {
  if (isImage(sample)) return made.image as S
  if (Array.isArray(sample)) return [made.image, ...(sample as unknown[]).slice(1)] as S
  return { ...sample, ...made }
}

/** A transform of pixels alone. */
export const pixelwise = (
  op: string, f: (image: ImageArray, random: Random) => ImageArray,
): ImageTransform => (sample, random = new Random(0)) =>
  withImage(sample, { ...onlyImage(imageOf(op, sample)), image: f(imageOf(op, sample).image, random) })
const onlyImage = ({ image }: ImageSample): ImageSample => ({ image })

/**
 * One transform after the other.
 * @example
 * const augment = transforms.compose(transforms.randomCrop(32, { padding: 4 }), transforms.randomHorizontalFlip(),
 * transforms.rescale()) new data.TransformDataset(images, augment, { seed: 0 })
 */
export const compose = (...steps: readonly ImageTransform[]): ImageTransform =>
  (sample, random = new Random(0)) => steps.reduce((s, step) => step(s, random), sample)

/** Does it with probability p, else leaves the sample as it is. */
export const randomApply = (step: ImageTransform, p = 0.5): ImageTransform =>
  (sample, random = new Random(0)) => (random.chance(p) ? step(sample, random) : sample)

/** One of several, each as likely. */
export const randomChoice = (...steps: readonly ImageTransform[]): ImageTransform =>
  (sample, random = new Random(0)) => steps[random.integer(steps.length)](sample, random)

/** @throws DataError unless it is a whole number from 1 up, or two of them: height and width */
export function checkSize(op: string, size: number | readonly [number, number]): readonly [number, number] {
  const pair = typeof size === 'number' ? [size, size] as const : size
  if (pair.length === 2 && pair.every(n => Number.isInteger(n) && n > 0)) return pair
  throw new DataError(`${op}: the size is ${String(size)}: expected height and width as whole numbers from 1 up`)
}
/** @throws DataError unless the numbers are finite, and the first is no more than the second */
export function checkRange(op: string, name: string, [low, high]: readonly [number, number], least = -Infinity): void {
  if (!(low <= high && low >= least && Number.isFinite(low) && Number.isFinite(high)))
    throw new DataError(
      `${op}: ${name} is [${low}, ${high}]: expected two numbers, the less first${least > -Infinity ? `, from ${least} up` : ''}`,
    )
}
/** @throws DataError unless it is from 0 to 1 */
export function checkChance(op: string, p: number): number {
  if (!(p >= 0 && p <= 1)) throw new DataError(`${op}: p is ${p}: expected a probability, from 0 to 1`)
  return p
}
