/** @file Milletari et al., "V-Net" (2016), with the sums of Dice (1945). */
import type { Tensor } from '../../tensor/index.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { Module } from '../module.ts'
import { checkPair, likeInput, reduced, reductionNames, shapeText, type ReductionOptions } from './reduction.ts'

export interface DiceOptions extends ReductionOptions {
  /** Added above and below, so that what is empty in both is no loss. */
  smooth?: number
}
const names: Names<DiceOptions> = { ...reductionNames, smooth: true }

/**
 * 1 − (2Σxy + smooth)/(Σx + Σy + smooth) over the places of each example and class.
 *
 * @param input - probabilities `[N, C, d1…]`
 * @param target - of the input's shape, 0 or 1
 * @param options - `smooth` (1), `reduction` ('mean' over examples and classes; 'none' is `[N, C]`)
 * @throws ShapeError for shapes that differ or have no places
 * @example nn.diceLoss(logits.sigmoid(), mask)
 */
export function diceLoss(input: Tensor, target: Tensor, options: DiceOptions = {}): Tensor {
  checkOptions('diceLoss', options, names)
  const { smooth = 1, reduction } = options
  checkPair('diceLoss', input, target)
  if (input.rank < 3) {
    throw new ShapeError(
      `diceLoss: the input is ${shapeText(input)}: expected [batch, classes, ...places]: for one class write unsqueeze(1)`,
    )
  }
  const y = likeInput(target, input)
  const places = (x: Tensor): Tensor => x.flatten(2).sum(2)
  const both = places(input.mul(y)).mul(2).add(smooth)
  return reduced('diceLoss', both.div(places(input).add(places(y)).add(smooth)).neg().add(1), reduction)
}

/**
 * 1 − (2Σxy + smooth)/(Σx + Σy + smooth) over the places of each example and class.
 *
 * @remarks Shapes: input and target `[N, C, d1…]`.
 * @param options - `smooth` (1), `reduction` ('mean')
 * @example
 * new nn.DiceLoss().forward(tensor([[[1, 0]]]), tensor([[[0, 1]]])) // 0.667
 */
export class DiceLoss extends Module<[input: Tensor, target: Tensor]> {
  readonly options: DiceOptions

  constructor(options: DiceOptions = {}) {
    super()
    checkOptions('DiceLoss', options, names)
    this.options = options
  }

  override forward(input: Tensor, target: Tensor): Tensor { return diceLoss(input, target, this.options) }
}
