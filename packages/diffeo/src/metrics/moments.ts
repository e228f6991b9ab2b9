/** @file Means, spreads and the covariance of pairs, over batches. */
import { stack, type Tensor } from '../tensor/index.ts'
import { DataError, ShapeError } from '../util/errors.ts'
import type { MetricState } from './metric.ts'

/** @throws ShapeError unless both have one shape */
export function sameShape(name: string, output: Tensor, target: Tensor): void {
  if (output.rank === target.rank && output.shape.every((d, i) => d === target.shape[i])) return
  const fix = output.size === target.size ? `: write target.reshape(${output.shape.join(', ')})` : ''
  throw new ShapeError(
    `${name}: the output is [${output.shape.join(',')}], the target [${target.shape.join(',')}]: they must have one shape${fix}`,
  )
}

/** Of n pairs: means, Σ(x − x̄)², Σ(y − ȳ)² and Σ(x − x̄)(y − ȳ). */
export interface PairMoments {
  readonly n: number; readonly x: number; readonly y: number
  readonly xx: number; readonly yy: number; readonly xy: number
}

/** Each batch's own moments, which combine by Chan's formula, so that nothing cancels. */
export class Moments {
  readonly #of: string
  #batches: { readonly n: number; readonly sums: Tensor }[] = []
  constructor(of: string) { this.#of = of }

  add(x: Tensor, y: Tensor): void {
    // a batch of nothing has no mean
    if (x.size === 0) return
    const [mx, my] = [x.mean(), y.mean()]
    const [dx, dy] = [x.sub(mx), y.sub(my)]
    const sums = stack([mx, my, dx.square().sum(), dy.square().sum(), dx.mul(dy).sum()]).detach()
    this.#batches.push({ n: x.size, sums })
    // now, lest the graph of the model be kept
    void sums.realize()
  }
  async values(): Promise<PairMoments> {
    if (this.#batches.length === 0) {
      throw new DataError(
        `${this.#of}.compute: there was no batch since the last reset: call update(output, target) first`,
      )
    }
    let [n, x, y, xx, yy, xy] = [0, 0, 0, 0, 0, 0]
    for (const batch of this.#batches) {
      const [ownX, ownY, ownXX, ownYY, ownXY] = await batch.sums.data()
      const total = n + batch.n
      const [dx, dy, weight] = [ownX - x, ownY - y, (n * batch.n) / total]
      xx += ownXX + dx * dx * weight
      yy += ownYY + dy * dy * weight
      xy += ownXY + dx * dy * weight
      x += (dx * batch.n) / total
      y += (dy * batch.n) / total
      n = total
    }
    return { n, x, y, xx, yy, xy }
  }
  reset(): void { this.#batches = [] }
  stateDict(): MetricState { return { batches: this.#batches } }
  loadStateDict({ batches }: MetricState): void { this.#batches = [...batches] }
}
