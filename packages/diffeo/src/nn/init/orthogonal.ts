/** @file Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks" (2013). */
import { arange, randn, scan, where, zerosLike, type Tensor } from '../../tensor/index.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { fill, madeNames, type Filled, type Made, type Target } from './fill.ts'
import { shapeOf } from './shape.ts'

export interface OrthogonalOptions extends Made { gain?: number }

/**
 * The rows of a `[n, m]`, n ≤ m, made orthonormal by Gram and Schmidt. Twice is enough for full precision (Giraud et
 * al., 2005); the diagonal of the triangular factor is positive, so that normal rows give uniform directions.
 */
function orthonormal(a: Tensor): Tensor {
  const [n] = a.shape
  const rows = arange(n, { dtype: 'int32', device: a.device })
  const turn = (q: Tensor, [row, i]: readonly [Tensor, Tensor]): [Tensor, null] => {
    const off = (v: Tensor): Tensor => v.sub(q.matmul(v).matmul(q))
    const v = off(off(row))
    return [where(rows.eq(i).unsqueeze(1), v.div(v.norm()), q), null]
  }
  return scan(turn, zerosLike(a), [a, rows] as const)[0]
}

/**
 * A matrix with orthonormal rows, or columns where there are more rows, times `gain`. Weights of more than 2 axes are
 * matrices `[out, the rest]`.
 *
 * @throws ShapeError below 2 axes
 * @example nn.init.orthogonal(layer.weight, { gain: nn.init.calculateGain('relu') })
 */
export function orthogonal<T extends Target>(target: T, options: OrthogonalOptions = {}): Filled<T> {
  checkOptions('init.orthogonal', options, { gain: true, ...madeNames })
  const { gain = 1, ...made } = options
  const [out, ...rest] = shapeOf(target)
  if (rest.length === 0)
    throw new ShapeError(`init.orthogonal: the shape is [${shapeOf(target).join(',')}]: expected 2 axes or more`)
  const width = rest.reduce((a, b) => a * b, 1)
  return fill(target, made, (shape, { dtype, device }) => {
    // half precision does not orthogonalize
    const wide = dtype === 'float64' ? dtype : 'float32'
    const q = orthonormal(randn([Math.min(out, width), Math.max(out, width)], { dtype: wide, device }))
    return (out > width ? q.T : q).reshape(...shape).mul(gain).cast(dtype)
  })
}
