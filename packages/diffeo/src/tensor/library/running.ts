/** @file What runs along an axis, and scatters that combine. */
import { DiffeoError, ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { concat, onesLike, stopGradient, where, zerosLike } from '../create.ts'
import type { Tensor } from '../tensor.ts'
import { scan } from '../transforms/scan.ts'
import { logaddexp } from './elementwise.ts'

/**
 * log Σ eˣ of all elements up to each, along the axis, without overflow: by doubling, log₂ n steps.
 *
 * @example await logcumsumexp(tensor([0, 0]), 0).array() // [0, 0.6931472]
 */
export function logcumsumexp(x: Tensor, axis: number): Tensor {
  const n = x.shape.at(axis)
  if (n === undefined) throw new ShapeError(`logcumsumexp: axis ${axis} is not there: the tensor has ${x.rank}`)
  let sum = x
  for (let step = 1; step < n; step *= 2) {
    const [first, rest] = sum.split([step, n - step], axis)
    const before = sum.split([n - step, step], axis)[0]
    sum = concat([first, logaddexp(rest, before)], axis)
  }
  return sum
}
export type Reduction = 'sum' | 'prod' | 'mean' | 'amax' | 'amin'

/**
 * x with the values of `source` combined into the positions that `index` names along the axis: index and source have
 * one shape, which reaches no farther than x but along the axis. With `includeSelf: false` x itself counts only where
 * nothing comes. The gradient of 'amax' and 'amin' is shared evenly among the greatest (least).
 *
 * @throws DiffeoError where there is no such reduction
 * @example
 * const x = scatterReduce(zeros([2]), 0, tensor([0, 0, 1], { dtype: 'int32' }), tensor([1, 2, 3]), 'sum')
 * await x.array() // [3, 3]
 */
export function scatterReduce(
  x: Tensor, axis: number, index: Tensor, source: Tensor, reduce: Reduction, options: { includeSelf?: boolean } = {},
): Tensor {
  checkOptions('scatterReduce', options, { includeSelf: true })
  if (!['sum', 'prod', 'mean', 'amax', 'amin'].includes(reduce))
    throw new DiffeoError(`scatterReduce: there is no '${String(reduce)}': use sum, prod, mean, amax or amin`)
  const self = options.includeSelf ?? true
  const hits = zerosLike(x).scatterAdd(axis, index, onesLike(source))
  const isHit = hits.gt(0)
  const start = (neutral: number): Tensor => (self ? x : where(isHit, neutral, x))
  if (reduce === 'sum') return start(0).scatterAdd(axis, index, source)
  if (reduce === 'mean') return start(0).scatterAdd(axis, index, source).div(self ? hits.add(1) : hits.maximum(1))
  if (reduce === 'prod') return inTurn(start(1), axis, index, source, (a, b) => a.mul(b))
  const isMax = reduce === 'amax'
  const neutral = isMax ? -Infinity : Infinity
  const best = stopGradient(
    inTurn(stopGradient(start(neutral)), axis, index, stopGradient(source), (a, b) =>
      isMax ? a.maximum(b) : a.minimum(b),
    ),
  )
  return meanOfBest(x, best, { axis, index, source, own: self ? null : isHit.not() })
}

/** One slice of the source after the other, along the axis. */
function inTurn(x: Tensor, axis: number, index: Tensor, source: Tensor, f: (a: Tensor, b: Tensor) => Tensor): Tensor {
  const slices = (t: Tensor): Tensor => t.moveAxis(axis, 0).unsqueeze(axis < 0 ? axis + t.rank + 1 : axis + 1)
  const turn = (x: Tensor, [at, value]: readonly Tensor[]): [Tensor, null] =>
    [x.scatter(axis, at, f(x.gather(axis, at), value)), null]
  return scan(turn, x, [slices(index), slices(source)])[0]
}

interface Candidates {
  readonly axis: number
  readonly index: Tensor
  readonly source: Tensor
  readonly own: Tensor | null
}
/** The mean of the elements that are the best of their place: that value, with its gradient shared among them. */
function meanOfBest(x: Tensor, best: Tensor, { axis, index, source, own }: Candidates): Tensor {
  const isBest = stopGradient(source.eq(best.gather(axis, index)).cast(x.dtype))
  const isOwn = stopGradient((own ? x.eq(best).and(own) : x.eq(best)).cast(x.dtype))
  const count = isOwn.scatterAdd(axis, index, isBest)
  const pick = (t: Tensor, chosen: Tensor): Tensor => where(chosen.gt(0), t, 0)
  const share = count.maximum(1)
  return pick(x, isOwn).div(share).scatterAdd(axis, index, pick(source, isBest).div(share.gather(axis, index)))
}
