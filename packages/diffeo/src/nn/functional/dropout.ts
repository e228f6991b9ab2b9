/** @file Dropout. */
import { rand, where, type Tensor } from '../../tensor/index.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'

/** @throws ShapeError unless p is a probability */
export function checkProbability(op: string, p: number): number {
  if (!(p >= 0 && p <= 1)) throw new ShapeError(`${op}: p is ${String(p)}: expected a probability, from 0 to 1`)
  return p
}

/** 0 with probability p, else x/(1 − p); x itself unless `training`. */
export function dropout(x: Tensor, p = 0.5, options: { training?: boolean } = {}): Tensor {
  checkProbability('dropout', p)
  checkOptions('dropout', options, { training: true })
  if (options.training === false || p === 0) return x
  if (p === 1) return x.mul(0)
  const kept = rand(x.shape, { device: x.device }).ge(p)
  return where(kept, x.mul(1 / (1 - p)), 0)
}
