/** @file Powers and the exponential of square matrices. */
import { scan, where, type Tensor } from '../tensor/index.ts'
import { ShapeError } from '../util/errors.ts'
import { inverse } from './solve.ts'
import { checkSquare, identity, overBatch, range } from './support.ts'

/**
 * Aⁿ of `[..., n, n]`, by squaring: I for 0, powers of A⁻¹ below.
 *
 * @throws ShapeError where A is not square or n is no whole number
 * @example await linalg.matrixPower(tensor([[1, 1], [0, 1]]), 5).array() // [[1, 5], [0, 1]]
 */
export function matrixPower(A: Tensor, n: number): Tensor {
  checkSquare('matrixPower', A)
  if (!Number.isInteger(n)) throw new ShapeError(`linalg.matrixPower: the power is ${n}, and must be a whole number`)
  return overBatch('matrixPower', a => {
    let square = n < 0 ? inverse(a) : a
    let out = n === 0 ? identity(a.shape[0], a) : null
    for (let rest = Math.abs(n); rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) out = out ? out.matmul(square) : square
      if (rest > 1) square = square.matmul(square)
    }
    return out!
  }, [A])
}

/** Σ Xᵏ/k! up to the 18th power, by 5 products (Paterson and Stockmeyer's scheme in powers of X³, then of (X³)²…). */
function taylor(x: Tensor): Tensor {
  const n = x.shape[0]
  const factorial = (k: number): number => (k < 2 ? 1 : k * factorial(k - 1))
  const x2 = x.matmul(x)
  const x3 = x2.matmul(x)
  const powers = [identity(n, x), x, x2]
  const group = (i: number): Tensor =>
    powers.map((p, k) => p.mul(1 / factorial(3 * i + k))).reduce((sum, p) => sum.add(p))
  let sum = group(5).add(x3.mul(1 / factorial(18)))
  for (let i = 4; i >= 0; i--) sum = sum.matmul(x3).add(group(i))
  return sum
}

/** A is halved until its norm is at most 1, which 24 times do up to 10⁷. */
const halvings = 24

/**
 * e^A of `[..., n, n]`: A is scaled by a power of 2 to a norm of at most 1, the exponential's series to the 18th power
 * (to float64's precision there) is taken, and squared as often (Moler and Van Loan, "Nineteen dubious ways to compute
 * the exponential of a matrix", 2003, method 3).
 *
 * @throws ShapeError where A is not square
 * @example await linalg.matrixExp(tensor([[0, 1], [0, 0]])).array() // [[1, 1], [0, 1]]
 */
export function matrixExp(A: Tensor): Tensor {
  checkSquare('matrixExp', A)
  return overBatch('matrixExp', a => {
    if (a.size === 0) return a
    const size = a.abs().sum(0).max().detach()
    const turns = size.maximum(1).log2().ceil().clamp(0, halvings)
    const scaled = a.mul(turns.neg().exp2())
    const square = (x: Tensor, i: Tensor): readonly [Tensor, null] =>
      [where(i.cast(x.dtype).lt(turns), x.matmul(x), x), null]
    return scan(square, taylor(scaled), range(halvings, a))[0]
  }, [A])
}
