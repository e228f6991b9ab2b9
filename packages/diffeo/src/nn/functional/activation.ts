/** @file Activations as functions; most are the Tensor method of the same name. */
import { rand, where, type Tensor } from '../../tensor/index.ts'
import { ShapeError } from '../../util/errors.ts'
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
/** e⁻ˣ/Σe⁻ˣ along the axis. */
export const softmin = (x: Tensor, axis: number): Tensor => x.neg().softmax(axis)

/** x where x > 0, else α(e^(x/α) − 1). */
export function celu(x: Tensor, options: { alpha?: number } = {}): Tensor {
  checkOptions('celu', options, { alpha: true })
  return x.celu(options.alpha)
}
/** scale · (x where x > 0, else α(eˣ − 1)), with the constants of self-normalizing networks. */
export const selu = (x: Tensor): Tensor => x.selu()
/** x · tanh(softplus(x)). */
export const mish = (x: Tensor): Tensor => x.mish()
/** Between 0 and 6. */
export const relu6 = (x: Tensor): Tensor => x.relu6()
/** Between the two, with gradient 0 at and beyond them. */
export function hardtanh(x: Tensor, options: { minVal?: number; maxVal?: number } = {}): Tensor {
  checkOptions('hardtanh', options, { minVal: true, maxVal: true })
  return x.hardtanh({ min: options.minVal, max: options.maxVal })
}
/** x/6 + 1/2 between 0 and 1. */
export const hardsigmoid = (x: Tensor): Tensor => x.hardsigmoid()
/** x · hardsigmoid(x). */
export const hardswish = (x: Tensor): Tensor => x.hardswish()
/** x/(1 + |x|). */
export const softsign = (x: Tensor): Tensor => x.softsign()
/** x − tanh(x). */
export const tanhshrink = (x: Tensor): Tensor => x.sub(x.tanh())
/** x where |x| > λ, else 0. */
export const hardshrink = (x: Tensor, lambda = 0.5): Tensor => where(x.abs().le(lambda), 0, x)
/** x − λ where x > λ, x + λ where x < −λ, else 0. */
export const softshrink = (x: Tensor, lambda = 0.5): Tensor =>
  where(x.gt(lambda), x.sub(lambda), where(x.lt(-lambda), x.add(lambda), x.mul(0)))
/** x where x > threshold, else the value. */
export const threshold = (x: Tensor, limit: number, value: number): Tensor => where(x.le(limit), value, x)

/** a · sigmoid(b) of the halves a and b of an axis. @throws ShapeError where its size is odd */
export function glu(x: Tensor, axis = -1): Tensor {
  const size = x.shape[axis < 0 ? axis + x.rank : axis]
  if (size === undefined || size % 2 !== 0)
    throw new ShapeError(`glu: axis ${axis} of [${x.shape.join(',')}] cannot be halved: it must be there and even`)
  const [a, b] = x.split(size / 2, axis)
  return a.mul(b.sigmoid())
}

/** x where x > 0, else slope · x, with one slope for all, or one a channel (axis 1). */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  const channels = x.rank < 2 ? 1 : x.shape[1]
  if (weight.size !== 1 && weight.size !== channels) {
    throw new ShapeError(
      `prelu: ${weight.size} slopes for the ${channels} channels of [${x.shape.join(',')}]: give 1 or ${channels}`,
    )
  }
  const slope = weight.size === 1 ? weight.reshape([]) : weight.reshape([weight.size, ...x.shape.slice(2).map(() => 1)])
  return where(x.gt(0), x, x.mul(slope))
}

export interface RReluOptions { lower?: number; upper?: number; training?: boolean }
/**
 * x where x > 0, else slope · x: in training each element's slope is from U(lower, upper), otherwise it is their mean.
 */
export function rrelu(x: Tensor, options: RReluOptions = {}): Tensor {
  checkOptions('rrelu', options, { lower: true, upper: true, training: true })
  const { lower = 1 / 8, upper = 1 / 3, training = false } = options
  if (!(lower <= upper)) throw new ShapeError(`rrelu: lower ${lower} is above upper ${upper}`)
  if (!training) return x.leakyRelu((lower + upper) / 2)
  const slope = rand(x.shape, { device: x.device }).mul(upper - lower).add(lower).cast(x.dtype)
  return where(x.gt(0), x, x.mul(slope))
}
