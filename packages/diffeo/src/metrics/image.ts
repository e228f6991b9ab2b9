/** @file How alike images are: PSNR and SSIM. */
import { tensor, type Tensor } from '../tensor/index.ts'
import { isFloat } from '../graph/dtype.ts'
import { DataError, ShapeError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { text } from './classes.ts'
import { meanOf, Sums, type Metric, type MetricState } from './metric.ts'
import { MSE } from './regression.ts'

export interface ImageOptions {
  /** The greatest value that a pixel can have less the least: 1 unless it is said, 255 for bytes. */
  dataRange?: number
}
function range(of: string, options: ImageOptions): number {
  const { dataRange = 1 } = options
  if (!(dataRange > 0)) throw new DataError(`${of}: dataRange is ${dataRange}: it must be above 0`)
  return dataRange
}

/**
 * Peak signal to noise, in decibels: 10·log₁₀(range²/mean (y − ŷ)²), of images of one shape, the mean over all batches;
 * Infinity where they are the same.
 * @example const psnr = new metrics.PSNR({ dataRange: 255 })
 */
export class PSNR extends MSE {
  override readonly name = 'psnr'
  override readonly higherIsBetter = true
  readonly #range: number
  constructor(options: ImageOptions = {}) {
    checkOptions('PSNR', options, { dataRange: true })
    super('PSNR')
    this.#range = range('PSNR', options)
  }
  override async compute(): Promise<number> { return 10 * Math.log10(this.#range ** 2 / await super.compute()) }
}

export interface SSIMOptions extends ImageOptions {
  /** The side of the Gaussian window, odd: 11 unless it is said. */
  window?: number
  /** Its standard deviation: 1.5 unless it is said. */
  sigma?: number
}

/**
 * Structural similarity of images `[N, C, H, W]`: the mean over images, channels and all places where the window fits,
 * of (2μₓμ_y + c₁)(2σ_xy + c₂)/((μₓ² + μ_y² + c₁)(σₓ² + σ_y² + c₂)), c₁ = (0.01·range)², c₂ = (0.03·range)², with
 * moments under a Gaussian window (Wang et al. 2004). 1 is the same image.
 * @example const ssim = new metrics.SSIM(); ssim.update(images, reconstructed)
 */
export class SSIM implements Metric {
  readonly name = 'ssim'
  readonly higherIsBetter = true
  readonly #range: number
  readonly #weights: readonly number[]
  readonly #sums = new Sums('SSIM')

  constructor(options: SSIMOptions = {}) {
    checkOptions('SSIM', options, { dataRange: true, window: true, sigma: true })
    this.#range = range('SSIM', options)
    const { window = 11, sigma = 1.5 } = options
    if (!Number.isInteger(window) || window < 1 || window % 2 === 0)
      throw new DataError(`SSIM: window is ${window}: it must be an odd whole number`)
    if (!(sigma > 0)) throw new DataError(`SSIM: sigma is ${sigma}: it must be above 0`)
    const bell = Array.from({ length: window }, (_, i) => Math.exp(-((i - (window - 1) / 2) ** 2) / (2 * sigma ** 2)))
    const whole = bell.reduce((s, b) => s + b, 0)
    this.#weights = bell.map(b => b / whole)
  }

  update(output: Tensor, target: Tensor): void {
    const fits = output.rank === 4 && target.rank === 4 && output.shape.every((d, i) => d === target.shape[i])
    if (!fits) {
      throw new ShapeError(
        `SSIM: the output is ${text(output)}, the target ${text(target)}: both are [batch, channels, height, width]`,
      )
    }
    const [n, , height, width] = output.shape
    const side = this.#weights.length
    if (height < side || width < side)
      throw new ShapeError(`SSIM: images of ${height}×${width} are smaller than the window, ${side}: give it another`)
    const dtype = isFloat(output.dtype) ? output.dtype : 'float32'
    const similar = this.#map(output.detach().cast(dtype), target.detach().cast(dtype))
    // an image weighs as much as any other
    const each = similar.reshape([n, similar.size / Math.max(n, 1)]).mean(1)
    this.#sums.add({ similar: each.sum(), n: tensor(n, { dtype: 'int32', device: each.device }) })
  }

  #map(x: Tensor, y: Tensor): Tensor {
    const [down, across] = [band(x.shape[2], this.#weights, x), band(x.shape[3], this.#weights, x).transpose(0, 1)]
    const blur = (image: Tensor): Tensor => down.matmul(image).matmul(across)
    const [mx, my] = [blur(x), blur(y)]
    const [xx, yy, xy] = [mx.square(), my.square(), mx.mul(my)]
    const [c1, c2] = [(0.01 * this.#range) ** 2, (0.03 * this.#range) ** 2]
    const covariance = blur(x.mul(y)).sub(xy)
    const spread = blur(x.square()).sub(xx).add(blur(y.square()).sub(yy))
    const above = xy.mul(2).add(c1).mul(covariance.mul(2).add(c2))
    return above.div(xx.add(yy).add(c1).mul(spread.add(c2)))
  }
  async compute(): Promise<number> {
    const { similar, n } = await this.#sums.values()
    return meanOf('SSIM', similar[0], n[0])
  }
  reset(): void { this.#sums.reset() }
  stateDict(): MetricState { return this.#sums.stateDict() }
  loadStateDict(state: MetricState): void { this.#sums.loadStateDict(state) }
}

/** `[size − window + 1, size]`: row i has the weights from column i on, so that the product is the blurred axis. */
function band(size: number, weights: readonly number[], { dtype, device }: Tensor): Tensor {
  const count = size - weights.length + 1
  const values = new Float64Array(count * size)
  for (let i = 0; i < count; i++) values.set(weights, i * size + i)
  return tensor(values, { shape: [count, size], dtype, device })
}
