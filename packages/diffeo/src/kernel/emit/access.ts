/** @file Addresses, loads and stores: an affine index becomes `base + loop variable · scale + constant`. */
import { Index, type Atom, type Dynamic, type IndexVar } from '../../expr/index.ts'
import { expressionOf, type Expr } from '../../expr/scalar.ts'
import { memBytes, type Address, type MemType, type Value } from '../ir.ts'
import type { Registers, Vector } from './frame.ts'
import { fromMemory, memTypeOf as memOf, toMemory } from '../dtypes.ts'
import type { Scope } from './scope.ts'

export const memTypeOf = (m: Scope, buffer: number): MemType => memOf(m.buffers[buffer].dtype, m.target)

/** Loads element `x.index` of `x.buffer`. */
export function loadElements(m: Scope, x: Expr): Registers {
  const index = x.index as Index
  const mem = memTypeOf(m, x.buffer)
  const vector = m.vectorOf(x.free)
  const raw = m.guarding && !staysInside(index, m.buffers[x.buffer].size)
    ? loadClamped(m, x.buffer, index, mem, vector)
    : vector && isGather(m, index)
      ? gatherLanes(m, x.buffer, index, mem, vector)
      : loadStraight(m, x.buffer, index, mem, vector)
  return raw.map(v => fromMemory(m.b, v, x.dtype, mem))
}

const staysInside = (index: Index, size: number): boolean => {
  const [low, high] = index.bounds()
  return low >= 0 && high < size
}

/** Coefficient of the open vector loop in the index. */
function vectorStride(m: Scope, index: Index): number {
  for (let i = 0; i < index.atoms.length; i++) {
    const a = index.atoms[i]
    if (a.kind === 'var' && m.binding(a).vector) return index.coefs[i]
  }
  return 0
}

const isGather = (m: Scope, index: Index): boolean =>
  vectorStride(m, index) !== 1 ||
  index.atoms.some(a => a.kind !== 'var' && m.vectorOf(variablesOf(new Index(0, [a], [1]))))

function loadStraight(m: Scope, buffer: number, index: Index, mem: MemType, vector: Vector | null): Registers {
  if (!vector) return [m.b.load(mem, address(m, buffer, index), 1)]
  return Array.from({ length: vector.unroll }, (_, u) =>
    m.b.load(mem, address(m, buffer, index.plus(u * vector.lanes)), vector.lanes, vector.mask ?? undefined))
}

/** `buffer + index · bytes`, with what is known in outer loops added there. */
export function address(m: Scope, buffer: number, index: Index): Address {
  const bytes = memBytes[memTypeOf(m, buffer)]
  let base = m.argument(buffer)
  const ordered = index.atoms.map((atom, i) => ({ atom, step: index.coefs[i] * bytes, depth: atomDepth(m, atom) }))
    .sort((a, b) => a.depth - b.depth)
  const innermost = ordered[ordered.length - 1]
  for (const term of ordered) {
    if (term === innermost && isScale(term.step)) {
      return { base, index: atomInt(m, term.atom), scale: term.step, disp: index.offset * bytes }
    }
    const from = base
    base = m.int(term.depth, `${from.id}+${atomName(term.atom)}*${term.step}`, () =>
      m.b.iadd(from, scaled(m, atomInt(m, term.atom), term.step)),
    )
  }
  return { base, index: null, scale: 1, disp: index.offset * bytes }
}

const isScale = (n: number): n is 1 | 2 | 4 | 8 => n === 1 || n === 2 || n === 4 || n === 8
const atomName = (a: Atom): string => (a.kind === 'dynamic' ? `d${a.value.id}<${a.extent}` : `v${a.id}`)

function scaled(m: Scope, v: Value, by: number): Value { return m.b.imul(v, by) }

function atomDepth(m: Scope, a: Atom): number {
  if (a.kind === 'var') return m.depthOf(a)
  if (a.kind === 'dynamic') return m.depth(a.value.free)
  return m.depth(variablesOf(a.of))
}

function atomInt(m: Scope, a: Atom): Value {
  if (a.kind === 'var') return m.binding(a).value
  if (a.kind === 'dynamic') return m.int(atomDepth(m, a), atomName(a), () => m.b.toInt(checked(m, a)[0]))
  // A quotient that no split made affine. Where a condition discards the value the operand may be negative: whole
  // multiples of the divisor lift it above 0, since what is outside bounds must not become an address.
  const depth = atomDepth(m, a)
  return m.int(depth, `${a.kind}${a.by}(${a.of.key})`, () => {
    const lift = Math.max(0, Math.ceil(-a.of.bounds()[0] / a.by))
    const of = intOf(m, a.of.plus(lift * a.by))
    return a.kind === 'div' ? m.b.iadd(m.b.idiv(of, a.by), -lift) : m.b.imod(of, a.by)
  })
}

/** The index as an int (scalar loops, or lane 0 of a vector). */
export function intOf(m: Scope, index: Index): Value {
  let sum: Value | null = null
  index.atoms.forEach((a, i) => {
    const term = scaled(m, atomInt(m, a), index.coefs[i])
    sum = sum ? m.b.iadd(sum, term) : term
  })
  return sum ? m.b.iadd(sum, index.offset) : m.b.int(index.offset)
}

/** A run-time index, checked: one out of range puts the size of its axis into the status word and reads element 0. */
function checked(m: Scope, a: Dynamic): Registers {
  const b = m.b
  const status = m.nest.status
  const registers = m.emit(expressionOf(a))
  const wanted = status === undefined ? [] : lanesInUse(m, a, registers)
  return registers.map((v, u) => {
    const inside = b.compare('ltU', v, b.constant('i32', a.extent, v.lanes))
    if (status !== undefined) {
      const base = m.argument(status)
      const wrong = wanted.reduce(
        (mask, w) => b.binary('and', mask, w[Math.min(u, w.length - 1)]),
        b.unary('not', inside),
      )
      b.if('ne', b.any(wrong), b.int(0), () =>
        b.store('i32', { base, index: null, scale: 1, disp: 0 }, b.constant('i32', Math.max(1, a.extent), 1)))
    }
    return b.select(inside, v, b.constant('i32', 0, v.lanes))
  })
}

/** Masks of the lanes whose index must be right: those before a tail's end, and where the conditions around it hold. */
function lanesInUse(m: Scope, a: Dynamic, of: Registers): Registers[] {
  const mask = m.vectorOf(a.value.free)?.mask
  const known = m.guards.filter(x => x.free.every(v => m.isOpen(v)))
    .map(x => m.unguarded(() => m.emit(x))).filter(r => r[0].lanes <= of[0].lanes)
  const wide = (r: Registers) => r.map(v => m.b.splat(v, of[0].lanes))
  return [...(mask && of[0].lanes > 1 ? [[mask]] : []), ...known.map(wide)]
}

/** Lanes of an index as i32 values. */
export function indexLanes(m: Scope, x: Expr): Registers { return lanesOf(m, x.index as Index) }

function lanesOf(m: Scope, index: Index): Registers {
  const b = m.b
  const vars = variablesOf(index)
  const vector = m.vectorOf(vars)
  const varying = index.atoms
    .map((atom, i) => ({ atom, coef: index.coefs[i] }))
    .filter(t => t.atom.kind !== 'var' || m.binding(t.atom).vector)
  const uniform = new Index(
    index.offset,
    index.atoms.filter(a => a.kind === 'var' && !m.binding(a).vector),
    index.coefs.filter((_, i) => {
      const a = index.atoms[i]
      return a.kind === 'var' && !m.binding(a).vector
    }),
  )
  const base = b.fromInt(intOf(m, uniform))
  if (!vector) {
    let sum = base
    for (const t of varying) sum = b.binary('add', sum, times(m, atomScalar(m, t.atom), t.coef))
    return [sum]
  }
  return Array.from({ length: vector.unroll }, (_, u) => {
    let sum = b.splat(base, vector.lanes)
    for (const t of varying) sum = b.binary('add', sum, times(m, atomLanes(m, t.atom, vector, u), t.coef))
    return sum
  })
}

const times = (m: Scope, v: Value, by: number): Value =>
  by === 1 ? v : m.b.binary('mul', v, m.b.constant('i32', by, v.lanes))

function atomScalar(m: Scope, a: Atom): Value {
  return a.kind === 'dynamic' ? checked(m, a)[0] : m.b.fromInt(atomInt(m, a))
}

function atomLanes(m: Scope, a: Atom, vector: Vector, u: number): Value {
  const b = m.b
  if (a.kind === 'dynamic') { const r = checked(m, a); return b.splat(r[Math.min(u, r.length - 1)], vector.lanes) }
  if (a.kind === 'var') {
    const start = b.splat(b.fromInt(b.iadd(m.binding(a).value, u * vector.lanes)), vector.lanes)
    return b.binary('add', start, b.iota(vector.lanes))
  }
  const of = lanesOf(m, a.of)
  const lanes = b.splat(of[Math.min(u, of.length - 1)], vector.lanes)
  return quotientLanes(m, a.kind, lanes, a.by, Math.max(...a.of.bounds().map(Math.abs)))
}

/**
 * ⌊v / by⌋ and v mod by of lanes, exact: the float quotient is off by less than one, which is mended. From 2²² on it
 * can be off by more: then the rest is divided once more.
 */
function quotientLanes(m: Scope, kind: 'div' | 'mod', v: Value, by: number, greatest: number): Value {
  const b = m.b
  const i = (n: number) => b.constant('i32', n, v.lanes)
  if (Number.isInteger(Math.log2(by)))
    return kind === 'div' ? b.binary('shrS', v, i(Math.log2(by))) : b.binary('and', v, i(by - 1))
  const near = (x: Value) =>
    b.convert('f32ToI32', b.binary('mul', b.convert('i32ToF32', x), b.constant('f32', Math.fround(1 / by), v.lanes)))
  const left = (x: Value, q: Value) => b.binary('sub', x, b.binary('mul', q, i(by)))
  let guess = near(v)
  let rest = left(v, guess)
  if (greatest >= 2 ** 22) {
    const more = near(rest)
    guess = b.binary('add', guess, more)
    rest = left(rest, more)
  }
  const low = b.compare('lt', rest, i(0))
  const high = b.compare('le', i(by), rest)
  if (kind === 'mod') {
    return b.select(low, b.binary('add', rest, i(by)), b.select(high, b.binary('sub', rest, i(by)), rest))
  }
  return b.select(low, b.binary('sub', guess, i(1)), b.select(high, b.binary('add', guess, i(1)), guess))
}

function variablesOf(index: Index): IndexVar[] {
  const out: IndexVar[] = []
  index.walk(a => { if (a.kind === 'var') out.push(a); else if (a.kind === 'dynamic') out.push(...a.value.free) })
  return out
}

/** Element by element, each lane at its own place. */
function gatherLanes(m: Scope, buffer: number, index: Index, mem: MemType, vector: Vector): Registers {
  const b = m.b
  const base = m.argument(buffer)
  // Only lanes behind a tail's end can be below 0: they are masked, but element numbers must not be negative.
  const [low] = index.bounds()
  const above = (v: Value): Value => (low < 0 ? b.binary('max', v, b.constant('i32', 0, v.lanes)) : v)
  return lanesOf(m, index).map(lanes =>
    b.gather(mem, base, b.splat(above(lanes), vector.lanes), 0, vector.mask ?? undefined),
  )
}

/** Under a condition that may be false: every lane is clamped into the buffer, so that nothing outside is read. */
function loadClamped(m: Scope, buffer: number, index: Index, mem: MemType, vector: Vector | null): Registers {
  const b = m.b
  const last = m.buffers[buffer].size - 1
  const base = m.argument(buffer)
  const clamp = (v: Value): Value => {
    const i = (n: number) => b.constant('i32', n, v.lanes)
    return b.binary('min', b.binary('max', v, i(0)), i(last))
  }
  const lanes = lanesOf(m, index).map(clamp)
  if (!vector)
    return lanes.map(v => b.load(mem, { base, index: b.toInt(v), scale: memBytes[mem] as 1 | 2 | 4 | 8, disp: 0 }, 1))
  return lanes.map(v => b.gather(mem, base, b.splat(v, vector.lanes), 0, vector.mask ?? undefined))
}

/** low ≤ index < high, as a mask. */
export function inRangeMask(m: Scope, x: Expr): Registers {
  const b = m.b
  return lanesOf(m, x.index as Index).map(v => {
    const i = (n: number) => b.constant('i32', n, v.lanes)
    // One unsigned comparison does both sides.
    return b.compare('ltU', b.binary('sub', v, i(x.low)), i(x.high - x.low))
  })
}

/** Stores the registers at `index` of `buffer`. */
export function storeElements(m: Scope, buffer: number, index: Index, value: Expr): void {
  const b = m.b
  const info = m.buffers[buffer]
  const mem = memTypeOf(m, buffer)
  const vector = m.vectorOf(index.atoms.filter((a): a is IndexVar => a.kind === 'var'))
  let registers = m.emit(value)
  if (value.op === 'constant') registers = [m.constant(value, vector?.lanes ?? 1)]
  if (vector) registers = m.spread(registers, vector.lanes, vector.unroll)
  registers.forEach((r, u) => {
    const bits = toMemory(b, r, info.dtype, mem)
    b.store(mem, address(m, buffer, index.plus(u * (vector?.lanes ?? 1))), bits, vector?.mask ?? undefined)
  })
}
