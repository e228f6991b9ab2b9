/** @file Metrics of numbers against numbers. */
import { stack, tensor, type Tensor } from '../tensor/index.ts'
import { DataError, ShapeError } from '../util/errors.ts'
import { Sums, type Metric } from './metric.ts'

function difference(name: string, output: Tensor, target: Tensor): Tensor {
  if (output.rank !== target.rank || output.shape.some((d, i) => d !== target.shape[i])) {
    const fix = output.size === target.size ? `: write target.reshape(${output.shape.join(', ')})` : ''
    throw new ShapeError(
      `${name}: the output is [${output.shape.join(',')}], the target [${target.shape.join(',')}]: they must have one shape${fix}`,
    )
  }
  return output.detach().sub(target)
}
const count = ({ size, device }: Tensor): Tensor => tensor(size, { dtype: 'int32', device })

/** Mean absolute error. */
export class MAE implements Metric {
  readonly name = 'mae'
  readonly #sums = new Sums('MAE')
  update(output: Tensor, target: Tensor): void {
    const d = difference('MAE', output, target)
    this.#sums.add({ error: d.abs().sum(), n: count(d) })
  }
  async compute(): Promise<number> {
    const { error, n } = await this.#sums.values()
    return error[0] / n[0]
  }
  reset(): void { this.#sums.reset() }
}

/** Mean squared error. */
export class MSE implements Metric {
  readonly name = 'mse'
  readonly #sums = new Sums('MSE')
  update(output: Tensor, target: Tensor): void {
    const d = difference('MSE', output, target)
    this.#sums.add({ error: d.square().sum(), n: count(d) })
  }
  async compute(): Promise<number> {
    const { error, n } = await this.#sums.values()
    return error[0] / n[0]
  }
  reset(): void { this.#sums.reset() }
}

/** 1 − Σ(y − ŷ)²/Σ(y − ȳ)², over all elements: 1 is perfect, 0 no better than the mean. */
export class R2 implements Metric {
  readonly name = 'r2'
  /** Of each batch: Σ(y − ŷ)², ȳ and Σ(y − ȳ)². */
  #batches: { readonly n: number; readonly sums: Tensor }[] = []

  update(output: Tensor, target: Tensor): void {
    const error = difference('R2', output, target).square().sum()
    const mean = target.mean()
    const sums = stack([error, mean, target.sub(mean).square().sum()]).detach()
    this.#batches.push({ n: target.size, sums })
    // now, lest the graph of the model be kept
    void sums.realize()
  }
  /** Batches' spreads combine by Chan's formula, so that nothing cancels. */
  async compute(): Promise<number> {
    if (this.#batches.length === 0)
      throw new DataError('R2.compute: there was no batch since the last reset: call update(output, target) first')
    let [n, mean, spread, residual] = [0, 0, 0, 0]
    for (const batch of this.#batches) {
      const [error, m, own] = await batch.sums.data()
      const total = n + batch.n
      spread += own + ((m - mean) ** 2 * n * batch.n) / total
      mean += ((m - mean) * batch.n) / total
      residual += error
      n = total
    }
    if (spread === 0) throw new DataError('R2: all targets are the same: there is nothing to explain')
    return 1 - residual / spread
  }
  reset(): void { this.#batches = [] }
}
