/** @file What image transforms take and give: an image, alone, with a label, or with boxes and masks. */
import { DataError } from '../../util/errors.ts'
import { whatIs } from '../../util/options.ts'
import { isNdArray, type NdArray } from '../ndarray.ts'
import { Random } from '../random.ts'
import type { SoundTransform } from './sound.ts'

/** An image `[channels, height, width]`: bytes, or floats. */
export type ImageArray = NdArray<Uint8Array> | NdArray<Float32Array>

/** An image with what is in it. What else an example holds stays as it is. */
export interface ImageSample {
  image: ImageArray
  /**
   * `[n, 4]`: left, top, right, bottom, in pixels; a tensor or rows of numbers do too. One that leaves the image is
   * left out, with its label and its mask.
   */
  boxes?: NdArray<Float32Array>
  /** A class of each box. */
  labels?: NdArray<Int32Array>
  /** A mask of each box, `[n, height, width]`. */
  masks?: NdArray<Uint8Array> | NdArray<Int32Array>
  /** Classes of pixels, `[height, width]` or `[n, height, width]`: they are moved, never mixed. */
  mask?: NdArray<Uint8Array> | NdArray<Int32Array>
}

/**
 * Makes another of an image, of a tuple that begins with one, or of an object with `image` (and `boxes`, `masks`,
 * `mask`, which may be in an object in the tuple too). What is random follows from `random` alone.
 */
export type ImageTransform = <S>(sample: S, random?: Random) => S

const isImage = (x: unknown): x is ImageArray => isNdArray(x) && x.shape.length === 3

/** What moves with the image of a tuple: an object with boxes or masks. */
const isTarget = (x: unknown): x is object =>
  typeof x === 'object' && x !== null && !isNdArray(x) && ('boxes' in x || 'mask' in x || 'masks' in x)

/** The image of a sample, with boxes and masks where there are any. */
export function imageOf(op: string, sample: unknown): ImageSample {
  if (isImage(sample)) return { image: sample }
  if (Array.isArray(sample) && isImage(sample[0])) return { ...(sample as unknown[]).find(isTarget), image: sample[0] }
  const { image } = (sample ?? {}) as Partial<ImageSample>
  if (isImage(image)) return sample as ImageSample
  throw new DataError(
    `${op}: the sample is ${whatIs(sample)}: an image is { data, shape: [channels, height, width] }, alone, first in a tuple, or as { image, boxes?, masks?, mask? }`,
  )
}

/** The sample with another image in its place. */
export function withImage<S>(sample: S, made: ImageSample): S {
  if (isImage(sample)) return made.image as S
  if (!Array.isArray(sample)) return { ...sample, ...made }
  const { image, ...parts } = made
  const target = (sample as unknown[]).find(isTarget)
  return [image, ...(sample as unknown[]).slice(1).map(x => (x === target ? { ...target, ...parts } : x))] as S
}

/** A transform of pixels alone. */
export const pixelwise = (
  op: string, f: (image: ImageArray, random: Random) => ImageArray,
): ImageTransform => (sample, random = new Random(0)) =>
  withImage(sample, { ...onlyImage(imageOf(op, sample)), image: f(imageOf(op, sample).image, random) })
const onlyImage = ({ image }: ImageSample): ImageSample => ({ image })

/** @throws DataError unless they are transforms, one by one or in arrays */
function stepsOf(op: string, given: readonly unknown[]): ImageTransform[] {
  const steps = given.flat() as ImageTransform[]
  steps.forEach((step, i) => {
    if (typeof step !== 'function')
      throw new DataError(`${op}: step ${i} is ${whatIs(step)}: expected a transform, as transforms.rescale()`)
  })
  return steps
}

/**
 * One transform after the other.
 * @example
 * const augment = transforms.compose(transforms.randomCrop(32, { padding: 4 }), transforms.randomHorizontalFlip(),
 * transforms.rescale()) new data.TransformDataset(images, augment, { seed: 0 })
 */
export function compose(...steps: readonly (ImageTransform | readonly ImageTransform[])[]): ImageTransform
export function compose(...steps: readonly (AnyTransform | readonly AnyTransform[])[]): SoundTransform
export function compose(...given: readonly unknown[]): any {
  const steps = stepsOf('compose', given)
  return (sample: unknown, random = new Random(0)) => steps.reduce((s, step) => step(s, random), sample)
}
type AnyTransform = ImageTransform | SoundTransform

/** Does it, or all of an array, with probability p, else leaves the sample as it is. */
export function randomApply(step: ImageTransform | readonly ImageTransform[], p = 0.5): ImageTransform {
  checkChance('randomApply', p)
  const all = compose(...stepsOf('randomApply', [step]))
  return (sample, random = new Random(0)) => (random.chance(p) ? all(sample, random) : sample)
}

/** One of several, each as likely. */
export function randomChoice(...given: readonly (ImageTransform | readonly ImageTransform[])[]): ImageTransform {
  const steps = stepsOf('randomChoice', given)
  if (steps.length === 0) throw new DataError('randomChoice: there are no transforms')
  return (sample, random = new Random(0)) => steps[random.integer(steps.length)](sample, random)
}

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
  if (!(typeof p === 'number' && p >= 0 && p <= 1))
    throw new DataError(
      `${op}: p is ${whatIs(p)}: expected a probability, from 0 to 1${typeof p === 'number' ? '' : ', as a number: (0.5), not ({ p: 0.5 })'}`,
    )
  return p
}
