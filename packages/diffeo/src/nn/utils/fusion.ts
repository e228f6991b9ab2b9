/** @file Batch normalization put into the layer before it, for evaluation. */
import { zeros, type Tensor } from '../../tensor/index.ts'
import { DataError } from '../../util/errors.ts'
import type { Conv } from '../layers/conv/conv.ts'
import { ConvTranspose } from '../layers/conv/conv-transpose.ts'
import { Linear } from '../layers/linear/linear.ts'
import type { BatchNorm } from '../layers/norm/batch-norm.ts'

/** The numbers of a batch normalization in evaluation: weight and bias null are 1 and 0. */
export interface Normalizing {
  readonly runningMean: Tensor | null
  readonly runningVar: Tensor | null
  readonly eps: number
  readonly weight: Tensor | null
  readonly bias: Tensor | null
}

function fused(op: string, weight: Tensor, bias: Tensor | null, bn: Normalizing, axis: number): [Tensor, Tensor] {
  const { runningMean: mean, runningVar: variance } = bn
  if (!mean || !variance) throw new DataError(`${op}: the batch normalization keeps no running statistics`)
  const unit = variance.add(bn.eps).rsqrt()
  const scale = bn.weight ? bn.weight.mul(unit) : unit
  const shift = (bias ?? zeros(mean.shape, mean)).sub(mean).mul(scale)
  const along = scale.reshape(weight.shape.map((_, i) => (i === axis ? scale.size : 1)))
  return [weight.mul(along), bn.bias ? shift.add(bn.bias) : shift]
}

/** Weight and bias of the convolution that does what this one and the normalization behind it do. */
export const fuseConvBnWeights = (
  weight: Tensor, bias: Tensor | null, bn: Normalizing, options: { transpose?: boolean } = {},
): [Tensor, Tensor] => fused('fuseConvBnWeights', weight, bias, bn, options.transpose ? 1 : 0)
/** Weight and bias of the linear map that does what this one and the normalization behind it do. */
export const fuseLinearBnWeights = (weight: Tensor, bias: Tensor | null, bn: Normalizing): [Tensor, Tensor] =>
  fused('fuseLinearBnWeights', weight, bias, bn, 0)

/** @throws DataError unless both are in evaluation mode */
function checkEval(op: string, ...modules: readonly { readonly training: boolean }[]): void {
  if (modules.some(m => m.training)) throw new DataError(`${op}: call eval() first: in training statistics still move`)
}

type AnyConv = Conv | ConvTranspose
type Make = new (inChannels: number, outChannels: number, kernelSize: readonly number[], options: object) => AnyConv

/** A convolution of the same kind, with a bias. */
function like(conv: AnyConv): AnyConv {
  const [first, second, ...kernel] = conv.weight.shape
  const { dtype, device } = conv.weight
  const Kind = conv.constructor as Make
  if (conv instanceof ConvTranspose) {
    const { groups } = conv.attributes
    return new Kind(first, second * groups, kernel, { ...conv.attributes, dtype, device })
  }
  const { stride, padding, dilation, groups, paddingMode } = conv
  return new Kind(second * groups, first, kernel, { stride, padding, dilation, groups, paddingMode, dtype, device })
}

/**
 * One convolution that does what a convolution and the batch normalization behind it do, in evaluation.
 * @throws DataError in training mode, or where there are no running statistics
 * @example
 * const [conv, bn] = [new nn.Conv2d(3, 8, 3).eval(), new nn.BatchNorm2d(8).eval()]
 * const both = nn.utils.fuseConvBnEval(conv, bn)
 */
export function fuseConvBnEval<C extends AnyConv>(conv: C, bn: BatchNorm): C {
  checkEval('fuseConvBnEval', conv, bn)
  const transpose = conv instanceof ConvTranspose
  const groups = transpose ? conv.attributes.groups : 1
  if (groups > 1) throw new DataError('fuseConvBnEval: transposed convolutions in groups cannot be fused')
  const [weight, bias] = fuseConvBnWeights(conv.weight, conv.bias, bn, { transpose })
  const result = like(conv)
  result.weight.assign(weight.detach())
  result.bias!.assign(bias.detach())
  return result.eval() as C
}

/** One linear map that does what a linear map and the batch normalization behind it do, in evaluation. */
export function fuseLinearBnEval(linear: Linear, bn: BatchNorm): Linear {
  checkEval('fuseLinearBnEval', linear, bn)
  const [weight, bias] = fuseLinearBnWeights(linear.weight, linear.bias, bn)
  const [out, inputs] = linear.weight.shape
  const result = new Linear(inputs, out, { dtype: weight.dtype, device: weight.device })
  result.weight.assign(weight.detach())
  result.bias!.assign(bias.detach())
  return result.eval()
}
