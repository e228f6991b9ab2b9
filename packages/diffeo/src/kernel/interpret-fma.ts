/** @file a·b + c of float64s, rounded once, by exact integer arithmetic. */

const view = new DataView(new ArrayBuffer(8))

/** A finite float64 as whole · 2^exponent. */
function parts(x: number): { readonly whole: bigint; readonly exponent: number } {
  view.setFloat64(0, x)
  const bits = view.getBigUint64(0)
  const biased = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xfffffffffffffn
  const magnitude = biased === 0 ? fraction : fraction | (1n << 52n)
  return { whole: x < 0 ? -magnitude : magnitude, exponent: Math.max(biased, 1) - 1075 }
}

export function fmaDouble(a: number, b: number, c: number): number {
  if (!Number.isFinite(a) || !Number.isFinite(b) || !Number.isFinite(c) || a === 0 || b === 0) return a * b + c
  const [p, q, r] = [a, b, c].map(parts)
  const exponent = Math.min(p.exponent + q.exponent, r.exponent)
  const product = (p.whole * q.whole) << BigInt(p.exponent + q.exponent - exponent)
  const sum = product + (r.whole << BigInt(r.exponent - exponent))
  return sum === 0n ? 0 : nearest(sum, exponent)
}

/** whole · 2^exponent to nearest even, subnormals included. */
function nearest(whole: bigint, exponent: number): number {
  const magnitude = whole < 0n ? -whole : whole
  const length = magnitude.toString(2).length
  const drop = Math.max(length - 53, -1074 - exponent)
  const kept = drop <= 0 ? magnitude << BigInt(-drop) : rounded(magnitude, BigInt(drop))
  // kept ≤ 2^53, and 2^(exponent + drop) may itself be too small or too large for a number: two steps.
  const scale = exponent + drop
  const half = Math.trunc(scale / 2)
  const value = Number(kept) * 2 ** half * 2 ** (scale - half)
  return whole < 0n ? -value : value
}

function rounded(magnitude: bigint, drop: bigint): bigint {
  const kept = magnitude >> drop
  const rest = magnitude - (kept << drop)
  const half = 1n << (drop - 1n)
  return rest > half || (rest === half && (kept & 1n) === 1n) ? kept + 1n : kept
}
