/**
 * @file Every scalar operation, decomposed into kernel IR: the same instructions for every backend. Types: float32 is
 * of kind f32, and so are float16 and bfloat16, each result being rounded to them; float64 is of kind f64; int32,
 * uint32, int8, uint8 of kind i32 (bytes sign- or zero-extended); bool of kind mask. Nothing counts on fma being fused:
 * products that must be exact are of heads of few bits.
 */
import type { BinaryOp, DType, UnaryOp } from '../../expr/types.ts'
import type { Builder } from '../builder.ts'
import type { Value } from '../ir.ts'
import { convert } from './convert.ts'
import { doubleBinary, doubleUnary } from './double/index.ts'
import { erf } from './erf.ts'
import { exp, exp2, expm1, tanh } from './exponential.ts'
import {
  intIdiv, intLess, intMax, intMin, intMod, intNeg, intNot, intPow, intShl, intShr, isInt, wrap, type IntType,
} from './integers.ts'
import { roundHalf } from './half.ts'
import { log, log1p, log2 } from './logarithm.ts'
import { Ops } from './ops.ts'
import { pow } from './pow.ts'
import { floatIdiv, floatMod } from './remainder.ts'
import { cos, sin } from './trigonometric.ts'

/**
 * Greatest errors in units in the last place (of the float32 nearest the true value; 2^−149 for subnormals), whether
 * fma is fused or not. Measured over all exponents, on 8·10⁷ and more arguments of each (fused, not fused):
 *
 *     exp 1.57 1.85   exp2 0.88 1.08   expm1 1.43 1.41   log 0.84 0.86   log2 0.97 1.29   log1p 1.45 1.50
 *     sin 1.94 1.92   cos 2.02 2.02    tanh 1.96 2.01    erf 1.18 1.28   pow 0.94 1.20
 *
 * `div`, `reciprocal` and `sqrt` are correctly rounded; `mod` is exact up to its last addition; the rest is exact or
 * one IEEE operation. NaN, infinities, zeros (also their signs) and subnormals are as in C99, but a zero of `mod` may
 * have either sign, and so may `maximum(−0, 0)`.
 */
export const ulpBounds: Record<
  'exp' | 'exp2' | 'expm1' | 'log' | 'log2' | 'log1p' | 'sin' | 'cos' | 'tanh' | 'erf' | 'pow', number
> = {
  exp: 2, exp2: 1.25, expm1: 1.75, log: 1, log2: 1.5, log1p: 1.75, sin: 2.1, cos: 2.1, tanh: 2.1, erf: 1.5, pow: 1.5,
}

export function unaryMath(b: Builder, op: UnaryOp, x: Value, dtype: DType): Value {
  const o = new Ops(b, x.lanes, dtype === 'float64' ? 'f64' : 'f32')
  const result = dtype === 'float32' ? floatUnary[op]?.(o, x)
    : dtype === 'float64' ? doubleUnary[op]?.(o, x)
    : isHalf(dtype) ? halfResult(o, op, floatUnary[op]?.(o, x), dtype)
    : isInt(dtype) ? intUnary[op]?.(o, x, dtype)
    : dtype === 'bool' && op === 'not' ? o.not(x) : undefined
  return result ?? missing(op, dtype)
}

export function binaryMath(b: Builder, op: BinaryOp, x: Value, y: Value, dtype: DType): Value {
  const o = new Ops(b, x.lanes, dtype === 'float64' ? 'f64' : 'f32')
  const result = dtype === 'float32' ? floatBinary[op]?.(o, x, y)
    : dtype === 'float64' ? doubleBinary[op]?.(o, x, y)
    : isHalf(dtype) ? halfResult(o, op, floatBinary[op]?.(o, x, y), dtype)
    : isInt(dtype) ? intBinary[op]?.(o, x, y, dtype)
    : dtype === 'bool' ? maskBinary[op]?.(o, x, y) : undefined
  return result ?? missing(op, dtype)
}

export function convertMath(b: Builder, x: Value, from: DType, to: DType): Value {
  return convert(b, x, from, to)
}

const isHalf = (d: DType): boolean => d === 'float16' || d === 'bfloat16'
/** What gives a half of halves, or no float. */
const exact: ReadonlySet<string> = new Set(['neg', 'floor', 'trunc', 'round', 'maximum', 'minimum', 'less', 'equal'])

function halfResult(o: Ops, op: string, x: Value | undefined, dtype: DType): Value | undefined {
  return x && !exact.has(op) ? roundHalf(o, x, dtype) : x
}

function missing(op: string, dtype: DType): never {
  throw new Error(`kernel: there is no ${op} of ${dtype}`)
}

const same = (_: Ops, x: Value) => x

const floatUnary: Partial<Record<UnaryOp, (o: Ops, x: Value) => Value>> = {
  neg: (o, x) => o.neg(x),
  reciprocal: (o, x) => o.div(1, x),
  sqrt: (o, x) => o.b.unary('sqrt', x),
  exp, exp2, expm1, log, log2, log1p, sin, cos, tanh, erf,
  floor: (o, x) => o.floor(x),
  trunc: (o, x) => o.trunc(x),
  round: (o, x) => o.b.unary('round', x),
}

const intUnary: Partial<Record<UnaryOp, (o: Ops, x: Value, d: IntType) => Value>> = {
  neg: intNeg, not: intNot, floor: same, trunc: same, round: same,
}

const floatBinary: Partial<Record<BinaryOp, (o: Ops, x: Value, y: Value) => Value>> = {
  add: (o, x, y) => o.add(x, y),
  mul: (o, x, y) => o.mul(x, y),
  div: (o, x, y) => o.div(x, y),
  // IR max and min give x where x or y is NaN.
  maximum: (o, x, y) => o.select(o.ne(y, y), y, o.max(x, y)),
  minimum: (o, x, y) => o.select(o.ne(y, y), y, o.min(x, y)),
  idiv: floatIdiv, mod: floatMod, pow,
  less: (o, x, y) => o.lt(x, y),
  equal: (o, x, y) => o.eq(x, y),
}

const intBinary: Partial<Record<BinaryOp, (o: Ops, x: Value, y: Value, d: IntType) => Value>> = {
  add: (o, x, y, d) => wrap(o, o.add(x, y), d),
  mul: (o, x, y, d) => wrap(o, o.mul(x, y), d),
  maximum: intMax, minimum: intMin, idiv: intIdiv, mod: intMod, pow: intPow,
  less: intLess,
  equal: (o, x, y) => o.eq(x, y),
  and: (o, x, y) => o.and(x, y),
  or: (o, x, y) => o.or(x, y),
  xor: (o, x, y) => o.xor(x, y),
  shl: intShl, shr: intShr,
}

const maskBinary: Partial<Record<BinaryOp, (o: Ops, x: Value, y: Value) => Value>> = {
  add: (o, x, y) => o.or(x, y),
  mul: (o, x, y) => o.and(x, y),
  maximum: (o, x, y) => o.or(x, y),
  minimum: (o, x, y) => o.and(x, y),
  less: (o, x, y) => o.and(o.not(x), y),
  equal: (o, x, y) => o.not(o.xor(x, y)),
  and: (o, x, y) => o.and(x, y),
  or: (o, x, y) => o.or(x, y),
  xor: (o, x, y) => o.xor(x, y),
}
