/** @file Functions of sound in three forms: of tensors, of sounds as files give them, and as transforms of samples. */
import { tensor, Tensor } from '../../tensor/index.ts'
import { DataError } from '../../util/errors.ts'
import { whatIs } from '../../util/options.ts'
import type { Audio } from '../formats/wav.ts'
import { isNdArray, type NdArray } from '../ndarray.ts'
import { Random } from '../random.ts'

/** Sound, or what a transform made of it; `sampleRate` is there as long as it is samples. */
export type Sound = Audio | NdArray<Float32Array>
/** What a sample is after a transform: an array in the place of the sound. */
export type Heard<S> = S extends readonly [unknown, ...infer Rest]
  ? [NdArray<Float32Array>, ...Rest]
  : NdArray<Float32Array>

/**
 * Makes another array of a sound, alone or first in a tuple, as `datasets.wav` and `datasets.audioFolder` give it. What
 * is random follows from `random` alone.
 */
export type SoundTransform = <S>(sample: S, random?: Random) => Heard<S>

/** What is made of samples `[..., samples]`: the rate is the sound's, where it says. */
export type SoundFunction = (x: Tensor, random: Random, rate: number | undefined) => Tensor
/** What is kept beside the array that was made. */
type Kept = (rate: number | undefined) => object

/** @throws DataError unless it is a sound, alone or first in a tuple */
function soundOf(op: string, sample: unknown): NdArray & { sampleRate?: number } {
  const found: unknown = Array.isArray(sample) ? sample[0] : sample
  if (isNdArray(found)) return found
  throw new DataError(
    `${op}: the sample is ${whatIs(sample)}: a sound is { data, shape: [channels, samples] }, alone or first in a tuple`,
  )
}

/** A transform by a function of tensors. */
export const soundTransform = (op: string, f: SoundFunction, kept: Kept = () => ({})): SoundTransform => {
  const apply = (sample: unknown, random = new Random(0)): unknown => {
    const { data, shape, sampleRate } = soundOf(op, sample)
    const made = f(tensor(data, { shape }), random, sampleRate)
    const out = { data: made.dataSync(), shape: made.shape, ...kept(sampleRate) }
    return Array.isArray(sample) ? [out, ...sample.slice(1) as unknown[]] : out
  }
  return apply as SoundTransform
}

/** Whether a first argument is what is to be transformed, and no options. @throws DataError for what is neither */
export function isSound(op: string, x: unknown): x is Tensor | NdArray {
  if (x instanceof Tensor || isNdArray(x)) return true
  if (x === undefined || (typeof x === 'object' && x !== null && Object.getPrototypeOf(x) === Object.prototype))
    return false
  throw new DataError(
    `${op}: got ${whatIs(x)}: expected a tensor, a sound { data, shape }, or options, which make a transform`,
  )
}

/** A tensor through the function, or a host array through it as a transform. */
export const ofSound = (op: string, x: Tensor | NdArray, f: SoundFunction, random = new Random(0)): any =>
  (x instanceof Tensor ? f(x, random, undefined) : soundTransform(op, f)(x, random))
