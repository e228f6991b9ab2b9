/** @file Metrics of numbers against numbers. */
import { tensor, type Tensor } from '../tensor/index.ts'
import { isFloat } from '../graph/dtype.ts'
import { DataError } from '../util/errors.ts'
import { meanOf, Sums, type Metric, type MetricState } from './metric.ts'
import { Moments, sameShape, type PairMoments } from './moments.ts'

const float = (x: Tensor): Tensor => (isFloat(x.dtype) ? x : x.cast('float32'))

/** A mean over all elements of what one pair gives. */
abstract class MeanError implements Metric {
  abstract readonly name: string
  readonly #sums: Sums
  readonly #of: string
  constructor(of: string) {
    this.#of = of
    this.#sums = new Sums(of)
  }
  /** Elementwise. @internal */
  protected abstract error(output: Tensor, target: Tensor): Tensor

  update(output: Tensor, target: Tensor): void {
    sameShape(this.#of, output, target)
    const error = this.error(float(output.detach()), float(target.detach()))
    this.#sums.add({ error: error.sum(), n: tensor(error.size, { dtype: 'int32', device: error.device }) })
  }
  async compute(): Promise<number> {
    const { error, n } = await this.#sums.values()
    return meanOf(this.#of, error[0], n[0])
  }
  reset(): void { this.#sums.reset() }
  stateDict(): MetricState { return this.#sums.stateDict() }
  loadStateDict(state: MetricState): void { this.#sums.loadStateDict(state) }
}

/** Mean absolute error, mean |y − ŷ|, of outputs and targets of one shape. @example new metrics.MAE() */
export class MAE extends MeanError {
  readonly name = 'mae'
  readonly higherIsBetter = false
  constructor() { super('MAE') }
  protected override error(output: Tensor, target: Tensor): Tensor { return output.sub(target).abs() }
}

/** Mean squared error, mean (y − ŷ)², of outputs and targets of one shape. @example new metrics.MSE() */
export class MSE extends MeanError {
  readonly name: string = 'mse'
  readonly higherIsBetter: boolean = false
  constructor(of = 'MSE') { super(of) }
  protected override error(output: Tensor, target: Tensor): Tensor { return output.sub(target).square() }
}

/** The root of the mean squared error over all elements, in the unit of the targets. @example new metrics.RMSE() */
export class RMSE extends MSE {
  override readonly name = 'rmse'
  constructor() { super('RMSE') }
  override async compute(): Promise<number> { return Math.sqrt(await super.compute()) }
}

/**
 * Mean absolute percentage error, as a part of 1: mean |y − ŷ|/max(|y|, ε), ε = 2⁻⁵², so that targets of 0 make it
 * huge, as in scikit-learn's `mean_absolute_percentage_error`.
 * @example new metrics.MAPE()
 */
export class MAPE extends MeanError {
  readonly name = 'mape'
  readonly higherIsBetter = false
  constructor() { super('MAPE') }
  protected override error(output: Tensor, target: Tensor): Tensor {
    return output.sub(target).abs().div(target.abs().clamp(Number.EPSILON))
  }
}

/**
 * Symmetric mean absolute percentage error: mean 2·|y − ŷ|/(|y| + |ŷ|), from 0 to 2; 0 where both are 0.
 * @example new metrics.SMAPE()
 */
export class SMAPE extends MeanError {
  readonly name = 'smape'
  readonly higherIsBetter = false
  constructor() { super('SMAPE') }
  protected override error(output: Tensor, target: Tensor): Tensor {
    // below the least normal number both are 0
    return output.sub(target).abs().mul(2).div(output.abs().add(target.abs()).clamp(1.2e-38))
  }
}

abstract class FromMoments implements Metric {
  abstract readonly name: string
  readonly #moments: Moments
  readonly #of: string
  constructor(of: string) {
    this.#of = of
    this.#moments = new Moments(of)
  }
  /** What stands in the place of x beside the target. @internal */
  protected abstract beside(output: Tensor, target: Tensor): Tensor
  /** @internal */
  protected abstract value(moments: PairMoments): number

  update(output: Tensor, target: Tensor): void {
    sameShape(this.#of, output, target)
    const y = float(target.detach())
    this.#moments.add(this.beside(float(output.detach()), y), y)
  }
  async compute(): Promise<number> {
    const moments = await this.#moments.values()
    if (moments.yy === 0) throw new DataError(`${this.#of}: all targets are the same: there is nothing to explain`)
    return this.value(moments)
  }
  reset(): void { this.#moments.reset() }
  stateDict(): MetricState { return this.#moments.stateDict() }
  loadStateDict(state: MetricState): void { this.#moments.loadStateDict(state) }
}

/**
 * 1 − Σ(y − ŷ)²/Σ(y − ȳ)², over all elements: 1 is perfect, 0 no better than the mean. @throws DataError from compute
 * where all targets are the same
 * @example new metrics.R2()
 */
export class R2 extends FromMoments {
  readonly name = 'r2'
  readonly higherIsBetter = true
  constructor() { super('R2') }
  protected override beside(output: Tensor, target: Tensor): Tensor { return output.sub(target) }
  protected override value({ n, x, xx, yy }: PairMoments): number { return 1 - (xx + n * x * x) / yy }
}

/**
 * 1 − Var(y − ŷ)/Var(y), over all elements: R² but for the mean error, which it forgives. @throws DataError from
 * compute where all targets are the same
 * @example new metrics.ExplainedVariance()
 */
export class ExplainedVariance extends FromMoments {
  readonly name = 'explainedVariance'
  readonly higherIsBetter = true
  constructor() { super('ExplainedVariance') }
  protected override beside(output: Tensor, target: Tensor): Tensor { return output.sub(target) }
  protected override value({ xx, yy }: PairMoments): number { return 1 - xx / yy }
}

/**
 * Pearson's r = Σ(x − x̄)(y − ȳ)/√(Σ(x − x̄)²·Σ(y − ȳ)²), over all elements. @throws DataError from compute where all
 * targets or all outputs are the same
 * @example new metrics.Pearson()
 */
export class Pearson extends FromMoments {
  readonly name = 'pearson'
  readonly higherIsBetter = true
  constructor() { super('Pearson') }
  protected override beside(output: Tensor): Tensor { return output }
  protected override value({ xx, yy, xy }: PairMoments): number {
    if (xx === 0) throw new DataError('Pearson: all outputs are the same: there is nothing to correlate')
    return xy / Math.sqrt(xx * yy)
  }
}
