/**
 * @file float16 and bfloat16 in float32 lanes: rounding to nearest even, and to and from their 16 bits, by integer
 * arithmetic for targets that have no instruction for it. NaNs stay NaN, infinities and subnormals are as in IEEE 754.
 */
import type { DType } from '../../expr/types.ts'
import type { Value } from '../ir.ts'
import type { Ops } from './ops.ts'

const sign = -(2 ** 31)
const infinity = 0x7f800000

/** The nearest value of the dtype, as a float32. */
export function roundHalf(o: Ops, x: Value, dtype: DType): Value {
  if (dtype === 'bfloat16') return o.select(o.eq(x, x), roundBits(o, x, 16), x)
  return o.b.f16 ? o.b.unary('roundF16', x) : roundToF16(o, x)
}

/** To a multiple of 2^n units in the last place; a carry into the exponent is right, up to infinity. */
function roundBits(o: Ops, x: Value, n: number): Value {
  const bits = o.bits(x)
  const odd = o.and(o.shrU(bits, n), 1)
  return o.real(o.and(o.add(o.add(bits, 2 ** (n - 1) - 1), odd), -(2 ** n)))
}

/** Below 2^−14 the values are multiples of 2^−24, which adding ½ rounds to; 65520 and more are infinite. */
function roundToF16(o: Ops, x: Value): Value {
  const a = o.abs(x)
  const tiny = o.orSign(o.sub(o.add(a, 0.5), 0.5), x)
  const near = o.select(o.lt(a, 65520), roundBits(o, x, 13), o.orSign(o.f(Infinity), x))
  return o.select(o.eq(x, x), o.select(o.lt(a, 2 ** -14), tiny, near), x)
}

/** The low 16 bits of the result are those of a value that the dtype holds; the others are any. */
export function halfBits(o: Ops, x: Value, dtype: DType): Value {
  if (dtype === 'bfloat16') return o.shrU(o.select(o.eq(x, x), o.bits(x), 0x7fc00000), 16)
  const bits = o.bits(x)
  const magnitude = o.and(bits, 0x7fffffff)
  const normal = o.shrU(o.sub(magnitude, 112 * 2 ** 23), 13)
  const tiny = o.toI32(o.mul(o.real(magnitude), 2 ** 24))
  const finite = o.select(o.lt(magnitude, 113 * 2 ** 23), tiny, normal)
  const special = o.select(o.lt(infinity, magnitude), o.i(0x7e00), o.i(0x7c00))
  const value = o.select(o.lt(magnitude, infinity), finite, special)
  return o.or(value, o.and(o.shrU(bits, 16), 0x8000))
}

/** The value of 16 bits in lanes whose other bits are 0: a float16 is scaled by 2^112, which is exact. */
export function halfValue(o: Ops, bits: Value, dtype: DType): Value {
  if (dtype === 'bfloat16') return o.real(o.shl(bits, 16))
  const moved = o.shl(o.and(bits, 0x7fff), 13)
  const scaled = o.bits(o.mul(o.real(moved), 2 ** 112))
  const value = o.select(o.lt(moved, 0xf800000), scaled, o.or(moved, infinity))
  return o.real(o.or(value, o.and(o.shl(bits, 16), sign)))
}
