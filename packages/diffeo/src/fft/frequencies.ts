/** @file The frequencies that belong to the values of a transform. */
import { tensor, type Device, type DType, type Tensor } from '../tensor/index.ts'
import { ShapeError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'

export interface FrequencyOptions {
  /** The distance of samples; 1. */
  d?: number
  dtype?: DType
  device?: Device
}

function frequencies(op: string, n: number, count: number, options: FrequencyOptions): Tensor {
  checkOptions(`fft.${op}`, options, { d: true, dtype: true, device: true })
  if (!Number.isInteger(n) || n < 1) throw new ShapeError(`fft.${op}: n is ${n}, and must be from 1 up`)
  const { d = 1, dtype = 'float32', device } = options
  const list = Float64Array.from({ length: count }, (_, i) => (count === n && 2 * i >= n ? i - n : i) / (n * d))
  return tensor(list, { dtype, device })
}

/**
 * The frequencies of `fft`'s n values, in turns per `d` (1): 0, 1/n, …, then the negative ones.
 *
 * @example await fft.fftfreq(4).array() // [0, 0.25, -0.5, -0.25]
 */
export const fftfreq = (n: number, options: FrequencyOptions = {}): Tensor => frequencies('fftfreq', n, n, options)

/** Those of `rfft`'s values: ⌊n/2⌋ + 1 from 0 up. @example await fft.rfftfreq(4).array() // [0, 0.25, 0.5] */
export const rfftfreq = (n: number, options: FrequencyOptions = {}): Tensor =>
  frequencies('rfftfreq', n, n === 1 ? 1 : Math.floor(n / 2) + 1, options)

export interface ShiftOptions {
  axes?: number | readonly number[]
  /** x has a last axis of real and imaginary parts, which is not counted. */
  complex?: boolean
}

function shift(op: string, x: Tensor, options: ShiftOptions, by: (d: number) => number): Tensor {
  checkOptions(`fft.${op}`, options, { axes: true, complex: true })
  const rank = options.complex ? x.rank - 1 : x.rank
  const { axes = Array.from({ length: rank }, (_, i) => i) } = options
  const list = (typeof axes === 'number' ? [axes] : axes).map(a => (a < 0 ? a + rank : a))
  for (const a of list) {
    if (!Number.isInteger(a) || a < 0 || a >= rank)
      throw new ShapeError(`fft.${op}: an axis is not there: the tensor has ${rank}`)
  }
  return list.length === 0 ? x : x.roll(list.map(a => by(x.shape[a])), list)
}

/** Frequency 0 in the middle. @example await fft.fftshift(fft.fftfreq(4)).array() // [-0.5, -0.25, 0, 0.25] */
export const fftshift = (x: Tensor, options: ShiftOptions = {}): Tensor =>
  shift('fftshift', x, options, d => Math.floor(d / 2))
/** The inverse of `fftshift`. */
export const ifftshift = (x: Tensor, options: ShiftOptions = {}): Tensor =>
  shift('ifftshift', x, options, d => -Math.floor(d / 2))
