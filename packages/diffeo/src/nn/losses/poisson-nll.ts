/** @file Negative log-likelihood of Poisson counts. */
import { where, type Tensor } from '../../tensor/index.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { Module } from '../module.ts'
import { checkPair, likeInput, reduced, reductionNames, type ReductionOptions } from './reduction.ts'

export interface PoissonNLLOptions extends ReductionOptions {
  /** Whether the input is the logarithm of the rate. */
  logInput?: boolean
  /** Whether to add log y! by Stirling, where y > 1. */
  full?: boolean
  /** Added to a rate before its logarithm is taken. */
  eps?: number
}
const names: Names<PoissonNLLOptions> = { ...reductionNames, logInput: true, full: true, eps: true }

/** y·log y − y + ½·log(2πy) above 1, else 0. */
function stirling(y: Tensor): Tensor {
  const safe = where(y.gt(1), y, 1)
  const log = safe.log()
  return where(y.gt(1), safe.mul(log).sub(safe).add(log.add(Math.log(2 * Math.PI)).mul(0.5)), 0)
}

/**
 * e^x − y·x of the rate's logarithm x, or x − y·log(x + eps) of the rate; constants are left out unless `full`.
 *
 * @param options - `logInput` (true), `full` (false), `eps` (1e-8), `reduction` ('mean')
 * @throws ShapeError unless both have one shape
 * @example nn.poissonNLLLoss(model.forward(x), counts)
 */
export function poissonNLLLoss(input: Tensor, target: Tensor, options: PoissonNLLOptions = {}): Tensor {
  checkOptions('poissonNLLLoss', options, names)
  const { logInput = true, full = false, eps = 1e-8, reduction } = options
  checkPair('poissonNLLLoss', input, target)
  const y = likeInput(target, input)
  const loss = logInput ? input.exp().sub(y.mul(input)) : input.sub(y.mul(input.add(eps).log()))
  return reduced('poissonNLLLoss', full ? loss.add(stirling(y)) : loss, reduction)
}

/**
 * e^x − y·x of the rate's logarithm x, or x − y·log(x + eps) of the rate.
 *
 * @remarks Shapes: input and target of one shape.
 * @param options - `logInput` (true), `full` (false), `eps` (1e-8), `reduction` ('mean')
 * @example
 * new nn.PoissonNLLLoss().forward(tensor([0]), tensor([3])) // 1
 */
export class PoissonNLLLoss extends Module<[input: Tensor, target: Tensor]> {
  readonly options: PoissonNLLOptions

  constructor(options: PoissonNLLOptions = {}) {
    super()
    checkOptions('PoissonNLLLoss', options, names)
    this.options = options
  }

  override forward(input: Tensor, target: Tensor): Tensor { return poissonNLLLoss(input, target, this.options) }
}
