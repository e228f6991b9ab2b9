/**
 * @file Rows made orthogonal by plane rotations (Hestenes, "Inversion of matrices by biorthogonalization and related
 * results", 1958): what eigenvalues and singular values are found by. Half of the rows meet the other half at once, in
 * Brent and Luk's order ("The solution of singular-value and symmetric eigenvalue problems on multiprocessor arrays",
 * 1985), so that a turn is a few maps over the whole matrix.
 */
import { concat, scan, where, type Tensor } from '../tensor/index.ts'
import { identity } from './support.ts'

/** The tournament: every row meets every other once in `rows − 1` turns; the first stays in its place. */
function move(top: Tensor, bottom: Tensor): Tensor {
  const half = top.shape[0]
  if (half === 1) return concat([top, bottom])
  const [first, others, last] = top.split([1, half - 2, 1])
  const [met, rest] = bottom.split([1, half - 1])
  return concat([first, met, others, rest, last])
}

interface Rotation { readonly cos: Tensor; readonly sin: Tensor }

/** The rotation, of at most 45° (Rutishauser), that makes each row of `top` orthogonal to that of `bottom`. */
function rotation(top: Tensor, bottom: Tensor): Rotation {
  const sum = (x: Tensor): Tensor => x.sum(1, { keepdims: true })
  const [p, q, both] = [sum(top.square()), sum(bottom.square()), sum(top.mul(bottom))]
  const none = both.eq(0)
  const zeta = q.sub(p).div(where(none, 1, both).mul(2))
  const side = where(zeta.lt(0), -1, 1)
  const tan = where(none, 0, side.div(zeta.abs().add(zeta.square().add(1).sqrt())))
  const cos = tan.square().add(1).rsqrt()
  return { cos, sin: cos.mul(tan) }
}

const rotated = (x: Tensor, { cos, sin }: Rotation): Tensor => {
  const [top, bottom] = x.split(x.shape[0] / 2)
  return move(cos.mul(top).sub(sin.mul(bottom)), sin.mul(top).add(cos.mul(bottom)))
}

/**
 * How often every pair meets. Graded and clustered matrices of up to 256 rows want that many to reach the dtype's
 * precision; normal ones two thirds (docs/decisions/014).
 */
const sweepsFor = (rows: number, dtype: string): number =>
  Math.ceil((dtype === 'float64' ? 13 : 7) + Math.log2(rows) / 1.5)

/** V·W for the V [n, n], orthogonal, that makes its rows orthogonal; W is [n, m]. Rows come in no order. */
export function orthogonalRows(w: Tensor): Tensor {
  return swept(w, [])[0]
}

/** That V itself. */
export function orthogonalizer(w: Tensor): Tensor {
  return polished(swept(w, [identity(w.shape[0], w)])[1])
}

/** The rounding of so many rotations is taken back by a step of Newton and Schulz: V + ½(I − VVᵀ)V. */
export const polished = (v: Tensor): Tensor =>
  v.add(identity(v.shape[0], v).sub(v.matmul(v.T)).matmul(v).mul(0.5))

function rotationOf(x: Tensor): Rotation {
  const [top, bottom] = x.split(x.shape[0] / 2)
  return rotation(top, bottom)
}

/** The rows of w, and of what goes along with it, after all sweeps. */
function swept(w: Tensor, along: readonly Tensor[]): Tensor[] {
  const n = w.shape[0]
  const even = n + (n % 2)
  const start = [w, ...along].map(t => t.pad([[0, even - n], [0, 0]]))
  const turn = (all: Tensor[]): readonly [Tensor[], null] => {
    const angle = rotationOf(all[0])
    return [all.map(t => rotated(t, angle)), null]
  }
  const [last] = scan(turn, start, null, { length: sweepsFor(even, w.dtype) * (even - 1) })
  // after whole sweeps every row is in its place again: a row of zeros, which is turned by none, is the last
  return last.map(t => t.split([n, even - n])[0])
}
