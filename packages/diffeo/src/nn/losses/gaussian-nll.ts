/** @file Negative log-likelihood of normal values: Nix & Weigend (1994). */
import { stopGradient, type Tensor } from '../../tensor/index.ts'
import { checkTensor } from '../../tensor/internal.ts'
import { DiffeoError, ShapeError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { Module } from '../module.ts'
import { whereAll } from './range.ts'
import { checkPair, likeInput, reduced, reductionNames, shapeText, type ReductionOptions } from './reduction.ts'

export interface GaussianNLLOptions extends ReductionOptions {
  /** Whether to add ½·log 2π. */
  full?: boolean
  /** The least variance. */
  eps?: number
}
const names: Names<GaussianNLLOptions> = { ...reductionNames, full: true, eps: true }

/** The variance with axes as the input's: of its shape, of size 1 on the last axis, or without that. */
function varianceFor(input: Tensor, variance: Tensor): Tensor {
  checkTensor('gaussianNLLLoss', 'variance', variance, input)
  const rows = input.shape.slice(0, -1).join()
  const shape = variance.shape.join()
  const one = input.rank > 0 && variance.shape.at(-1) === 1 && variance.shape.slice(0, -1).join() === rows
  if (shape === input.shape.join() || (one && variance.rank === input.rank)) return variance
  if (input.rank > 0 && variance.rank === input.rank - 1 && shape === rows) return variance.unsqueeze(-1)
  throw new ShapeError(
    `gaussianNLLLoss: the input is ${shapeText(input)}, the variance ${shapeText(variance)}: expected ` +
      `${shapeText(input)}, with 1 in place of the last axis, or without it`,
  )
}

/**
 * ½(log v + (x − y)²/v) of predictions x with variance v, from eps up; the gradient of v passes where it is less.
 *
 * @param variance - of the input's shape; or one for the last axis, of size 1 or left out. Below 0 it is a DataError
 * when the program runs
 * @param options - `full` (false), `eps` (1e-6), `reduction` ('mean')
 * @example nn.gaussianNLLLoss(mean, y, logVariance.exp())
 */
export function gaussianNLLLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor,
  options: GaussianNLLOptions = {},
): Tensor {
  checkOptions('gaussianNLLLoss', options, names)
  const { full = false, eps = 1e-6, reduction } = options
  if (!(eps > 0)) throw new DiffeoError(`gaussianNLLLoss: eps is ${eps}, and must be above 0`)
  checkPair('gaussianNLLLoss', input, target)
  const given = varianceFor(input, variance)
  const v = whereAll(given, given.ge(0), 'gaussianNllLoss: a variance is below 0').add(
    stopGradient(given.clamp(eps).sub(given)),
  )
  const loss = v
    .log()
    .add(input.sub(likeInput(target, input)).square().div(v))
    .mul(0.5)
  return reduced('gaussianNLLLoss', full ? loss.add(Math.log(2 * Math.PI) / 2) : loss, reduction)
}

/**
 * ½(log v + (x − y)²/v) of predictions x with variance v, from eps up.
 *
 * @remarks Shapes: input and target of one shape, the variance too, or with a last axis of size 1 or without it.
 * @param options - `full` (false), `eps` (1e-6), `reduction` ('mean')
 * @example
 * new nn.GaussianNLLLoss().forward(tensor([1]), tensor([3]), tensor([1])) // 2
 */
export class GaussianNLLLoss extends Module<[input: Tensor, target: Tensor, variance: Tensor]> {
  readonly options: GaussianNLLOptions

  constructor(options: GaussianNLLOptions = {}) {
    super()
    checkOptions('GaussianNLLLoss', options, names)
    this.options = options
  }

  override forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    return gaussianNLLLoss(input, target, variance, this.options)
  }
}
