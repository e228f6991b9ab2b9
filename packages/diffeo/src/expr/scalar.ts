/**
 * @file Scalar expressions: what one element of an output is, in terms of elements of buffers. Interned: equal
 * expressions are one object, so that common subexpressions are shared by construction.
 */
import type { BinaryOp, Combine, DType, UnaryOp } from './types.ts'
import { type Index, type Atom, type Dynamic, type IndexVar } from './index.ts'

export type ScalarOp =
  | 'constant' // value
  | 'load' // element `index` of buffer `buffer`
  | 'index' // an index as an int32
  | 'inRange' // low ≤ index < high
  | UnaryOp | BinaryOp | 'where' | 'cast' | 'bitcast'
  | 'reduce' // args[0] combined over `vars`
  | 'argReduce' // the least value of index (row-major over `vars`) at which args[0] is greatest or least

export interface Expr {
  readonly id: number
  readonly op: ScalarOp
  readonly dtype: DType
  readonly args: readonly Expr[]
  readonly value: number
  readonly buffer: number
  readonly index: Index | null
  readonly low: number
  readonly high: number
  readonly combine: Combine
  readonly vars: readonly IndexVar[]
  /** Variables the value depends on, sorted by id. */
  readonly free: readonly IndexVar[]
  /** Whether it is or contains a reduction. */
  readonly reduces: boolean
}

type Parts = Partial<Omit<Expr, 'id' | 'op' | 'dtype' | 'free' | 'reduces'>>

const numbers = new Map<string, number>()
/** A small number for an op with a dtype. */
function numberOf(op: ScalarOp, dtype: DType): number {
  const name = `${op} ${dtype}`
  let n = numbers.get(name)
  if (n === undefined) numbers.set(name, n = numbers.size)
  return n
}

/** Operands are numbered below it: a kernel has far fewer expressions. */
const mostOperands = 2 ** 21

/** The expression behind a run-time index. */
export const expressionOf = (a: Dynamic): Expr => a.value as Expr

/** Makes expressions; one a kernel. */
export class Exprs {
  private readonly interned = new Map<string, Expr>()
  /** Those that one or two operands determine. */
  private readonly plain = new Map<number, Expr>()
  private count = 0
  /** Reduction variables by extent, so that reductions over equal ranges share loops. */
  private readonly reductionVars: IndexVar[] = []
  private readonly makeVar: (extent: number) => IndexVar

  constructor(makeVar: (extent: number) => IndexVar) { this.makeVar = makeVar }

  constant(value: number, dtype: DType): Expr { return this.make('constant', dtype, { value }) }
  load(buffer: number, index: Index, dtype: DType): Expr { return this.make('load', dtype, { buffer, index }) }
  index(index: Index, dtype: DType = 'int32'): Expr {
    return index.isConstant ? this.constant(index.offset, dtype) : this.make('index', dtype, { index })
  }

  inRange(index: Index, low: number, high: number): Expr {
    const [least, greatest] = index.bounds()
    if (least >= low && greatest < high) return this.constant(1, 'bool')
    if (greatest < low || least >= high) return this.constant(0, 'bool')
    return this.make('inRange', 'bool', { index, low: Math.max(low, least), high: Math.min(high, greatest + 1) })
  }

  unary(op: UnaryOp, a: Expr): Expr { return this.apply(op, a.dtype, a, null) }

  binary(op: BinaryOp, a: Expr, b: Expr): Expr {
    const dtype: DType = op === 'less' || op === 'equal' ? 'bool' : a.dtype
    if (dtype === 'bool' && op === 'and') {
      if (a.op === 'constant') return a.value ? b : a
      if (b.op === 'constant') return b.value ? a : b
    }
    return this.apply(op, dtype, a, b)
  }

  where(condition: Expr, a: Expr, b: Expr): Expr {
    if (condition.op === 'constant') return condition.value ? a : b
    return a === b ? a : this.make('where', a.dtype, { args: [condition, a, b] })
  }

  cast(a: Expr, dtype: DType): Expr { return a.dtype === dtype ? a : this.apply('cast', dtype, a, null) }
  bitcast(a: Expr, dtype: DType): Expr { return a.dtype === dtype ? a : this.apply('bitcast', dtype, a, null) }

  reduce(combine: Combine, vars: readonly IndexVar[], body: Expr): Expr {
    const real = vars.filter(v => v.extent !== 1)
    return real.length === 0 ? body : this.make('reduce', body.dtype, { combine, vars: real, args: [body] })
  }

  /** The first position, row-major over `vars`, of the greatest (least) value. */
  argReduce(combine: 'max' | 'min', vars: readonly IndexVar[], body: Expr): Expr {
    const real = vars.filter(v => v.extent !== 1)
    if (real.length === 0) return this.constant(0, 'int32')
    return this.make('argReduce', 'int32', { combine, vars: real, args: [body] })
  }

  /**
   * Variables to reduce over, one an extent: the same ones for every reduction of these extents, unless `index`
   * (where the reduction's value is asked for) already depends on them.
   */
  reductionVariables(extents: readonly number[], index: readonly Index[]): IndexVar[] {
    const taken = new Set<number>()
    for (const i of index) i.walk(a => { collect(a, taken) })
    return extents.map(extent => {
      let v = this.reductionVars.find(r => r.extent === extent && !taken.has(r.id))
      if (!v) this.reductionVars.push(v = this.makeVar(extent))
      taken.add(v.id)
      return v
    })
  }

  /** An operation on one or two operands: by far most expressions. */
  private apply(op: ScalarOp, dtype: DType, a: Expr, b: Expr | null): Expr {
    const key = (numberOf(op, dtype) * mostOperands + a.id) * mostOperands + (b === null ? 0 : b.id + 1)
    let known = this.plain.get(key)
    if (!known) this.plain.set(key, known = this.create(op, dtype, { args: b === null ? [a] : [a, b] }))
    return known
  }

  private make(op: ScalarOp, dtype: DType, parts: Parts): Expr {
    const args = parts.args ?? none
    let key = `${op} ${dtype}`
    for (const a of args) key += ` ${a.id}`
    if (parts.value !== undefined) key += ` =${Object.is(parts.value, -0) ? '-0' : parts.value}`
    if (parts.buffer !== undefined) key += ` b${parts.buffer}`
    if (parts.index) key += ` [${parts.index.key}]`
    if (parts.low !== undefined) key += ` ${parts.low}..${parts.high}`
    if (parts.combine) key += ` ${parts.combine}`
    if (parts.vars) for (const v of parts.vars) key += ` v${v.id}`
    let known = this.interned.get(key)
    if (!known) this.interned.set(key, known = this.create(op, dtype, parts))
    return known
  }

  private create(op: ScalarOp, dtype: DType, parts: Parts): Expr {
    const { args = none, index = null, vars = none } = parts
    return {
      id: this.count++, op, dtype, args,
      value: parts.value ?? 0, buffer: parts.buffer ?? -1, index,
      low: parts.low ?? 0, high: parts.high ?? 0, combine: parts.combine ?? 'add', vars,
      free: index || vars.length > 0 ? freeVariables(args, index, vars) : args.reduce<Variables>(union, none),
      reduces: vars.length > 0 || args.some(a => a.reduces) || (index !== null && namesReduction(index)),
    }
  }
}

type Variables = readonly IndexVar[]
const none: readonly never[] = []

/** The variables of `a` and of an operand: one of both lists where it has all. */
function union(a: Variables, { free: b }: Expr): Variables {
  if (a === b || b.length === 0) return a
  if (a.length === 0) return b
  const both: IndexVar[] = []
  let i = 0
  for (const v of b) {
    while (i < a.length && a[i].id < v.id) both.push(a[i++])
    if (i < a.length && a[i].id === v.id) i++
    both.push(v)
  }
  while (i < a.length) both.push(a[i++])
  return both.length === a.length ? a : both.length === b.length ? b : both
}

/** Whether computing `e` takes `value` as a run-time index somewhere. */
export function indexesBy(e: Expr, value: Expr, seen = new Set<Expr>()): boolean {
  if (seen.has(e)) return false
  seen.add(e)
  let found = false
  e.index?.walk(a => {
    if (a.kind === 'dynamic') found ||= a.value === value || indexesBy(expressionOf(a), value, seen)
  })
  return found || e.args.some(a => indexesBy(a, value, seen))
}

function namesReduction(index: Index): boolean {
  let found = false
  index.walk(a => { if (a.kind === 'dynamic' && expressionOf(a).reduces) found = true })
  return found
}

function collect(a: Atom, into: Set<number>): void {
  if (a.kind === 'var') into.add(a.id)
  else if (a.kind === 'dynamic') for (const v of a.value.free) into.add(v.id)
}

function freeVariables(args: readonly Expr[], index: Index | null, bound: readonly IndexVar[]): readonly IndexVar[] {
  const found = new Map<number, IndexVar>()
  for (const a of args) for (const v of a.free) found.set(v.id, v)
  index?.walk(a => {
    if (a.kind === 'var') found.set(a.id, a)
    else if (a.kind === 'dynamic') for (const v of a.value.free) found.set(v.id, v)
  })
  for (const v of bound) found.delete(v.id)
  return [...found.values()].sort((a, b) => a.id - b.id)
}
