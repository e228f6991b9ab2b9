/**
 * @file The arithmetic of the interpreter, lane by lane. f32 lanes are numbers that float32 holds, masks 0 or 1; lanes
 * of i64 are BigInts, among numbers by a cast in `wide`.
 */
import { half } from '../util/half.ts'
import { fmaDouble } from './interpret-fma.ts'
import type { Kind, Opcode } from './ir.ts'

export type Lanes = readonly number[]
export type FmaMode = 'single' | 'double'

type Fn1 = (a: number) => number
type Fn2 = (a: number, b: number) => number

const f = Math.fround
const view = new DataView(new ArrayBuffer(8))

export function bitsOf(x: number): number {
  view.setFloat32(0, x)
  return view.getInt32(0)
}

export function floatOf(bits: number): number {
  view.setInt32(0, bits)
  return view.getFloat32(0)
}

/** Half to even. */
export function roundEven(x: number): number {
  if (!(Math.abs(x) < 2 ** 52)) return x
  const low = Math.floor(x)
  const up = x - low > 0.5 || (x - low === 0.5 && low % 2 !== 0)
  const rounded = up ? low + 1 : low
  return rounded === 0 ? (x < 0 || Object.is(x, -0) ? -0 : 0) : rounded
}

/**
 * a·b + c of float32s, rounded once. The product is exact in float64; the sum is rounded to odd (53 ≥ 2·24 + 2 bits),
 * so that rounding it again to float32 gives the correctly rounded result.
 */
export function fmaSingle(a: number, b: number, c: number): number {
  const p = a * b
  const s = p + c
  if (!Number.isFinite(s)) return f(s)
  const t = s - p
  const error = (p - (s - t)) + (c - t)
  return f(error === 0 ? s : toOdd(s, error))
}

function toOdd(s: number, error: number): number {
  view.setFloat64(0, s)
  const bits = view.getBigInt64(0)
  if (bits & 1n) return s
  view.setBigInt64(0, (error > 0) === (s > 0) ? bits + 1n : bits - 1n)
  return view.getFloat64(0)
}

const minF: Fn2 = (a, b) => b < a ? b : a
const maxF: Fn2 = (a, b) => a < b ? b : a

const unaryF: Record<string, Fn1> = {
  neg: (a) => -a, abs: Math.abs, sqrt: (a) => f(Math.sqrt(a)),
  floor: Math.floor, ceil: Math.ceil, trunc: Math.trunc, round: roundEven,
  roundF16: (a) => half.decode(half.encode(a)),
}
const unaryI: Record<string, Fn1> = { neg: (a) => -a | 0, abs: (a) => Math.abs(a) | 0, not: (a) => ~a }

const unaryD: Record<string, Fn1> = { ...unaryF, sqrt: Math.sqrt }

const binaryF: Record<string, Fn2> = {
  add: (a, b) => f(a + b), sub: (a, b) => f(a - b), mul: (a, b) => f(a * b), div: (a, b) => f(a / b),
  min: minF, max: maxF,
}
const binaryD: Record<string, Fn2> = {
  add: (a, b) => a + b, sub: (a, b) => a - b, mul: (a, b) => a * b, div: (a, b) => a / b, min: minF, max: maxF,
}
const wide = (op: (a: bigint, b: bigint) => bigint): Fn2 =>
  ((a: bigint, b: bigint) => BigInt.asIntN(64, op(a, b))) as unknown as Fn2
const low = (a: bigint) => BigInt.asUintN(32, a)
const binaryL: Record<string, Fn2> = {
  add: wide((a, b) => a + b), sub: wide((a, b) => a - b), mulU: wide((a, b) => low(a) * low(b)),
  and: wide((a, b) => a & b), or: wide((a, b) => a | b), xor: wide((a, b) => a ^ b),
  shl: wide((a, b) => a << b), shrU: wide((a, b) => BigInt.asUintN(64, a) >> b),
}
const binaryI: Record<string, Fn2> = {
  add: (a, b) => a + b | 0, sub: (a, b) => a - b | 0, mul: Math.imul,
  min: minF, max: maxF,
  minU: (a, b) => b >>> 0 < a >>> 0 ? b : a, maxU: (a, b) => a >>> 0 < b >>> 0 ? b : a,
  and: (a, b) => a & b, or: (a, b) => a | b, xor: (a, b) => a ^ b,
  shl: (a, b) => a << b, shrS: (a, b) => a >> b, shrU: (a, b) => a >>> b | 0,
}
const bit = (b: boolean) => b ? 1 : 0
const compares: Record<string, Fn2> = {
  eq: (a, b) => bit(a === b), ne: (a, b) => bit(a !== b), lt: (a, b) => bit(a < b), le: (a, b) => bit(a <= b),
  ltU: (a, b) => bit(a >>> 0 < b >>> 0), leU: (a, b) => bit(a >>> 0 <= b >>> 0),
}
/** Out of range is unspecified; here it saturates. */
const clamp = (x: number, low: number, high: number) => x !== x ? 0 : Math.min(Math.max(Math.trunc(x), low), high)
const converts: Record<string, Fn1> = {
  f32ToI32: (a) => clamp(a, -(2 ** 31), 2 ** 31 - 1) | 0, f32ToU32: (a) => clamp(a, 0, 2 ** 32 - 1) | 0,
  i32ToF32: f, u32ToF32: (a) => f(a >>> 0), bitsToF32: floatOf, bitsToI32: bitsOf,
  maskToI32: (a) => a, i32ToMask: (a) => bit(a !== 0),
  f32ToF64: (a) => a, f64ToF32: f, i32ToF64: (a) => a, f64ToI32: (a) => clamp(a, -(2 ** 31), 2 ** 31 - 1) | 0,
  bitsToI64: ((a: number) => (view.setFloat64(0, a), view.getBigInt64(0))) as unknown as Fn1,
  bitsToF64: ((a: bigint) => (view.setBigInt64(0, a), view.getFloat64(0))) as unknown as Fn1,
}

/** Lanes of two vectors in turn, of their lower or upper halves. */
export function zip(op: 'zipLo' | 'zipHi', a: Lanes, b: Lanes): Lanes {
  const from = op === 'zipLo' ? 0 : a.length / 2
  return a.map((_, i) => (i % 2 === 0 ? a : b)[from + (i >> 1)])
}

/** Unary, binary, comparison, conversion, select and fma. `kind` is the first operand's. */
export function lanewise(op: Opcode, kind: Kind, args: readonly Lanes[], lanes: number, fma: FmaMode): Lanes {
  const [a, b, c] = args
  const out = new Array<number>(lanes)
  if (op === 'select') for (let i = 0; i < lanes; i++) out[i] = a[i] ? b[i] : c[i]
  else if (op === 'fma') {
    const step = kind === 'f64' ? multiplyAddDouble : multiplyAdd
    for (let i = 0; i < lanes; i++) out[i] = step(a[i], b[i], c[i], fma)
  }
  else if (args.length === 2) map2(out, op in compares ? compares[op] : binary(op, kind), a, b)
  else map1(out, op in converts ? converts[op] : unary(op, kind), a)
  return out
}

function multiplyAdd(a: number, b: number, c: number, mode: FmaMode): number {
  return mode === 'single' ? fmaSingle(a, b, c) : f(f(a * b) + c)
}

function multiplyAddDouble(a: number, b: number, c: number, mode: FmaMode): number {
  return mode === 'single' ? fmaDouble(a, b, c) : a * b + c
}

/** The lane that a constant of this kind is. */
export const constantOf = (kind: Kind, imm: number): number =>
  kind === 'f32' ? f(imm) : kind === 'i32' ? imm | 0 : kind === 'i64' ? BigInt(imm) as unknown as number : imm

function map1(out: number[], fn: Fn1, a: Lanes): void {
  for (let i = 0; i < out.length; i++) out[i] = fn(a[i])
}

function map2(out: number[], fn: Fn2, a: Lanes, b: Lanes): void {
  for (let i = 0; i < out.length; i++) out[i] = fn(a[i], b[i])
}

function unary(op: Opcode, kind: Kind): Fn1 {
  if (kind === 'mask' && op === 'not') return (a) => 1 - a
  return known((kind === 'f32' ? unaryF : kind === 'f64' ? unaryD : unaryI)[op], op, kind)
}

const binaries: Record<Kind, Record<string, Fn2>> = {
  f32: binaryF, f64: binaryD, i32: binaryI, i64: binaryL, mask: binaryI, int: {},
}

function binary(op: Opcode, kind: Kind): Fn2 {
  return known(binaries[kind][op], op, kind)
}

function known<T>(fn: T | undefined, op: Opcode, kind: Kind): T {
  if (fn === undefined) throw new Error(`there is no ${op} of ${kind}`)
  return fn
}

/** The fixed tree: the low half with the high half, lane by lane, until one is left. */
export function reduce(op: Opcode, kind: Kind, lanes: Lanes): number {
  const step = binary(reduceOp(op), kind)
  let level = lanes
  while (level.length > 1) {
    const half = level.length / 2
    const previous = level
    level = Array.from({ length: half }, (_, i) => step(previous[i], previous[i + half]))
  }
  return level[0]
}

/** `reduceMinU` → `minU`. */
export function reduceOp(op: Opcode): Opcode {
  return (op[6].toLowerCase() + op.slice(7)) as Opcode
}
