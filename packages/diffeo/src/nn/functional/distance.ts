/** @file How alike or far apart vectors are, and vectors of length 1. */
import { stopGradient, tensor, type Tensor } from '../../tensor/index.ts'
import { checkTensor, inFloat32, isHalf, wide } from '../../tensor/internal.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions, type Names } from '../../util/options.ts'

export interface CosineSimilarityOptions {
  /** Along which the vectors lie (1). */
  axis?: number
  /** The least length that is divided by (1e-8). */
  eps?: number
}
export const cosineNames: Names<CosineSimilarityOptions> = { axis: true, eps: true }

/**
 * a·b/(max(‖a‖, ε) · max(‖b‖, ε)) along an axis of two tensors that broadcast; the axis goes.
 * @example
 * nn.cosineSimilarity(tensor([[3, 4]]), tensor([[4, 3]])) // [0.96]
 */
export function cosineSimilarity(a: Tensor, b: Tensor, options: CosineSimilarityOptions = {}): Tensor {
  checkOptions('cosineSimilarity', options, cosineNames)
  const { axis = 1, eps = 1e-8 } = options
  checkTensor('cosineSimilarity', 'first input', a)
  checkTensor('cosineSimilarity', 'second input', b, a)
  // as in PyTorch the bound is no part of the gradient: below it the length still has its own
  const unit = (x: Tensor): Tensor => {
    const w = wide(x)
    const length = w.norm(axis, { keepdims: true })
    return w.div(length.add(stopGradient(length.clamp({ min: eps }).sub(length))))
  }
  const product = unit(a).mul(unit(b)).sum(axis)
  return isHalf(a.dtype) && b.dtype === a.dtype ? product.cast(a.dtype) : product
}

export interface PairwiseDistanceOptions {
  /** The norm (2). */
  p?: number
  /** Added to each difference (1e-6). */
  eps?: number
  keepdims?: boolean
}
export const pairwiseNames: Names<PairwiseDistanceOptions> = { p: true, eps: true, keepdims: true }

/**
 * ‖a − b + ε‖_p over the last axis of two tensors that broadcast.
 * @example
 * nn.pairwiseDistance(tensor([[0, 0]]), tensor([[3, 4]])) // [5]
 */
export function pairwiseDistance(a: Tensor, b: Tensor, options: PairwiseDistanceOptions = {}): Tensor {
  checkOptions('pairwiseDistance', options, pairwiseNames)
  const { p = 2, eps = 1e-6, keepdims } = options
  checkTensor('pairwiseDistance', 'first input', a)
  checkTensor('pairwiseDistance', 'second input', b, a)
  return inFloat32(a.sub(b), d => d.add(eps).norm(-1, { p, keepdims }))
}

/**
 * ‖xᵢ − xⱼ‖_p of all rows i < j of `[n, size]`, in the order (0, 1), (0, 2), …: `[n·(n − 1)/2]`.
 * @example
 * nn.pdist(tensor([[0], [1], [3]])) // [1, 3, 2]
 */
export function pdist(x: Tensor, p = 2): Tensor {
  checkTensor('pdist', 'input', x)
  if (x.rank !== 2) throw new ShapeError(`pdist: the input is [${x.shape.join(',')}]: expected [rows, size]`)
  const n = x.shape[0]
  const pairs = Array.from({ length: n }, (_, i) => Array.from({ length: n - 1 - i }, (_, k) => [i, i + 1 + k])).flat()
  const rows = (side: number): Tensor =>
    x.indexSelect(0, tensor(Int32Array.from(pairs, pair => pair[side]), { device: x.device }))
  return rows(0).sub(rows(1)).norm(1, { p })
}

export interface NormalizeOptions {
  /** The norm (2). */
  p?: number
  /** Along which the vectors lie (1). */
  axis?: number
  /** The least length that is divided by (1e-12). */
  eps?: number
}

/**
 * x/max(‖x‖_p, ε) along an axis.
 * @example
 * nn.normalize(tensor([[3, 4]])) // [[0.6, 0.8]]
 */
export function normalize(x: Tensor, options: NormalizeOptions = {}): Tensor {
  checkOptions('normalize', options, { p: true, axis: true, eps: true })
  const { p = 2, axis = 1, eps = 1e-12 } = options
  checkTensor('normalize', 'input', x)
  return inFloat32(x, w => w.div(w.norm(axis, { p, keepdims: true }).clamp({ min: eps })))
}
