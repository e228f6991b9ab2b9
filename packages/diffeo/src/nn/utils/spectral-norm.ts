/** @file Weights over their greatest singular value. Miyato et al., "Spectral normalization" (2018). */
import { Buffer, randn, stopGradient, type Tensor } from '../../tensor/index.ts'
import { assignAll } from '../../tensor/internal.ts'
import { checkOptions } from '../../util/options.ts'
import { normalize } from '../functional/distance.ts'
import { Module, type AnyModule } from '../module.ts'
import { positive } from '../sizes.ts'
import { ConvTranspose } from '../layers/conv/conv-transpose.ts'
import { placeOf } from './computed.ts'
import { registerParametrization } from './parametrize.ts'

export interface SpectralNormOptions {
  /** Power iterations a forward pass in training (1). */
  nPowerIterations?: number
  /** The least length that is divided by (1e-12). */
  eps?: number
  /** Of the outputs (0; 1 of transposed convolutions). */
  axis?: number | null
}

class SpectralNorm extends Module<[weight: Tensor]> {
  readonly axis: number
  readonly steps: number
  readonly eps: number
  /** The singular vectors so far; a vector has none. */
  readonly _u: Buffer | null
  readonly _v: Buffer | null

  constructor(weight: Tensor, axis: number, steps: number, eps: number) {
    super()
    this.axis = axis
    this.steps = steps
    this.eps = eps
    if (weight.rank < 2) {
      this._u = null
      this._v = null
      return
    }
    const [rows, columns] = this.matrix(weight).shape
    const made = { dtype: weight.dtype, device: weight.device }
    const start = [rows, columns].map(n => normalize(randn([n], made), { axis: 0, eps }))
    const [u, v] = this.iterated(this.matrix(weight), [start[0], start[1]], 15)
    this._u = new Buffer(u, { name: 'SpectralNorm._u' })
    this._v = new Buffer(v, { name: 'SpectralNorm._v' })
  }

  private matrix(weight: Tensor): Tensor {
    return weight.transpose(0, this.axis).reshape([weight.shape[this.axis], -1])
  }

  private iterated(w: Tensor, [u, v]: readonly [Tensor, Tensor], steps: number): [Tensor, Tensor] {
    const unit = (x: Tensor): Tensor => normalize(x, { axis: 0, eps: this.eps })
    for (let i = 0; i < steps; i++) {
      u = unit(w.matmul(v))
      v = unit(w.T.matmul(u))
    }
    return [u, v]
  }

  update(weight: Tensor): void {
    const { _u: u, _v: v } = this
    // inside functionalCall they may be plain tensors, which keep their value
    if (!(u instanceof Buffer) || !(v instanceof Buffer)) return
    const [nextU, nextV] = this.iterated(stopGradient(this.matrix(weight)), [u, v], this.steps)
    assignAll([[u, nextU], [v, nextV]])
  }
  override forward(weight: Tensor): Tensor {
    const { _u: u, _v: v } = this
    if (!u || !v) return normalize(weight, { axis: 0, eps: this.eps })
    const sigma = stopGradient(u).mul(this.matrix(weight).matmul(stopGradient(v))).sum()
    return weight.div(sigma)
  }
}

/**
 * The parameter becomes W/σ(W), σ the greatest singular value of it as a matrix, found by power iteration: one step a
 * forward pass in training. `parametrizations.weight.original`, `parametrizations.weight.0._u` and `_v` in state dicts.
 *
 * @param module - a layer
 * @param name - of its parameter ('weight')
 * @param options - `nPowerIterations` (1), `eps` (1e-12), `axis` (0; 1 of transposed convolutions)
 * @example
 * const layer = nn.utils.parametrizations.spectralNorm(new nn.Linear(20, 40))
 */
export function spectralNorm<M extends AnyModule>(module: M, name = 'weight', options: SpectralNormOptions = {}): M {
  checkOptions('spectralNorm', options, { nPowerIterations: true, eps: true, axis: true })
  const { nPowerIterations = 1, eps = 1e-12 } = options
  const place = placeOf('spectralNorm', module, name)
  const axis = options.axis ?? (module instanceof ConvTranspose ? 1 : 0)
  const steps = positive('spectralNorm: nPowerIterations', nPowerIterations)
  const own = axis < 0 ? axis + place.leaf.rank : axis
  const part = new SpectralNorm(place.leaf.detach(), own, steps, eps)
  return registerParametrization(module, place.name, part)
}
