/**
 * @file Deep reductions to few elements in two stages: partial values of fixed pieces, the same ones whatever the
 * number of threads, then those. A short innermost axis is left to the second stage: the first runs along memory.
 */
import { Index, indexVar, type IndexVar } from '../../expr/index.ts'
import type { Expr, Exprs } from '../../expr/scalar.ts'
import type { Kernel, Target } from '../ir.ts'
import { coalesce, replaceExpr, Substitution, type BufferInfo, type Nest, type Store } from '../nest.ts'
import { emitNest } from './index.ts'
import { reductionsIn, unitVariable } from './plan.ts'

/** Terms of a value from which on pieces pay, values beyond which there are turns enough, and terms of a piece. */
const deep = 1 << 15
const few = 1 << 12
const leastPiece = 512
const mostPieces = 64
/** An axis shorter than this keeps vectors half empty. */
const short = 32
const leastElements = 1 << 16

/** The nest as one kernel or two, and its buffers with the temporaries between them. */
export function emitStaged(
  nest: Nest, target: Target,
): { readonly kernels: readonly Kernel[]; readonly buffers: readonly BufferInfo[] } {
  const stages = new Stages(nest)
  if (stages.parts.length === 0) return { kernels: [emitNest(nest, target)], buffers: nest.buffers }
  const { parts, whole, buffers } = stages
  return {
    kernels: [
      emitNest({ ...nest, name: `${nest.name}.parts`, stores: parts, buffers }, target),
      emitNest({ ...nest, stores: whole, buffers }, target),
    ],
    buffers,
  }
}

const points = (vars: readonly IndexVar[]): number => vars.reduce((n, v) => n * v.extent, 1)

class Stages {
  readonly buffers: BufferInfo[]
  readonly parts: Store[] = []
  whole: readonly Store[]
  private readonly e: Exprs

  constructor(nest: Nest) {
    this.e = nest.exprs
    this.buffers = [...nest.buffers]
    this.whole = coalesce(nest.exprs, nest.stores)
    // Under a condition about places a reduction may name elements that are not there.
    if (isConditional(this.whole)) return
    for (const x of reductionsIn(this.whole.map(s => s.value))) this.divide(x)
  }

  private divide(x: Expr): void {
    const home = this.whole.find(s => reductionsIn([s.value]).includes(x))
    if (!home || x.op !== 'reduce' || reductionsIn(x.args).length > 0) return
    if (x.free.some(v => !home.vars.includes(v))) return
    if (this.whole.some(s => s.vars.some(v => x.vars.includes(v)))) return
    const free = home.vars.filter(v => x.free.includes(v))
    const inner = this.shortAxis(x)
    const kept = inner ? [...free, inner] : free
    const terms = x.vars.filter(v => v !== inner)
    const cut = points(terms) >= deep && points(kept) < few ? terms.find(v => v.extent >= 16) : undefined
    if (!inner && !cut) return
    const pieces = cut ? Math.min(mostPieces, cut.extent, Math.floor(points(terms) / leastPiece)) : 1
    const length = cut ? Math.ceil(cut.extent / pieces) : 1
    const full = cut ? Math.floor(cut.extent / length) : 1
    const rest = cut ? cut.extent - full * length : 0
    const buffer = this.buffers.length
    const size = points(kept)
    this.buffers.push({ dtype: x.dtype, size: size * (full + Math.sign(rest)) })
    const piece = indexVar(full)
    this.part(x, buffer, kept, terms, cut, Index.of(piece), length, full > 1 ? [piece] : [])
    if (rest > 0) this.part(x, buffer, kept, terms, cut, new Index(full), length, [], rest)
    const all = indexVar(full + Math.sign(rest))
    const at = linear(kept).add(Index.of(all).times(size))
    const value = this.e.reduce(x.combine, inner ? [all, inner] : [all], this.e.load(buffer, at, x.dtype))
    this.whole = this.whole.map(s => ({ ...s, value: replaceExpr(this.e, s.value, x, value) }))
  }

  /** The partial value of piece `number`, which has `extent` turns of the loop that is cut. */
  private part(
    x: Expr, buffer: number, kept: readonly IndexVar[], terms: readonly IndexVar[], cut: IndexVar | undefined,
    number: Index, length: number, outer: readonly IndexVar[], extent = length,
  ): void {
    const turn = indexVar(extent)
    const map = new Map(cut ? [[cut.id, number.times(length).add(Index.of(turn))]] : [])
    const body = new Substitution(this.e, map).expr(x.args[0])
    this.parts.push({
      buffer, index: linear(kept).add(number.times(points(kept))), vars: [...outer, ...kept],
      value: this.e.reduce(x.combine, terms.map(v => (v === cut ? turn : v)), body),
    })
  }

  /** The innermost axis in memory, where it is short, reduced over together with others, and not all there is. */
  private shortAxis(x: Expr): IndexVar | null {
    const unit = unitVariable(x)
    if (!unit || !x.vars.includes(unit) || x.vars.length < 2 || x.free.length === 0 || unit.extent >= short) return null
    return points(x.free) * points(x.vars) >= leastElements ? unit : null
  }
}

/** Whether conditions about places stand outside of reductions. */
function isConditional(stores: readonly Store[]): boolean {
  const stack = stores.map(s => s.value)
  const seen = new Set<Expr>()
  for (let x = stack.pop(); x; x = stack.pop()) {
    if (x.op === 'inRange') return true
    if (seen.has(x) || x.vars.length > 0) continue
    seen.add(x)
    stack.push(...x.args)
  }
  return false
}

/** Row by row. */
function linear(vars: readonly IndexVar[]): Index {
  let at = new Index(0)
  let stride = 1
  for (const v of [...vars].reverse()) {
    at = at.add(Index.of(v).times(stride))
    stride *= v.extent
  }
  return at
}
