/** @file Activations as functions; each is the Tensor method of the same name. */
import type { Tensor } from '../../tensor/index.ts'
import { checkOptions } from '../../util/options.ts'

/** max(x, 0), with gradient 0 at 0. */
export const relu = (x: Tensor): Tensor => x.relu()
/** x where x > 0, else slope · x. */
export const leakyRelu = (x: Tensor, negativeSlope = 0.01): Tensor => x.leakyRelu(negativeSlope)
/** x where x > 0, else α(eˣ − 1). */
export function elu(x: Tensor, options: { alpha?: number } = {}): Tensor {
  checkOptions('elu', options, { alpha: true })
  return x.elu(options.alpha)
}
/** x·Φ(x). */
export const gelu = (x: Tensor, options: { approximate?: 'none' | 'tanh' } = {}): Tensor => x.gelu(options)
/** x · sigmoid(x). */
export const silu = (x: Tensor): Tensor => x.silu()
/** 1/(1 + e⁻ˣ). */
export const sigmoid = (x: Tensor): Tensor => x.sigmoid()
export const logSigmoid = (x: Tensor): Tensor => x.logSigmoid()
export const tanh = (x: Tensor): Tensor => x.tanh()
/** log(1 + e^(βx))/β. */
export const softplus = (x: Tensor, options: { beta?: number; threshold?: number } = {}): Tensor => x.softplus(options)
/** eˣ/Σeˣ along the axis. */
export const softmax = (x: Tensor, axis: number): Tensor => x.softmax(axis)
export const logSoftmax = (x: Tensor, axis: number): Tensor => x.logSoftmax(axis)
