/** @file How far boxes overlap: functions of tensors, with gradients. Boxes are left, top, right, bottom. */
import { stopGradient, where, type Tensor } from '../tensor/index.ts'
import { checkTensor } from '../tensor/internal.ts'
import { isFloat } from '../graph/dtype.ts'
import { DTypeError, ShapeError } from '../util/errors.ts'

// torchvision's, below quotients that may be of nothing
const eps = 1e-7

interface Pairs {
  /** Left, top, right and bottom: `[n, 1]` and `[1, m]`. */
  readonly a: readonly Tensor[]
  readonly b: readonly Tensor[]
  readonly iou: Tensor
  readonly union: Tensor
  /** Width and height of the least box around both. */
  readonly hull: readonly [Tensor, Tensor]
}

function checkBoxes(op: string, what: string, x: unknown, beside?: Tensor): asserts x is Tensor {
  checkTensor(op, what, x, beside)
  if (x.rank !== 2 || x.shape[1] !== 4)
    throw new ShapeError(`${op}: the ${what} are [${x.shape.join(',')}]: expected [n, 4], left, top, right, bottom`)
  if (!isFloat(x.dtype)) throw new DTypeError(`${op}: the ${what} are ${x.dtype}: write cast('float32')`)
}

/** a/b, and 0 where b is 0: empty boxes have nothing in common. */
const share = (a: Tensor, b: Tensor): Tensor => where(b.eq(0), 0, a.div(where(b.eq(0), 1, b)))

function pairsOf(op: string, first: Tensor, second: Tensor): Pairs {
  checkBoxes(op, 'first boxes', first)
  checkBoxes(op, 'second boxes', second, first)
  const a = first.split([1, 1, 1, 1], 1)
  const b = second.T.split([1, 1, 1, 1], 0)
  const width = (from: number, inside: boolean): Tensor => {
    const [start, end] = inside
      ? [a[from].maximum(b[from]), a[from + 2].minimum(b[from + 2])]
      : [a[from].minimum(b[from]), a[from + 2].maximum(b[from + 2])]
    return end.sub(start).relu()
  }
  const area = ([left, top, right, bottom]: readonly Tensor[]): Tensor => right.sub(left).mul(bottom.sub(top))
  const both = width(0, true).mul(width(1, true))
  const union = area(a).add(area(b)).sub(both)
  return { a, b, union, iou: share(both, union), hull: [width(0, false), width(1, false)] }
}

/**
 * The intersection over the union of each box of `a` with each of `b`: `[n, m]`. 0 for two empty boxes.
 * @param a - `[n, 4]`: left, top, right, bottom
 * @param b - `[m, 4]`
 * @throws ShapeError, DTypeError unless both are boxes
 * @example metrics.boxIoU(tensor([[0, 0, 2, 2]]), tensor([[1, 0, 3, 2], [0, 0, 2, 2]])) // [[0.333, 1]]
 */
export function boxIoU(a: Tensor, b: Tensor): Tensor { return pairsOf('boxIoU', a, b).iou }

/**
 * IoU − (|C| − |A ∪ B|)/|C| with C, the least box around both: below 0 for boxes that are apart, and with a gradient
 * there. Rezatofighi et al., "Generalized intersection over union" (2019).
 * @param a - `[n, 4]`: left, top, right, bottom
 * @param b - `[m, 4]`
 * @example metrics.generalizedBoxIoU(tensor([[0, 0, 1, 1]]), tensor([[2, 0, 3, 1]])) // [[-0.333]]
 */
export function generalizedBoxIoU(a: Tensor, b: Tensor): Tensor {
  const { iou, union, hull: [width, height] } = pairsOf('generalizedBoxIoU', a, b)
  const around = width.mul(height)
  return iou.sub(share(around.sub(union), around))
}

function distanceOf({ a, b, iou, hull: [width, height] }: Pairs): Tensor {
  const apart = (from: number): Tensor => a[from].add(a[from + 2]).sub(b[from].add(b[from + 2])).div(2).square()
  return iou.sub(apart(0).add(apart(1)).div(width.square().add(height.square()).add(eps)))
}

/**
 * IoU − d²/c² with d, the distance of the centres, and c, the diagonal of the least box around both. Zheng et al.,
 * "Distance-IoU loss" (2020).
 * @param a - `[n, 4]`: left, top, right, bottom
 * @param b - `[m, 4]`
 * @example metrics.distanceBoxIoU(tensor([[0, 0, 1, 1]]), tensor([[2, 0, 3, 1]])) // [[-0.4]]
 */
export function distanceBoxIoU(a: Tensor, b: Tensor): Tensor { return distanceOf(pairsOf('distanceBoxIoU', a, b)) }

/**
 * `distanceBoxIoU` − αv with v = 4/π²·(atan(w/h) − atan(w′/h′))², how much the shapes differ, and α = v/(1 − IoU + v),
 * without gradient. Zheng et al., "Distance-IoU loss" (2020).
 * @param a - `[n, 4]`: left, top, right, bottom
 * @param b - `[m, 4]`
 * @example metrics.completeBoxIoU(tensor([[0, 0, 1, 1]]), tensor([[0, 0, 1, 1]])) // [[1]]
 */
export function completeBoxIoU(a: Tensor, b: Tensor): Tensor {
  const pairs = pairsOf('completeBoxIoU', a, b)
  const angle = ([left, top, right, bottom]: readonly Tensor[]): Tensor => right.sub(left).div(bottom.sub(top)).atan()
  const v = angle(pairs.a).sub(angle(pairs.b)).square().mul(4 / Math.PI ** 2)
  const alpha = stopGradient(v.div(v.sub(pairs.iou).add(1 + eps)))
  return distanceOf(pairs).sub(alpha.mul(v))
}
