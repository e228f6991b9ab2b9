/** @file PyTorch's words for the functions that are no methods, as calls of ours. */
import * as f from '../../../src/tensor/index.ts'
import type { Tensor } from '../../../src/tensor/index.ts'

type Args = Record<string, any>
type Call = (ts: Tensor[], args: Args) => Tensor | Tensor[]
const keep = (a: Args): { keepdims: boolean } => ({ keepdims: a.keepdim ?? false })
const scales = ({ alpha, beta }: Args): object =>
  ({ ...(alpha === undefined ? {} : { alpha }), ...(beta === undefined ? {} : { beta }) })

/** By PyTorch's name; what is not here has our name and takes the inputs alone. */
export const functionCalls: Record<string, Call> = {
  isposinf: ([x]) => f.isPosInf(x), isneginf: ([x]) => f.isNegInf(x),
  nan_to_num: ([x], a) => f.nanToNum(x, 'nan' in a ? { nan: a.nan, posInf: a.posinf, negInf: a.neginf } : {}),
  isclose: ([x, y], { rtol = 1e-5, atol = 1e-8, equal_nan: equalNaN = false }) =>
    f.isClose(x, y, { rtol, atol, equalNaN }),
  copysign: ([x, y], a) => f.copySign(x, y ?? a.other),
  addcmul: ([x, y, z], a) => f.addcmul(x, y, z, a.value),
  addcdiv: ([x, y, z], a) => f.addcdiv(x, y, z, a.value),
  frexp: ([x]) => { const { mantissa, exponent } = f.frexp(x); return [mantissa, exponent] },
  bitwise_left_shift: ([x, y]) => f.leftShift(x, y), bitwise_right_shift: ([x, y]) => f.rightShift(x, y),
  aminmax: ([x], a) => { const { min, max } = f.aminmax(x, a.dim, keep(a)); return [min, max] },
  nansum: ([x], a) => f.nansum(x, a.dim, keep(a)),
  nanmean: ([x], a) => f.nanmean(x, a.dim, keep(a)),
  nanmedian: ([x], a) => (a.dim === undefined ? f.nanmedian(x) : [f.nanmedian(x, a.dim, keep(a))]),
  nanquantile: ([x], a) => f.nanquantile(x, a.q, a.dim, { ...keep(a), interpolation: a.interpolation }),
  cov: ([x, first, second], a) => f.cov(x, {
    ...a, ...(second ? { frequencies: first, weights: second } : first ? { weights: first } : {}),
  }),
  diff: ([x, prepend, append], a) => f.diff(x, { n: a.n ?? 1, axis: a.dim ?? -1, prepend, append }),
  kthvalue: ([x], a) => { const { values, indices } = f.kthvalue(x, a.k, a.dim, keep(a)); return [values, indices] },
  mode: ([x], a) => f.mode(x, a.dim).values.detach(),
  dist: ([x, y], a) => f.dist(x, y, Number(a.p)),
  renorm: ([x], a) => f.renorm(x, a.p, a.dim, a.maxnorm),
  narrow: ([x], a) => f.narrow(x, a.dim, a.start, a.length),
  select: ([x], a) => f.select(x, a.dim, a.index),
  select_scatter: ([x, v], a) => f.selectScatter(x, v, a.dim, a.index),
  slice_scatter: ([x, v], a) => f.sliceScatter(x, v, { axis: a.dim, start: a.start, stop: a.end, step: a.step }),
  diagonal_scatter: ([x, v], a) => f.diagonalScatter(x, v, a.offset, a.dim1, a.dim2),
  diag_embed: ([x], a) => f.diagEmbed(x, a.offset, a.dim1, a.dim2),
  diag: ([x], a) => f.diag(x, a.diagonal), diagflat: ([x], a) => f.diagflat(x, a.offset),
  rot90: ([x], a) => f.rot90(x, a.k, a.dims),
  tensor_split: ([x], a) => f.tensorSplit(x, a.sections, 1),
  hsplit: ([x], a) => f.hsplit(x, a.sections),
  vsplit: ([x], a) => f.vsplit(x, a.sections),
  dsplit: ([x], a) => f.dsplit(x, a.sections),
  unfold: ([x], a) => f.windows(x, a.dimension, a.size, a.step),
  sum_to_size: ([x], a) => f.sumToSize(x, a.size),
  hstack: ts => f.hstack(ts), vstack: ts => f.vstack(ts),
  take_along_dim: ([x, i], a) => f.takeAlongAxis(x, i, a.dim),
  put: ([x, i, v], a) => f.put(x, i, v, a),
  index_add: ([x, i, v], a) => f.indexAdd(x, a.dim, i, v, a.alpha),
  index_reduce: ([x, i, v], a) =>
    f.indexReduce(x, a.dim, i, v, a.reduce, { includeSelf: a.include_self }),
  index_copy: ([x, i, v], a) => f.indexCopy(x, a.dim, i, v),
  index_fill: ([x, i], a) => f.indexFill(x, a.dim, i, a.value),
  nonzero_static: ([x], a) => f.nonzeroStatic(x, a.size, a.fill_value),
  addmm: ([x, p, q], a) => f.addmm(x, p, q, scales(a)), addmv: ([x, p, q], a) => f.addmv(x, p, q, scales(a)),
  addr: ([x, p, q], a) => f.addr(x, p, q, scales(a)), addbmm: ([x, p, q], a) => f.addbmm(x, p, q, scales(a)),
  baddbmm: ([x, p, q], a) => f.baddbmm(x, p, q, scales(a)),
  count_nonzero: ([x], a) => x.countNonzero(a.dim),
  cummax: ([x], a) => x.cummax(a.dim), cummin: ([x], a) => x.cummin(a.dim),
  floor_divide: ([x, y]) => x.floorDiv(y).detach(),
  movedim: ([x], a) => x.moveAxis(a.source, a.destination),
  unflatten: ([x], a) => x.unflatten(a.dim, a.sizes),
  view: ([x], a) => x.view(a.size),
  polygamma: ([x], a) => f.polygamma(a.n, x), mvlgamma: ([x], a) => f.mvlgamma(x, a.p),
  zeta: ([q]) => f.zeta(f.tensor(Float64Array.of(2, 3.5, 1.25, 6), { dtype: q.dtype }), q),
  logit: ([x], a) => f.logit(x, a),
  logcumsumexp: ([x], a) => f.logcumsumexp(x, a.dim),
  scatter_reduce: ([x, i, v], a) => f.scatterReduce(x, a.dim, i, v, a.reduce, { includeSelf: a.include_self }),
  searchsorted: ([r, v], a) => f.searchsorted(r, v, a), bucketize: ([v, r], a) => f.bucketize(v, r, a),
  histc: ([x], a) => f.histc(x, a),
  histogram: ([x, e], { bins, ...o }) => {
    const { hist, binEdges } = f.histogram(x, e ?? bins, o)
    return [hist, binEdges]
  },
  bincount: ([x, weights], a) => f.bincount(x, { weights, minLength: a.minlength ?? 0 }),
  unique: ([x], a) => {
    const { values, inverse, counts } = f.unique(x, { axis: a.dim })
    return [values, inverse, counts]
  },
  unique_consecutive: ([x]) => {
    const { values, inverse, counts } = f.uniqueConsecutive(x)
    return [values, inverse, counts]
  },
}

/** The root's function of PyTorch's name. */
export function rootFunction(op: string): Call | undefined {
  const ours = (f as unknown as Record<string, unknown>)[op.replace(/_(\w)/g, (_, c: string) => c.toUpperCase())]
  return typeof ours === 'function' ? ts => (ours as (...ts: Tensor[]) => Tensor)(...ts) : undefined
}
