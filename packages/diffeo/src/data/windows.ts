/** @file Windows over series: what was, and what comes next. */
import { Tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
import { checkOptions, whatIs } from '../util/options.ts'
import { checkIndex, type Dataset } from './dataset.ts'
import { checkNdArray, isNdArray, type NdArray } from './ndarray.ts'

export interface WindowOptions {
  /** Steps that are seen. */
  size: number
  /** Steps that follow, to be foretold; 1. */
  horizon?: number
  /** Steps from one window to the next; 1. */
  stride?: number
  /** Steps left out between the two; 0. */
  gap?: number
  /** The features to be foretold, by their numbers; all. */
  targets?: readonly number[]
}

/**
 * Windows of a series `[steps]` or `[steps, features]`, a tensor or an array with its shape: `[input [size, features],
 * target [horizon, targets]]`. Split the series by time before windows are made of it, so that none reaches from one
 * part into the other.
 * @example new data.WindowDataset({ data: temperatures, shape: [8760] }, { size: 24, horizon: 6 })
 */
export class WindowDataset implements Dataset<[NdArray<Float32Array>, NdArray<Float32Array>]> {
  readonly length: number
  readonly #series: Float32Array
  readonly #features: number
  readonly #targets: readonly number[]
  readonly #options: Required<Omit<WindowOptions, 'targets'>>

  constructor(given: NdArray | Tensor, options: WindowOptions) {
    if (!(given instanceof Tensor) && !isNdArray(given))
      throw new DataError(`WindowDataset: the series is ${whatIs(given)}: expected a tensor, or { data, shape }`)
    const series: NdArray = given instanceof Tensor ? { data: given.dataSync(), shape: given.shape } : given
    checkOptions('WindowDataset', options, { size: true, horizon: true, stride: true, gap: true, targets: true })
    checkNdArray('WindowDataset', series)
    const { size, horizon = 1, stride = 1, gap = 0 } = options
    const { shape } = series
    if (shape.length < 1 || shape.length > 2)
      throw new DataError(`WindowDataset: the series is [${shape.join(',')}]: expected [steps] or [steps, features]`)
    for (const [name, n, least] of [
      ['size', size, 1],
      ['horizon', horizon, 1],
      ['stride', stride, 1],
      ['gap', gap, 0],
    ] as const)
      if (!Number.isInteger(n) || n < least)
        throw new DataError(`WindowDataset: ${name} is ${n}: expected a whole number from ${least} up`)
    const [steps, features = 1] = shape
    if (steps < size + gap + horizon)
      throw new DataError(
        `WindowDataset: ${steps} steps are fewer than a window of ${size}, a gap of ${gap} and ${horizon} that follow`,
      )
    const { targets = Array.from({ length: features }, (_, k) => k) } = options
    const wrong = targets.find(k => !Number.isInteger(k) || k < 0 || k >= features)
    if (wrong !== undefined || targets.length === 0)
      throw new DataError(`WindowDataset: the targets are ${targets.join(', ')}: there are ${features} features`)
    this.#series = series.data instanceof Float32Array ? series.data : Float32Array.from(series.data)
    this.#features = features
    this.#targets = targets
    this.#options = { size, horizon, stride, gap }
    this.length = 1 + Math.floor((steps - size - gap - horizon) / stride)
  }

  get(index: number): [NdArray<Float32Array>, NdArray<Float32Array>] {
    const { size, horizon, stride, gap } = this.#options
    const features = this.#features
    const start = checkIndex(index, this.length) * stride
    const next = start + size + gap
    const targets = this.#targets
    return [
      { data: this.#series.subarray(start * features, (start + size) * features), shape: [size, features] },
      {
        data: Float32Array.from({ length: horizon * targets.length }, (_, i) =>
          this.#series[(next + Math.floor(i / targets.length)) * features + targets[i % targets.length]]),
        shape: [horizon, targets.length],
      },
    ]
  }
}
