/** @file How elements of each dtype lie in memory and in registers: narrow floats are float32 there, exact. */
import type { DType } from '../expr/types.ts'
import { brain, half } from '../util/half.ts'
import type { Builder, DataKind } from './builder.ts'
import { memBytes, type MemType, type Target, type Value } from './ir.ts'
import { Ops } from './math/ops.ts'
import { halfBits, halfValue } from './math/half.ts'

const memTypes: Record<DType, MemType> = {
  float32: 'f32', float64: 'f64', float16: 'u16', bfloat16: 'u16', int32: 'i32', uint32: 'i32', int8: 'i8', uint8: 'u8',
  bool: 'u8',
}

export const memTypeOf = (dtype: DType, target: Target): MemType =>
  dtype === 'float16' && target.f16 ? 'f16' : memTypes[dtype]

/** How elements are moved that nothing is computed of. */
export const bitsTypeOf = (dtype: DType): MemType => memTypes[dtype]

/** Bytes of an element. */
export const bytesOf = (dtype: DType): number => memBytes[memTypes[dtype]]

export const isFloat = (d: DType): boolean => isNarrowFloat(d) || d === 'float32' || d === 'float64'
export const isNarrowFloat = (d: DType): boolean => d === 'float16' || d === 'bfloat16'

/** The kind of registers that hold the dtype's values; a bool that is not a mask is an integer. */
export const kindOf = (d: DType): DataKind => d === 'float64' ? 'f64' : isFloat(d) ? 'f32' : 'i32'

/** A number as the float dtype holds it. */
export function roundTo(dtype: DType, x: number): number {
  if (dtype === 'float64') return x
  if (dtype === 'float32') return Math.fround(x)
  const { encode, decode } = dtype === 'float16' ? half : brain
  return decode(encode(x))
}

/** The value that was loaded as `mem`. */
export function fromMemory(b: Builder, loaded: Value, dtype: DType, mem: MemType): Value {
  if (dtype === 'bool') return b.convert('i32ToMask', loaded)
  return isNarrowFloat(dtype) && mem === 'u16' ? halfValue(new Ops(b, loaded.lanes), loaded, dtype) : loaded
}

/** What is stored as `mem` for a value; narrow floats are already rounded. */
export function toMemory(b: Builder, value: Value, dtype: DType, mem: MemType): Value {
  if (dtype === 'bool') return b.binary('and', b.convert('maskToI32', value), b.constant('i32', 1, value.lanes))
  return isNarrowFloat(dtype) && mem === 'u16' ? halfBits(new Ops(b, value.lanes), value, dtype) : value
}
