/** @file Whether two vectors point the same way. */
import { where, type Tensor } from '../../tensor/index.ts'
import { checkTensor } from '../../tensor/internal.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'
import { Module } from '../module.ts'
import { checkPair, reduced, reductionNames, shapeText, type ReductionOptions } from './reduction.ts'

export interface CosineEmbeddingOptions extends ReductionOptions { margin?: number }
const names: Names<CosineEmbeddingOptions> = { ...reductionNames, margin: true }

// what PyTorch adds to squared lengths, as a float
const least = Math.fround(1e-12)

/**
 * 1 − cos(a, b) where the target is 1, max(0, cos(a, b) − margin) where it is −1.
 *
 * @param input1 - `[N, D]` or `[D]`, as `input2`
 * @param target - 1 or −1, `[N]` or `[]`
 * @param options - `margin` (0), `reduction` ('mean')
 * @throws ShapeError where the shapes are others
 * @example nn.cosineEmbeddingLoss(a, b, alike, { margin: 0.5 })
 */
export function cosineEmbeddingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options: CosineEmbeddingOptions = {},
): Tensor {
  checkOptions('cosineEmbeddingLoss', options, names)
  const { margin = 0, reduction } = options
  checkPair('cosineEmbeddingLoss', input1, input2, 'input1', 'input2')
  checkTensor('cosineEmbeddingLoss', 'target', target, input1)
  const rows = input1.shape.slice(0, -1)
  if ((input1.rank !== 1 && input1.rank !== 2) || target.shape.join() !== rows.join()) {
    throw new ShapeError(
      `cosineEmbeddingLoss: the inputs are ${shapeText(input1)}, the target ${shapeText(target)}: ` +
        'expected [batch, size] and [batch], or [size] and []',
    )
  }
  const square = (x: Tensor): Tensor => x.square().sum(-1).add(least)
  const cos = input1.mul(input2).sum(-1).div(square(input1).mul(square(input2)).sqrt())
  const alike = where(target.eq(1), cos.neg().add(1), 0)
  const apart = where(target.eq(-1), cos.sub(margin).relu(), 0)
  return reduced('cosineEmbeddingLoss', alike.add(apart), reduction)
}

/**
 * 1 − cos(a, b) where the target is 1, max(0, cos(a, b) − margin) where it is −1.
 *
 * @remarks Shapes: inputs `[N, D]` and target `[N]`, or `[D]` and `[]`.
 * @param options - `margin` (0), `reduction` ('mean')
 * @example
 * new nn.CosineEmbeddingLoss().forward(tensor([[1, 0]]), tensor([[0, 1]]), tensor([1])) // 1
 */
export class CosineEmbeddingLoss extends Module<[input1: Tensor, input2: Tensor, target: Tensor]> {
  readonly options: CosineEmbeddingOptions

  constructor(options: CosineEmbeddingOptions = {}) {
    super()
    checkOptions('CosineEmbeddingLoss', options, names)
    this.options = options
  }

  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return cosineEmbeddingLoss(input1, input2, target, this.options)
  }
}
