/**
 * @file Reductions: loops with accumulators, several registers wide to hide latency, folded to one value at the end.
 */
import type { IndexVar } from '../../expr/index.ts'
import type { Expr } from '../../expr/scalar.ts'
import type { DType } from '../../expr/types.ts'
import type { Value } from '../ir.ts'
import { isFloat, kindOf } from '../dtypes.ts'
import { binaryMath } from '../math/index.ts'
import { address } from './access.ts'
import type { Scope } from './scope.ts'
import type { Registers, Vector } from './frame.ts'
import { unrollFor } from './plan.ts'
import { segments, type Segment } from './segments.ts'

const ops = { add: 'add', mul: 'mul', max: 'maximum', min: 'minimum' } as const

export function identityOf(combine: keyof typeof ops, dtype: DType): number {
  if (combine === 'add') return 0
  if (combine === 'mul') return 1
  const greatest = combine === 'min'
  switch (dtype) {
    case 'float32': case 'float64': case 'float16': case 'bfloat16': return greatest ? Infinity : -Infinity
    case 'uint32': case 'bool': return greatest ? -1 : 0
    case 'uint8': return greatest ? 255 : 0
    default: return greatest ? 0x7fffffff : -0x80000000
  }
}

/** One reduction's running state: `wide` registers that turns of the vector loop fill, and a scalar one for tails. */
interface State { readonly x: Expr; readonly parts: Part[] }
/** A lane-wise running value, with the index where it was found for argReduce. */
interface Part { readonly lanes: number; best: Value; at: Value | null }

/** Emits `x` and every other reduction that can share its loops; gives x's value. */
export function emitReduction(m: Scope, x: Expr): Registers {
  const outer = m.vectorOf(x.free)
  const group = companions(m, x)
  const row = outer ? null : x.vars.find(v => m.plan.vectors.has(v.id)) ?? null
  const vars = row ? [...x.vars.filter(v => v !== row), row] : x.vars
  const unroll = Math.min(unrollFor(group.map(r => r.args[0])), accumulatorsFor(m, group))
  const states = group.map(r => startState(m, r, outer, row, unroll))
  runLoops(m, vars, 0, row, states, unroll)
  m.endPass()
  const depth = m.frames.length - 1
  states.forEach(s => m.frames[depth].values.set(s.x, outer ? s.parts.map(p => p.at ?? p.best) : [finish(m, s)]))
  return m.frames[depth].values.get(x) as Registers
}

/** Registers that each of a group may accumulate in, so that no running value is spilled. */
function accumulatorsFor(m: Scope, group: readonly Expr[]): number {
  const each = Math.floor(m.target.vectorRegisters * 0.75 / group.length)
  return each >= 4 ? 4 : each >= 2 ? 2 : 1
}

/** Reductions over the same loops, in the same place, that wait for nothing but what is there. */
function companions(m: Scope, x: Expr): Expr[] {
  const depth = m.frames.length - 1
  if (m.guarding) return [x]
  const ready = (r: Expr) =>
    r === x ||
    (r.vars.length === x.vars.length &&
      r.vars.every((v, i) => v === x.vars[i]) &&
      r.free.every(v => m.frames.some(f => f.bindings.has(v.id))) &&
      m.depth(r.free) === depth &&
      !m.frames[depth].values.has(r) &&
      m.vectorOf(r.free) === m.vectorOf(x.free) &&
      innerReductions(r).every(
        i => i.free.every(v => m.frames.some(f => f.bindings.has(v.id))) && m.frames.some(f => f.values.has(i)),
      ))
  return [x, ...m.reductions.filter(r => r !== x && ready(r))]
}

function innerReductions(x: Expr): Expr[] {
  const found: Expr[] = []
  const stack = [...x.args]
  const seen = new Set<Expr>()
  for (let y = stack.pop(); y; y = stack.pop()) {
    if (seen.has(y)) continue
    seen.add(y)
    if (y.op === 'reduce' || y.op === 'argReduce') found.push(y)
    else stack.push(...y.args)
  }
  return found
}

function startState(m: Scope, x: Expr, outer: Vector | null, row: IndexVar | null, unroll: number): State {
  const part = (lanes: number): Part => startPart(m, x, lanes)
  if (outer) return { x, parts: Array.from({ length: outer.unroll }, () => part(outer.lanes)) }
  if (!row) return { x, parts: [part(1)] }
  const parts: Part[] = []
  for (const s of segments(row.extent, m.target, unroll)) {
    const need = s.lanes === 1 ? 1 : s.unroll
    while (parts.filter(p => p.lanes === s.lanes).length < need) parts.push(part(s.lanes))
  }
  return { x, parts }
}

function startPart(m: Scope, x: Expr, lanes: number): Part {
  const dtype = x.args[0].dtype
  const kind = kindOf(dtype)
  const best = dtype === 'bool'
    ? m.b.constMask(x.combine === 'min', lanes)
    : m.b.constant(kind, identityOf(x.combine, dtype), lanes)
  return { lanes, best, at: x.op === 'argReduce' ? m.b.constant('i32', 0x7fffffff, lanes) : null }
}

const carriedOf = (states: readonly State[]): Value[] =>
  states.flatMap(s => s.parts.flatMap(p => (p.at ? [p.best, p.at] : [p.best])))

function setCarried(states: readonly State[], values: readonly Value[]): void {
  let i = 0
  for (const s of states) for (const p of s.parts) {
    p.best = values[i++]
    if (p.at) p.at = values[i++]
  }
}

function runLoops(
  m: Scope,
  vars: readonly IndexVar[],
  k: number,
  row: IndexVar | null,
  states: readonly State[],
  unroll: number,
): void {
  if (k === vars.length) {
    accumulate(m, states, null, states[0].parts[0].lanes)
    return
  }
  const v = vars[k]
  if (v === row) {
    for (const s of segments(v.extent, m.target, unroll)) runSegment(m, v, s, states)
    return
  }
  runTurns(m, { start: 0, end: v.extent, step: 1 }, states, value =>
    m.within([[v, { value, vector: null }]], () => runLoops(m, vars, k + 1, row, states, unroll)))
}

/** Turns after which a sum goes on in a fresh register: n terms then err like 2·√n of them. */
const longest = 512

/** A loop over all turns. A long sum is summed in blocks, so that its error does not grow with its length. */
function runTurns(m: Scope, range: Range, states: readonly State[], body: (value: Value) => void): void {
  const { b } = m
  const turns = Math.ceil((range.end - range.start) / range.step)
  const blocked =
    turns > longest &&
    states.every(s => s.x.op === 'reduce') &&
    states.some(s => s.x.combine === 'add' && isFloat(s.x.dtype))
  if (!blocked) {
    runRange(m, b.int(range.start), b.int(range.end), range.step, states, body)
    return
  }
  const block = Math.ceil(Math.sqrt(turns)) * range.step
  const totals = b.loop(b.int(range.start), b.int(range.end), block, carriedOf(states), (value, carried) => {
    setCarried(states, states.flatMap(s => s.parts.map(p => startPart(m, s.x, p.lanes).best)))
    runRange(m, value, b.intOp('imin', b.iadd(value, block), b.int(range.end)), range.step, states, body)
    const sums = carriedOf(states)
    let i = 0
    return states.flatMap(({ x, parts }) => parts.map(() => {
      const next = binaryMath(b, ops[x.combine], carried[i], sums[i], x.args[0].dtype)
      i++
      return next
    }))
  })
  setCarried(states, totals)
}

interface Range { readonly start: number; readonly end: number; readonly step: number }

function runRange(
  m: Scope,
  start: Value,
  end: Value,
  step: number,
  states: readonly State[],
  body: (value: Value) => void,
): void {
  const results = m.b.loop(start, end, step, carriedOf(states), (value, carried) => {
    setCarried(states, carried)
    body(value)
    return carriedOf(states)
  })
  setCarried(states, results)
}

function runSegment(m: Scope, v: IndexVar, s: Segment, states: readonly State[]): void {
  const { b } = m
  const vector: Vector | null =
    s.lanes === 1 ? null : { lanes: s.lanes, unroll: s.unroll, mask: s.count ? tailMask(m, s) : null }
  const body = (value: Value) => m.within([[v, { value, vector }]], () => accumulate(m, states, vector, s.lanes))
  if (s.end - s.start === s.step || s.count) { body(b.int(s.start)); return }
  runTurns(m, s, states, body)
}

export function tailMask(m: Scope, s: Segment): Value {
  return m.int(0, `mask${s.count}`, () => m.b.firstLanes(m.b.int(s.count), s.lanes))
}

/** Combines this turn's values into the running ones. */
function accumulate(m: Scope, states: readonly State[], vector: Vector | null, lanes: number): void {
  for (const s of states) {
    const { x } = s
    const parts = s.parts.filter(p => p.lanes === lanes)
    const unroll = vector?.unroll ?? (lanes === 1 ? 1 : parts.length)
    const values = (y: Expr) =>
      m.spread(y.op === 'constant' ? [m.constant(y, lanes)] : m.emit(y), lanes, unroll, y)
    const factors = factorsOf(x)
    if (factors) {
      const [p, q] = factors.map(values)
      p.forEach((_, u) => addProduct(m, parts[u], p[u], q[u], vector))
    } else values(x.args[0]).forEach((value, u) => step(m, x, parts[u], value, vector, u))
    if (vector) fetchAhead(m, x, vector)
  }
}

/** What a sum is the sum of products of: the product need not be rounded. */
function factorsOf(x: Expr): readonly Expr[] | null {
  const [body] = x.args
  const sum = x.op === 'reduce' && x.combine === 'add' && (x.dtype === 'float32' || x.dtype === 'float64')
  return sum && body.op === 'mul' ? body.args : null
}

function addProduct(m: Scope, part: Part, p: Value, q: Value, vector: Vector | null): void {
  const next = m.b.fma(p, q, part.best)
  part.best = vector?.mask ? m.b.select(vector.mask, next, part.best) : next
}

function fetchAhead(m: Scope, x: Expr, vector: Vector): void {
  for (const { hint, buffer, index } of m.plan.ahead.get(x) ?? []) {
    // A row that all turns share is reduced before the first of them.
    if (!index.atoms.every(a => a.kind === 'var' && m.isOpen(a))) continue
    for (let u = 0; u < vector.unroll; u++) m.b.prefetch(hint, address(m, buffer, index.plus(u * vector.lanes)))
  }
}

function step(m: Scope, x: Expr, part: Part, value: Value, vector: Vector | null, u: number): void {
  const { b } = m
  const dtype = x.args[0].dtype
  if (part.at) { stepArg(m, x, part, value, vector, u); return }
  const next = binaryMath(b, ops[x.combine], part.best, value, dtype)
  part.best = vector?.mask ? b.select(vector.mask, next, part.best) : next
}

/** Keeps the first position of the greatest (least) value; a NaN beats everything. */
function stepArg(m: Scope, x: Expr, part: Part, value: Value, vector: Vector | null, u: number): void {
  const { b } = m
  const at = position(m, x, part.lanes, u)
  let better = beats(m, x, value, part.best)
  if (x.vars.length > 1) {
    // Loops need not run in the order of positions: among equals the earlier one wins.
    const worse = beats(m, x, part.best, value)
    const equal = b.unary('not', b.binary('or', better, worse))
    better = b.binary('or', better, b.binary('and', equal, b.compare('ltU', at, part.at as Value)))
  }
  // Before the first value anything is better, identities included.
  better = b.binary('or', better, b.compare('eq', part.at as Value, b.constant('i32', 0x7fffffff, part.lanes)))
  if (vector?.mask) better = b.binary('and', better, vector.mask)
  part.best = b.select(better, value, part.best)
  part.at = b.select(better, at, part.at as Value)
}

/** The position of the present turn, row-major over the reduction's loops. */
function position(m: Scope, x: Expr, lanes: number, u: number): Value {
  let sum: Value | null = null
  let stride = 1
  for (const v of [...x.vars].reverse()) {
    const at = m.positionOf(v, lanes, u)
    const term = stride === 1 ? at : m.b.binary('mul', at, m.b.constant('i32', stride, lanes))
    sum = sum ? m.b.binary('add', sum, term) : term
    stride *= v.extent
  }
  return sum as Value
}

function beats(m: Scope, x: Expr, a: Value, b: Value): Value {
  const dtype = x.args[0].dtype
  if (dtype === 'bool') {
    const no = (v: Value) => m.b.unary('not', v)
    return x.combine === 'max' ? m.b.binary('and', a, no(b)) : m.b.binary('and', no(a), b)
  }
  const less = dtype === 'uint32' ? 'ltU' as const : 'lt' as const
  const plain = x.combine === 'max' ? m.b.compare(less, b, a) : m.b.compare(less, a, b)
  if (!isFloat(dtype)) return plain
  const nan = m.b.binary('and', m.b.compare('ne', a, a), m.b.compare('eq', b, b))
  return m.b.binary('or', plain, nan)
}

/** Folds the parts and the lanes to one scalar. */
function finish(m: Scope, s: State): Value {
  const { x } = s
  if (x.op === 'argReduce') return finishArg(m, s)
  const { b } = m
  const dtype = x.args[0].dtype
  const wide = s.parts.filter(p => p.lanes > 1).map(p => p.best)
  const narrow = s.parts.filter(p => p.lanes === 1).map(p => p.best)
  const combine = (a: Value, c: Value) => binaryMath(b, ops[x.combine], a, c, dtype)
  const values = wide.length > 0 ? [foldLanes(m, x, wide.reduce(combine)), ...narrow] : narrow
  return values.reduce(combine)
}

function foldLanes(m: Scope, x: Expr, v: Value): Value {
  const { b } = m
  const dtype = x.args[0].dtype
  if (dtype === 'bool') {
    const n = b.any(x.combine === 'max' ? v : b.unary('not', v))
    const some = b.convert('i32ToMask', b.fromInt(n))
    return x.combine === 'max' ? some : b.unary('not', some)
  }
  const unsigned = dtype === 'uint32'
  switch (x.combine) {
    case 'add': return wrap(m, b.reduceLanes('reduceAdd', v), dtype)
    case 'mul': return wrap(m, b.reduceLanes('reduceMul', v), dtype)
    default: {
      const max = x.combine === 'max'
      const folded = b.reduceLanes(
        max ? (unsigned ? 'reduceMaxU' : 'reduceMax') : unsigned ? 'reduceMinU' : 'reduceMin',
        v,
      )
      if (!isFloat(dtype)) return folded
      // Lane folds may drop a NaN: v − v is NaN in a lane that is NaN or infinite, so ask by v ≠ v.
      const nan = b.convert('i32ToMask', b.fromInt(b.any(b.compare('ne', v, v))))
      return b.select(nan, b.constant(kindOf(dtype), NaN, 1), folded)
    }
  }
}

const wrap = (m: Scope, v: Value, dtype: DType): Value =>
  dtype === 'uint8' ? m.b.binary('and', v, m.b.constant('i32', 255, 1)) : dtype === 'int8'
    ? m.b.binary('shrS', m.b.binary('shl', v, m.b.constant('i32', 24, 1)), m.b.constant('i32', 24, 1)) : v

function finishArg(m: Scope, s: State): Value {
  const { b } = m
  const { x } = s
  // Among equals the least position wins, so parts fold in any order.
  const pick = (a: Part, c: Part): Part => {
    const equal = b.unary('not', b.binary('or', beats(m, x, a.best, c.best), beats(m, x, c.best, a.best)))
    const earlier = b.compare('ltU', c.at as Value, a.at as Value)
    const unset = b.compare('eq', c.at as Value, b.constant('i32', 0x7fffffff, c.lanes))
    const aUnset = b.compare('eq', a.at as Value, b.constant('i32', 0x7fffffff, a.lanes))
    let take = b.binary('or', beats(m, x, c.best, a.best), b.binary('and', equal, earlier))
    take = b.binary('or', b.binary('and', take, b.unary('not', unset)), aUnset)
    return { lanes: a.lanes, best: b.select(take, c.best, a.best), at: b.select(take, c.at as Value, a.at as Value) }
  }
  const wide = s.parts.filter(p => p.lanes > 1)
  const narrow = s.parts.filter(p => p.lanes === 1)
  const all = wide.length > 0 ? [foldArgLanes(m, s, wide.reduce(pick)), ...narrow] : narrow
  return all.reduce(pick).at as Value
}

function foldArgLanes(m: Scope, s: State, p: Part): Part {
  const { b } = m
  const far = b.constant('i32', 0x7fffffff, p.lanes)
  const set = b.compare('ne', p.at as Value, far)
  const best = foldLanes(
    m,
    s.x,
    s.x.args[0].dtype === 'bool'
      ? p.best
      : b.select(
          set,
          p.best,
          b.constant(kindOf(s.x.args[0].dtype), identityOf(s.x.combine, s.x.args[0].dtype), p.lanes),
        ),
  )
  const spread = b.splat(best, p.lanes)
  let same =
    s.x.args[0].dtype === 'bool' ? b.unary('not', b.binary('xor', p.best, spread)) : b.compare('eq', p.best, spread)
  if (isFloat(s.x.args[0].dtype)) same = b.binary('or', same, b.compare('ne', p.best, p.best))
  const at = b.reduceLanes('reduceMinU', b.select(b.binary('and', same, set), p.at as Value, far))
  return { lanes: 1, best, at }
}
