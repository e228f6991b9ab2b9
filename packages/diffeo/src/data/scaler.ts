/** @file Scalers: features brought to one range, by what was fitted to the training data. */
import { isFloat } from '../graph/dtype.ts'
import { nanmean, nanquantile, where, type Tensor } from '../tensor/index.ts'
import { checkTensor } from '../tensor/internal.ts'
import { DataError, ShapeError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'

abstract class Scaler {
  #shift: Tensor | null = null
  #scale: Tensor | null = null

  /** @internal What is taken away from each feature, and what divides the rest; NaN of x is left out. */
  protected abstract measure(x: Tensor): { shift: Tensor; scale: Tensor }

  /** Takes the measures of `[examples, ...features]`; missing values, NaN, do not count. */
  fit(x: Tensor): this {
    checkTensor(`${this.constructor.name}.fit`, 'input', x)
    if (x.rank < 1 || x.shape[0] === 0)
      throw new DataError(`${this.constructor.name}.fit: there are no examples in [${x.shape.join(',')}]`)
    const { shift, scale } = this.measure(isFloat(x.dtype) ? x : x.cast('float32'))
    this.#shift = shift.detach()
    // a feature that never changes is only moved
    this.#scale = where(scale.eq(0), 1, scale).detach()
    void this.#shift.realize()
    void this.#scale.realize()
    return this
  }

  #fitted(x: Tensor, op: string): { shift: Tensor; scale: Tensor } {
    checkTensor(`${this.constructor.name}.${op}`, 'input', x)
    const [shift, scale] = [this.#shift, this.#scale]
    if (!shift || !scale)
      throw new DataError(
        `${this.constructor.name}.${op}: nothing was fitted: call fit(x) with the training data first`,
      )
    if (x.shape.slice(1).join() !== shift.shape.join()) {
      throw new ShapeError(
        `${this.constructor.name}.${op}: the input is [${x.shape.join(',')}], fitted were features of shape [${shift.shape.join(',')}]`,
      )
    }
    return { shift, scale }
  }

  transform(x: Tensor): Tensor {
    const { shift, scale } = this.#fitted(x, 'transform')
    return x.sub(shift).div(scale)
  }
  fitTransform(x: Tensor): Tensor { return this.fit(x).transform(x) }
  /** The opposite of `transform`. */
  inverseTransform(x: Tensor): Tensor {
    const { shift, scale } = this.#fitted(x, 'inverseTransform')
    return x.mul(scale).add(shift)
  }

  /** What was fitted, to be saved with the model. */
  stateDict(): Record<string, Tensor> {
    if (!this.#shift || !this.#scale) throw new DataError(`${this.constructor.name}.stateDict: nothing was fitted`)
    return { shift: this.#shift, scale: this.#scale }
  }
  loadStateDict({ shift, scale }: Readonly<Record<string, Tensor>>): void {
    if (!shift || !scale)
      throw new DataError(`${this.constructor.name}.loadStateDict: the state has no shift and scale`)
    this.#shift = shift
    this.#scale = scale
  }
}

/**
 * (x − mean)/deviation of each feature. Missing values, NaN, count in neither, and stay NaN.
 * @example const scaler = new data.StandardScaler().fit(xTrain); scaler.transform(xTest)
 */
export class StandardScaler extends Scaler {
  protected override measure(x: Tensor): { shift: Tensor; scale: Tensor } {
    const shift = nanmean(x, 0)
    return { shift, scale: nanmean(x.sub(shift).square(), 0).sqrt() }
  }
}

/** Each feature from its least and greatest value to a range, [0, 1] unless it is given. */
export class MinMaxScaler extends Scaler {
  readonly range: readonly [number, number]

  constructor(options: { range?: readonly [number, number] } = {}) {
    super()
    checkOptions('MinMaxScaler', options, { range: true })
    const { range = [0, 1] } = options
    if (!(range[0] < range[1]))
      throw new DataError(`MinMaxScaler: the range is [${range.join(', ')}]: expected two numbers, the less first`)
    this.range = range
  }

  protected override measure(x: Tensor): { shift: Tensor; scale: Tensor } {
    const [low, high] = this.range
    const least = where(x.isNaN(), Infinity, x).amin(0)
    const width = where(x.isNaN(), -Infinity, x).amax(0).sub(least)
    // (x − least)/width · (high − low) + low = (x − shift)/scale
    const scale = where(width.eq(0), 1, width).div(high - low)
    return { shift: low === 0 ? least : least.sub(scale.mul(low)), scale }
  }
}

/**
 * (x − median)/range of each feature, the range being that between two quantiles: outliers hardly move either.
 * @example new data.RobustScaler().fit(xTrain).transform(xTest)
 */
export class RobustScaler extends Scaler {
  readonly quantileRange: readonly [number, number]

  constructor(options: { quantileRange?: readonly [number, number] } = {}) {
    super()
    checkOptions('RobustScaler', options, { quantileRange: true })
    const { quantileRange = [0.25, 0.75] } = options
    if (!(quantileRange[0] >= 0 && quantileRange[0] < quantileRange[1] && quantileRange[1] <= 1))
      throw new DataError(
        `RobustScaler: quantileRange is [${quantileRange.join(', ')}]: expected two shares, the less first`,
      )
    this.quantileRange = quantileRange
  }

  protected override measure(x: Tensor): { shift: Tensor; scale: Tensor } {
    const [low, high] = this.quantileRange
    const [least, shift, greatest] = [low, 0.5, high].map(q => nanquantile(x, q, 0))
    return { shift, scale: greatest.sub(least) }
  }
}

/** x / max |x| of each feature: zeros stay zeros. */
export class MaxAbsScaler extends Scaler {
  protected override measure(x: Tensor): { shift: Tensor; scale: Tensor } {
    const scale = where(x.isNaN(), 0, x.abs()).amax(0)
    return { shift: scale.mul(0), scale }
  }
}
