/** @file BCEWithLogitsLoss. */
import type { Buffer, Parameter, Tensor } from '../../tensor/index.ts'
import { checkOptions } from '../../util/options.ts'
import { Module } from '../module.ts'
import type { Member } from '../tree.ts'
import { bceWithLogitsNames, binaryCrossEntropyWithLogits, type BCEWithLogitsOptions } from './binary.ts'
import { held } from './held.ts'

/**
 * Binary cross entropy of sigmoid(x), stable for logits x of any size.
 *
 * @remarks Shapes: input and target of one shape, the target in [0, 1].
 * @param options - `weight` (broadcasts), `posWeight` (of positive targets, broadcasts), `reduction` ('mean')
 * @example
 * new nn.BCEWithLogitsLoss().forward(tensor([0]), tensor([1])) // 0.693
 */
export class BCEWithLogitsLoss extends Module<[input: Tensor, target: Tensor]> {
  readonly options: Omit<BCEWithLogitsOptions, 'weight' | 'posWeight'>
  /** Part of the state, as in PyTorch. */
  readonly weight: Buffer | Parameter | null
  /** `pos_weight` in state dicts. */
  readonly posWeight: Buffer | Parameter | null

  constructor(options: BCEWithLogitsOptions = {}) {
    super()
    checkOptions('BCEWithLogitsLoss', options, bceWithLogitsNames)
    const { weight, posWeight, ...rest } = options
    this.options = rest
    this.weight = held('weight', weight)
    this.posWeight = held('pos_weight', posWeight)
  }

  /** @internal */
  override members(): Member[] {
    return [...super.members()].map(m => (m.name === 'posWeight' ? { ...m, name: 'pos_weight' } : m))
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, posWeight } = this
    return binaryCrossEntropyWithLogits(input, target, { ...this.options, weight, posWeight })
  }
}
