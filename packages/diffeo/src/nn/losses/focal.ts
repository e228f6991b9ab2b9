/** @file Lin et al., "Focal loss for dense object detection" (2017). */
import type { Tensor } from '../../tensor/index.ts'
import { DiffeoError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { Module } from '../module.ts'
import { binaryCrossEntropyWithLogits } from './binary.ts'
import { likeInput, reduced, reductionNames, type ReductionOptions } from './reduction.ts'

export interface FocalOptions extends ReductionOptions {
  /** The weight of positive targets, 1 − alpha that of negative ones; null leaves both 1. */
  alpha?: number | null
  /** How much less counts what is right: 0 is binary cross entropy. */
  gamma?: number
}
const names: Names<FocalOptions> = { ...reductionNames, alpha: true, gamma: true }

/**
 * −α_t·(1 − p_t)^γ·log p_t, where p_t is the probability σ(x) gives to the target: binary cross entropy of which the
 * easy examples count less.
 *
 * @param target - of the logits' shape, 0 or 1
 * @param options - `alpha` (0.25), `gamma` (2), `reduction` ('mean')
 * @example nn.focalLoss(logits, targets, { gamma: 1 })
 */
export function focalLoss(input: Tensor, target: Tensor, options: FocalOptions = {}): Tensor {
  checkOptions('focalLoss', options, names)
  const { alpha = 0.25, gamma = 2, reduction } = options
  if (!(gamma >= 0)) throw new DiffeoError(`focalLoss: gamma is ${gamma}, and must not be below 0`)
  const entropy = binaryCrossEntropyWithLogits(input, target, { reduction: 'none' })
  const y = likeInput(target, input)
  const other = y.neg().add(1)
  const wrong = input.neg().sigmoid().mul(y).add(input.sigmoid().mul(other))
  const loss = entropy.mul(wrong.pow(gamma))
  return reduced('focalLoss', alpha === null ? loss : loss.mul(y.mul(alpha).add(other.mul(1 - alpha))), reduction)
}

/**
 * −α_t·(1 − p_t)^γ·log p_t of logits.
 *
 * @remarks Shapes: input and target of one shape.
 * @param options - `alpha` (0.25), `gamma` (2), `reduction` ('mean')
 * @example
 * new nn.FocalLoss({ alpha: null }).forward(tensor([0]), tensor([1])) // 0.173
 */
export class FocalLoss extends Module<[input: Tensor, target: Tensor]> {
  readonly options: FocalOptions

  constructor(options: FocalOptions = {}) {
    super()
    checkOptions('FocalLoss', options, names)
    this.options = options
  }

  override forward(input: Tensor, target: Tensor): Tensor { return focalLoss(input, target, this.options) }
}
