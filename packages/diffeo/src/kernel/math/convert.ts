/** @file Conversions between types. */
import type { DType } from '../../expr/types.ts'
import type { Value } from '../ir.ts'
import { isInt, wrap, type IntType } from './integers.ts'
import type { Ops } from './ops.ts'

/**
 * To bool: x ≠ 0, true for NaN. Floats to integers: truncated, saturated at the ends of int32 or uint32, 0 for NaN; to
 * narrower integers through int32, of which the low bits stay. Integers to integers: the low bits.
 */
export function convert(o: Ops, x: Value, from: DType, to: DType): Value {
  if (from === to) return x
  if (from === 'float32') return fromFloat(o, x, to)
  if (from === 'bool') return fromMask(o, x, to)
  if (isInt(from)) return fromInt(o, x, from, to)
  throw new Error(`kernel: no conversion from ${from} to ${to}`)
}

function fromFloat(o: Ops, x: Value, to: DType): Value {
  if (to === 'bool') return o.ne(x, 0)
  if (!isInt(to)) throw new Error(`kernel: no conversion from float32 to ${to}`)
  const unsigned = to === 'uint32'
  const low = o.max(x, unsigned ? 0 : -(2 ** 31))
  const near = o.b.convert(unsigned ? 'f32ToU32' : 'f32ToI32', low)
  const past = o.le(unsigned ? 2 ** 32 : 2 ** 31, x)
  const bounded = o.select(past, unsigned ? -1 : 2 ** 31 - 1, near)
  return wrap(o, o.select(o.eq(x, x), bounded, 0), to)
}

function fromMask(o: Ops, x: Value, to: DType): Value {
  if (to === 'float32') return o.b.select(x, o.f(1), o.f(0))
  if (isInt(to)) return o.b.convert('maskToI32', x)
  throw new Error(`kernel: no conversion from bool to ${to}`)
}

function fromInt(o: Ops, x: Value, from: IntType, to: DType): Value {
  if (to === 'float32') return o.b.convert(from === 'uint32' ? 'u32ToF32' : 'i32ToF32', x)
  if (to === 'bool') return o.b.convert('i32ToMask', x)
  if (!isInt(to)) throw new Error(`kernel: no conversion from ${from} to ${to}`)
  return from === 'uint8' || (from === 'int8' && to === 'int32') ? narrow(o, x, to) : wrap(o, x, to)
}

/** An extended byte fits every type but int8. */
const narrow = (o: Ops, x: Value, to: IntType): Value => to === 'int8' ? wrap(o, x, to) : x
