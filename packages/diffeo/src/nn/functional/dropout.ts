/** @file Dropout. */
import { rand, where, type Tensor } from '../../tensor/index.ts'
import { checkTensor } from '../../tensor/internal.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'

/** @throws ShapeError unless p is a probability */
export function checkProbability(op: string, p: number): number {
  if (!(p >= 0 && p <= 1)) throw new ShapeError(`${op}: p is ${String(p)}: expected a probability, from 0 to 1`)
  return p
}

export interface DropoutOptions { training?: boolean }

/** True with probability 1 − p, one for each element of the shape. */
const keeps = (x: Tensor, shape: readonly number[], p: number): Tensor => rand(shape, { device: x.device }).ge(p)

function drop(op: string, x: Tensor, p: number, options: DropoutOptions, shape: readonly number[]): Tensor {
  checkProbability(op, p)
  checkOptions(op, options, { training: true })
  if (options.training === false || p === 0) return x
  if (p === 1) return x.mul(0)
  return where(keeps(x, shape, p), x.mul(1 / (1 - p)), 0)
}

/** 0 with probability p, else x/(1 − p); x itself unless `training`. */
export function dropout(x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor {
  checkTensor('dropout', 'input', x)
  return drop('dropout', x, p, options, x.shape)
}

/** The shape with 1 for the last n axes. @throws ShapeError unless x is [batch, channels, ...n axes] */
function channelsOf(op: string, n: number, x: Tensor): readonly number[] {
  if (x.rank !== n + 1 && x.rank !== n + 2) {
    throw new ShapeError(
      `${op}: the input is [${x.shape.join(',')}]: expected [batch, channels, ...${n} axes], or that without batch`,
    )
  }
  return x.shape.map((d, i) => (i < x.rank - n ? d : 1))
}
/** Whole channels of `[batch, channels, length]` (or without batch) are 0 with probability p, the others x/(1 − p). */
export const dropout1d = (x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor =>
  drop('dropout1d', x, p, options, channelsOf('dropout1d', 1, x))
/** Whole channels of `[batch, channels, height, width]` (or without batch) are 0 with probability p. */
export const dropout2d = (x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor =>
  drop('dropout2d', x, p, options, channelsOf('dropout2d', 2, x))
/** Whole channels of `[batch, channels, depth, height, width]` (or without batch) are 0 with probability p. */
export const dropout3d = (x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor =>
  drop('dropout3d', x, p, options, channelsOf('dropout3d', 3, x))

/** Where selu goes far below 0: −scale · α. */
const seluFloor = -1.7580993408473766

function alphaDrop(op: string, x: Tensor, p: number, options: DropoutOptions, shape: readonly number[]): Tensor {
  checkProbability(op, p)
  checkOptions(op, options, { training: true })
  if (options.training === false || p === 0) return x
  if (p === 1) return x.mul(0)
  const gain = 1 / Math.sqrt((1 - p) * (1 + p * seluFloor ** 2))
  const shift = -gain * seluFloor * p
  return where(keeps(x, shape, p), x.mul(gain).add(shift), gain * seluFloor + shift)
}
/**
 * Elements are selu's lowest value with probability p, then all are scaled and shifted so that mean 0 and variance 1
 * stay; x itself unless `training`.
 */
export const alphaDropout = (x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor =>
  alphaDrop('alphaDropout', x, p, options, x.shape)
/** alphaDropout of whole channels of `[batch, channels, ...]`. */
export const featureAlphaDropout = (x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor =>
  alphaDrop('featureAlphaDropout', x, p, options, x.shape.map((d, i) => (i < 2 ? d : 1)))
