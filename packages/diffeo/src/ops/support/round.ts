/** @file Values as a dtype holds them: rounding of floats (half to even), wrapping of integers. */
import { isFloat, type DType } from '../../graph/dtype.ts'

const bits = new DataView(new ArrayBuffer(8))
const magic = 2 ** 52

/** Nearest integer, halves to even; keeps the sign of zero. */
export function roundHalfEven(x: number): number {
  const a = Math.abs(x)
  if (!(a < magic)) return x
  const r = a + magic - magic
  return x < 0 || Object.is(x, -0) ? -r : r
}

/** Rounds to a binary format of `precision` fraction bits, with subnormals below 2^minExponent. */
function toFormat(x: number, precision: number, minExponent: number, greatest: number): number {
  if (x === 0 || !Number.isFinite(x)) return x
  bits.setFloat64(0, x)
  const exponent = ((bits.getUint16(0) >> 4) & 0x7ff) - 1023
  const quantum = 2 ** (Math.max(exponent, minExponent) - precision)
  const r = roundHalfEven(x / quantum) * quantum
  return Math.abs(r) > greatest ? Math.sign(x) * Infinity : r
}

/** The nearest value of the dtype; integers truncate and wrap (NaN and ±∞ give 0), as PyTorch casts. */
export const rounders: Record<DType, (x: number) => number> = {
  float64: x => x,
  float32: Math.fround,
  float16: x => toFormat(x, 10, -14, 65504),
  bfloat16: x => toFormat(x, 7, -126, 3.3895313892515355e38),
  int32: x => x | 0,
  uint32: x => x >>> 0,
  int8: x => (x << 24) >> 24,
  uint8: x => x & 255,
  bool: x => (x !== 0 ? 1 : 0),
}

/** The value of an operation in an integer dtype; floats stay exact (the caller rounds). */
export const wrapper = (dtype: DType): (x: number) => number => (isFloat(dtype) ? x => x : rounders[dtype])

/** a · b in the dtype: 32-bit products do not fit a double. */
export const multiplier = (dtype: DType): (a: number, b: number) => number =>
  isFloat(dtype) ? (a, b) => a * b : dtype === 'uint32' ? (a, b) => Math.imul(a, b) >>> 0 : Math.imul
