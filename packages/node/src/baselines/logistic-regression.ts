/** @file Logistic regression over sparse rows. */
import { DataError } from 'diffeo'
import { sparseDot, type SparseRow } from './sparse.ts'

export interface LogisticRegressionOptions {
  /** Columns of the rows. */
  readonly size: number
  /** How much the loss of the rows counts beside ½|w|², scikit-learn's C; 1. */
  readonly c?: number
  /** Ends where no sum over the rows' gradients is greater, as a share of the first; 1e-4. */
  readonly tolerance?: number
}

/**
 * Minimizes ½|w|² + c·Σ log(1 + exp(−y·(w·x + b))), y = ±1, by a Newton method with conjugate gradients (Lin, Weng &
 * Keerthi, "Trust region Newton method for logistic regression", 2008), the objective of scikit-learn's
 * LogisticRegression; b is not held small.
 * @example
 * const model = new baselines.LogisticRegression(rows, labels, { size: tfidf.size, c: 10 })
 * model.score(row) > 0   // of class 1
 */
export class LogisticRegression {
  /** The last one is b. */
  readonly #weights: Float64Array

  /** @throws DataError where `c` is not above 0, or there is no row */
  constructor(rows: readonly SparseRow[], labels: ArrayLike<number>, options: LogisticRegressionOptions) {
    const { size, c = 1, tolerance = 1e-4 } = options
    if (!(c > 0)) throw new DataError(`LogisticRegression: c is ${c}: expected a number above 0`)
    if (rows.length === 0) throw new DataError('LogisticRegression: there is no row')
    this.#weights = new Float64Array(size + 1)
    const signs = Float64Array.from(rows, (_, i) => (labels[i] > 0 ? 1 : -1))
    let now = this.#look(rows, signs, c, this.#weights)
    const first = norm(now.gradient)
    for (let i = 0; i < 100 && norm(now.gradient) > tolerance * first; i++) {
      const step = newtonStep(rows, now, c)
      // half the step, until the loss falls as the slope promises (Armijo)
      const slope = dot(step, now.gradient)
      for (let t = 1; ; t /= 2) {
        const tried = this.#weights.map((w, k) => w + t * step[k])
        const found = this.#look(rows, signs, c, tried)
        if (found.loss > now.loss + 1e-4 * t * slope && t > 1e-10) continue
        this.#weights.set(tried)
        now = found
        break
      }
    }
  }

  /** The log-odds of class 1. */
  score(row: SparseRow): number { return sparseDot(row, this.#weights) + this.#weights.at(-1)! }

  #look(rows: readonly SparseRow[], signs: Float64Array, c: number, weights: Float64Array): Point {
    const last = weights.length - 1
    const gradient = weights.slice()
    gradient[last] = 0
    const curvature = new Float64Array(rows.length)
    let loss = dot(weights, weights) / 2 - weights[last] ** 2 / 2
    rows.forEach((row, i) => {
      const margin = signs[i] * (sparseDot(row, weights) + weights[last])
      loss += c * (Math.log1p(Math.exp(-Math.abs(margin))) + Math.max(0, -margin))
      const wrong = 1 / (1 + Math.exp(margin))
      curvature[i] = wrong * (1 - wrong)
      addRow(gradient, row, -c * signs[i] * wrong)
    })
    return { loss, gradient, curvature }
  }
}

interface Point { readonly loss: number; readonly gradient: Float64Array; readonly curvature: Float64Array }

/** d with H·d = −g, H = I + c·Xᵀ·D·X, by conjugate gradients to a tenth of |g|. */
function newtonStep(rows: readonly SparseRow[], { gradient, curvature }: Point, c: number): Float64Array {
  const last = gradient.length - 1
  const step = new Float64Array(gradient.length)
  const rest = gradient.map(g => -g)
  let direction = rest.slice()
  let size = dot(rest, rest)
  const enough = 0.01 * size
  for (let i = 0; i < 200 && size > enough; i++) {
    const product = direction.slice()
    product[last] = 0
    rows.forEach((row, r) => addRow(product, row, c * curvature[r] * (sparseDot(row, direction) + direction[last])))
    const t = size / dot(direction, product)
    for (let k = 0; k < step.length; k++) {
      step[k] += t * direction[k]
      rest[k] -= t * product[k]
    }
    const next = dot(rest, rest)
    direction = direction.map((d, k) => rest[k] + (next / size) * d)
    size = next
  }
  return step
}

function addRow(sum: Float64Array, { ids, values }: SparseRow, factor: number): void {
  for (let i = 0; i < ids.length; i++) sum[ids[i]] += factor * values[i]
  sum[sum.length - 1] += factor
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}
const norm = (a: Float64Array): number => Math.sqrt(dot(a, a))
