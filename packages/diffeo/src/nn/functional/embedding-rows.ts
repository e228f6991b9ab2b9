/** @file Rows of a table by their ids, of a limited length and with gradients by how often they occur. */
import { customGradient, ones, stopGradient, where, zeros, type Tensor } from '../../tensor/index.ts'
import { takeRows } from '../../tensor/internal.ts'
import { DiffeoError } from '../../util/errors.ts'
import type { Names } from '../../util/options.ts'

export interface RowOptions {
  /** The id that takes no gradient. */
  paddingIdx?: number | null
  /** Rows that are longer are scaled to this length. */
  maxNorm?: number | null
  /** Which length: of the p-norm (2). */
  normType?: number
  /** Whether the gradient of a row is divided by how often its id occurs (false). */
  scaleGradByFreq?: boolean
}
export const rowNames: Names<RowOptions> = { paddingIdx: true, maxNorm: true, normType: true, scaleGradByFreq: true }

export function checkNorm(op: string, { maxNorm, normType = 2 }: RowOptions): void {
  if (maxNorm !== undefined && maxNorm !== null && !(maxNorm > 0))
    throw new DiffeoError(`${op}: maxNorm is ${maxNorm}, and must be above 0`)
  if (!(normType > 0)) throw new DiffeoError(`${op}: normType is ${normType}, and must be above 0`)
}

/** What rows are multiplied by: max/(‖row‖ + 10⁻⁷) where ‖row‖ is above it, else 1. `[..., 1]` */
function shrinking(rows: Tensor, maxNorm: number, p: number): Tensor {
  const norm = stopGradient(rows).norm(-1, { p, keepdims: true })
  return where(norm.gt(maxNorm), norm.add(1e-7).reciprocal().mul(maxNorm), 1)
}

/** The table in which the rows that the ids name are not longer than `maxNorm`. */
export function renormalized(weight: Tensor, ids: Tensor, maxNorm: number, normType = 2): Tensor {
  const made = { dtype: 'int32', device: weight.device } as const
  const places = ids.flatten().cast('int32')
  const named = zeros([weight.shape[0]], made).scatterAdd(0, places, ones(places.shape, made)).gt(0).unsqueeze(1)
  return where(named, weight.mul(shrinking(weight, maxNorm, normType)), weight)
}

/** The value with the gradient of what it stands for. */
const inPlaceOf =
  /* @__PURE__ */ customGradient((_: Tensor, value: Tensor) => value, g => [g, null], { linear: true })
const dividedGradient = /* @__PURE__ */ customGradient(
  (rows: Tensor, _: Tensor) => rows,
  (g, { inputs: [, times] }) => [g.div(times), null],
  { linear: true },
)

/** Row `ids[…]` of the weight. Of a row that is scaled the gradient is that of the scaled one, as PyTorch's. */
export function rowsOf(weight: Tensor, ids: Tensor, options: RowOptions): Tensor {
  const { maxNorm = null, normType = 2, scaleGradByFreq = false } = options
  const found = takeRows(weight, ids)
  const short = maxNorm === null ? found : inPlaceOf(found, found.mul(shrinking(found, maxNorm, normType)))
  if (!scaleGradByFreq) return short
  const one = ones([ids.size], { dtype: weight.dtype, device: weight.device })
  const places = ids.flatten().cast('int32')
  const times = zeros([weight.shape[0]], one).scatterAdd(0, places, one).gather(0, places)
  return dividedGradient(short, times.reshape([...ids.shape, 1]))
}
