/** @file Conversions between types. */
import type { DType } from '../../expr/types.ts'
import type { Builder } from '../builder.ts'
import type { Value } from '../ir.ts'
import { roundHalf } from './half.ts'
import { isInt, wrap, type IntType } from './integers.ts'
import { Ops } from './ops.ts'

/**
 * To bool: x ≠ 0, true for NaN. Floats to integers: truncated, saturated at the ends of int32 or uint32, 0 for NaN; to
 * narrower integers through int32, of which the low bits stay. Integers to integers: the low bits. To narrower floats:
 * to nearest even, once.
 */
export function convert(b: Builder, x: Value, from: DType, to: DType): Value {
  if (from === to) return x
  const o = new Ops(b, x.lanes, from === 'float64' ? 'f64' : 'f32')
  if (from === 'bool') return fromMask(o, x, to)
  if (isInt(from)) return fromInt(o, x, from, to)
  if (to === 'bool') return o.ne(x, 0)
  if (isInt(to)) return wrap(o, from === 'float64' ? doubleToWord(o, x, to) : floatToWord(o, x, to), to)
  if (to === 'float64') return b.convert('f32ToF64', x)
  const single = from !== 'float64' ? x : to === 'float32' ? b.convert('f64ToF32', x) : toOdd(o, x)
  return to === 'float32' ? single : roundHalf(new Ops(b, x.lanes), single, to)
}

function floatToWord(o: Ops, x: Value, to: IntType): Value {
  const unsigned = to === 'uint32'
  const low = o.max(x, unsigned ? 0 : -(2 ** 31))
  const near = o.b.convert(unsigned ? 'f32ToU32' : 'f32ToI32', low)
  const past = o.le(unsigned ? 2 ** 32 : 2 ** 31, x)
  const bounded = o.select(past, unsigned ? o.i(-1) : o.i(2 ** 31 - 1), near)
  return o.select(o.eq(x, x), bounded, o.i(0))
}

/** Unsigned words go by the middle of their range, as if they were signed. */
function doubleToWord(o: Ops, x: Value, to: IntType): Value {
  const unsigned = to === 'uint32'
  const inside = o.min(o.max(x, unsigned ? 0 : -(2 ** 31)), unsigned ? 2 ** 32 - 1 : 2 ** 31 - 1)
  const word = unsigned
    ? o.xor(o.b.convert('f64ToI32', o.sub(o.trunc(inside), 2 ** 31)), -(2 ** 31))
    : o.b.convert('f64ToI32', inside)
  return o.select(o.eq(x, x), word, o.i(0))
}

/**
 * The float32 next to x whose last bit is 1, unless x is one: rounding that to a half gives what rounding x gives
 * (Boldo & Melquiond, *Emulation of a FMA and correctly rounded sums*, 2008).
 */
function toOdd(o: Ops, x: Value): Value {
  const near = o.b.convert('f64ToF32', x)
  const back = o.b.convert('f32ToF64', near)
  const beyond = o.b.convert('maskToI32', o.lt(o.abs(x), o.abs(back)))
  const inexact = o.b.convert('maskToI32', o.ne(back, x))
  return o.real(o.or(o.sub(o.bits(near), beyond), inexact))
}

function fromMask(o: Ops, x: Value, to: DType): Value {
  if (isInt(to)) return o.b.convert('maskToI32', x)
  const result = new Ops(o.b, o.lanes, to === 'float64' ? 'f64' : 'f32')
  return result.select(x, 1, 0)
}

function fromInt(o: Ops, x: Value, from: IntType, to: DType): Value {
  if (to === 'bool') return o.b.convert('i32ToMask', x)
  if (to === 'float64') return toDouble(o, x, from)
  if (isInt(to)) return from === 'uint8' || (from === 'int8' && to === 'int32') ? narrow(o, x, to) : wrap(o, x, to)
  const word = to === 'bfloat16' ? sticky(o, x, from) : x
  const single = o.b.convert(from === 'uint32' ? 'u32ToF32' : 'i32ToF32', word)
  return to === 'float32' ? single : roundHalf(o, single, to)
}

/** An extended byte fits every type but int8. */
const narrow = (o: Ops, x: Value, to: IntType): Value => to === 'int8' ? wrap(o, x, to) : x

function toDouble(o: Ops, x: Value, from: IntType): Value {
  const signed = o.b.convert('i32ToF64', x)
  if (from !== 'uint32') return signed
  const wide = new Ops(o.b, o.lanes, 'f64')
  return wide.add(signed, wide.select(o.lt(x, 0), 2 ** 32, 0))
}

/**
 * What is below 2^8 units in large words becomes one bit, so that a float32 holds the word and a bfloat16 is rounded
 * once. (No float16 is that large.)
 */
function sticky(o: Ops, x: Value, from: IntType): Value {
  if (from !== 'int32' && from !== 'uint32') return x
  const odd = o.and(o.or(x, o.add(o.and(x, 255), 255)), -256)
  const small = o.ltU(from === 'uint32' ? x : o.add(x, 2 ** 24), from === 'uint32' ? 2 ** 24 : 2 ** 25)
  return o.select(small, x, odd)
}
