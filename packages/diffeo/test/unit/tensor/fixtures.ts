/** @file PyTorch's cases in our words: fixtures read, and each op of theirs as a call of ours. */
import { readFileSync } from 'node:fs'
import { concat, einsum, slice, stack, tensor, where, type DType, type Tensor } from '../../../src/tensor/index.ts'
import { functionCalls, rootFunction } from './function-calls.ts'

export interface FixtureArray { shape: number[]; data: (number | string)[]; dtype?: string }
export interface Case {
  name: string
  op: string
  args: Record<string, any>
  special?: boolean
  inputs: (FixtureArray | FixtureArray[])[]
  outputs: FixtureArray[]
  upstream: (FixtureArray | null)[]
  grads: (FixtureArray | null)[]
}

export const readCases = (name: string): Case[] =>
  (
    JSON.parse(readFileSync(new URL(`../../reference/fixtures/${name}.json`, import.meta.url), 'utf8')) as {
      cases: Case[]
    }
  ).cases

export const numbers = (a: FixtureArray): number[] => a.data.map(Number)
const dtypes: Record<string, DType> = { int64: 'int32', bool: 'bool' }
export const asTensor = (a: FixtureArray, float: DType = 'float64'): Tensor =>
  tensor(Float64Array.from(numbers(a)), { shape: a.shape, dtype: dtypes[a.dtype ?? ''] ?? float })

const rename = (name: string): string => name.replace(/_(\w)/g, (_, c: string) => c.toUpperCase())
const index = (parts: any[]): any[] => parts.map(p => {
  if (typeof p !== 'string' || p === '...') return p
  const [start, stop, step] = p.split(':').map(s => (s === '' ? null : Number(s)))
  return slice(start, stop, step ?? 1)
})
const axes = (a: Record<string, any>): any => a.dim
const keep = (a: Record<string, any>): { keepdims: boolean } => ({ keepdims: a.keepdim ?? false })

type Call = (ts: Tensor[], args: Record<string, any>) => Tensor | Tensor[]
const reducing = (name: string): Call => ([x], a) => (x as any)[name](axes(a), keep(a))
const pair = (r: { values: Tensor; indices: Tensor }): Tensor[] => [r.values, r.indices]
/** [values, indices] of an extreme along an axis. */
const extreme = (name: 'max' | 'min', arg: 'argmax' | 'argmin'): Call => ([x], a) =>
  a.dim === undefined ? x[name]() : [x[name](a.dim, keep(a)), x[arg](a.dim, keep(a))]

/** PyTorch pads from the last axis back. */
function pads(flat: number[], rank: number): [number, number][] {
  const out = Array.from({ length: rank }, (): [number, number] => [0, 0])
  for (let i = 0; i < flat.length; i += 2) out[rank - 1 - i / 2] = [flat[i], flat[i + 1]]
  return out
}

const calls: Record<string, Call> = {
  sum: reducing('sum'),
  mean: reducing('mean'),
  prod: reducing('prod'),
  logsumexp: reducing('logsumexp'),
  amax: reducing('amax'),
  amin: reducing('amin'),
  argmax: reducing('argmax'),
  argmin: reducing('argmin'),
  all: reducing('all'),
  any: reducing('any'),
  var: ([x], a) => x.var(a.dim, { ...keep(a), correction: a.correction ?? 1 }),
  std: ([x], a) => x.std(a.dim, { ...keep(a), correction: a.correction ?? 1 }),
  norm: ([x], a) => x.norm(a.dim, { p: Number(a.ord ?? 2), ...keep(a) }),
  max: extreme('max', 'argmax'), min: extreme('min', 'argmin'),
  median: ([x], a) => (a.dim === undefined ? x.median() : [x.median(a.dim)]),
  quantile: ([x], a) => x.quantile(a.q, a.dim, { interpolation: a.interpolation }),
  sort: ([x], a) => pair(x.sort(a.dim, { descending: a.descending })),
  argsort: ([x], a) => x.argsort(a.dim, { descending: a.descending }),
  topk: ([x], a) => pair(x.topk(a.k, a.dim, { largest: a.largest })),
  cumsum: ([x], a) => x.cumsum(a.dim),
  cumprod: ([x], a) => x.cumprod(a.dim),
  softmax: ([x], a) => x.softmax(a.dim),
  log_softmax: ([x], a) => x.logSoftmax(a.dim),
  reshape: ([x], a) => x.reshape(a.shape),
  permute: ([x], a) => x.permute(a.dims),
  flip: ([x], a) => x.flip(a.dims),
  transpose: ([x], a) => x.transpose(a.dim0, a.dim1),
  flatten: ([x], a) => x.flatten(a.start_dim, a.end_dim),
  roll: ([x], a) => x.roll(a.shifts, a.dims),
  unsqueeze: ([x], a) => x.unsqueeze(a.dim),
  squeeze: ([x], a) => x.squeeze(a.dim),
  tile: ([x], a) => x.tile(a.dims),
  repeat_interleave: ([x, times], a) => x.repeatInterleave(times ?? a.repeats, a.dim),
  split: ([x], a) => x.split(a.split_size_or_sections, a.dim),
  chunk: ([x], a) => x.chunk(a.chunks, a.dim),
  unbind: ([x], a) => x.unbind(a.dim),
  diagonal: ([x], a) => x.diagonal(a.offset, a.dim1, a.dim2),
  tril: ([x], a) => x.tril(a.diagonal),
  triu: ([x], a) => x.triu(a.diagonal),
  expand: ([x], a) => x.expand(a.size),
  cat: (ts, a) => concat(ts, a.dim),
  stack: (ts, a) => stack(ts, a.dim),
  pad: ([x], a) => x.pad(pads(a.pad, x.rank), { value: a.value }),
  gather: ([x, i], a) => x.gather(a.dim, i), index_select: ([x, i], a) => x.indexSelect(a.dim, i),
  scatter_add: ([x, i, v], a) => x.scatterAdd(a.dim, i, v), scatter: ([x, i, v], a) => x.scatter(a.dim, i, v),
  one_hot: ([x], a) => x.oneHot(a.num_classes), embedding: ([w, i]) => w.index(i), nonzero: ([x]) => x.nonzero(),
  getitem: ([x], a) => x.index(...index(a.index)), setitem: ([x, v], a) => x.indexSet(index(a.index), v),
  einsum: (ts, a) => einsum(a.equation, ...ts),
  logical_not: ([x]) => x.not(),
  logical_and: ([x, y]) => x.and(y),
  logical_or: ([x, y]) => x.or(y),
  logical_xor: ([x, y]) => x.xor(y),
  isnan: ([x]) => x.isNaN(),
  isfinite: ([x]) => x.isFinite(),
  isinf: ([x]) => x.isInf(),
  logsigmoid: ([x]) => x.logSigmoid(),
  gelu: ([x], a) => x.gelu({ approximate: a.approximate }),
  softplus: ([x], a) => x.softplus(a),
  elu: ([x], a) => x.elu(a.alpha),
  leaky_relu: ([x], a) => x.leakyRelu(a.negative_slope),
  clamp: ([x], a) => x.clamp(a.min, a.max),
  remainder: ([x, y]) => x.mod(y),
  pow: ([x, y], a) => x.pow(y ?? a.exponent),
  lerp: ([x, y, w], a) => x.lerp(y, w ?? a.weight),
  where: ([c, x, y]) => where(c, x, y),
  masked_fill: ([x, m], a) => x.maskedFill(m, a.value),
}

/** The case's call; a method of the same name where the table has none. */
export function callOf(c: Case): Call {
  return (
    calls[c.op] ??
    functionCalls[c.op] ??
    ((ts, args) => {
      const method = (ts[0] as any)[rename(c.op)]
      const call = typeof method === 'function' ? () => method.call(...ts) : rootFunction(c.op)
      if (!call || Object.keys(args).length > 0) throw new Error(`no call for ${c.op} ${JSON.stringify(args)}`)
      return call(ts, args)
    })
  )
}
