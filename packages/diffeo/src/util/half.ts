/** @file float16 and bfloat16 as 16 bits, to and from float32, rounding to nearest even. */

const word = new ArrayBuffer(4)
const bits = /* @__PURE__ */ new Uint32Array(word)
const real = /* @__PURE__ */ new Float32Array(word)

function toHalf(value: number): number {
  real[0] = value
  const x = bits[0]
  const sign = (x >>> 16) & 0x8000
  const magnitude = x & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  if (magnitude < 0x38800000) {
    // below 2⁻¹⁴: a multiple of 2⁻²⁴, the scaling is exact
    real[0] = roundEven(Math.abs(value) * 2 ** 24)
    return sign | real[0]
  }
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
}

const roundEven = (x: number): number => {
  const down = Math.floor(x)
  return x - down > 0.5 || (x - down === 0.5 && down % 2 === 1) ? down + 1 : down
}

function fromHalf(h: number): number {
  const sign = h & 0x8000 ? -1 : 1
  const exponent = (h >>> 10) & 31
  const fraction = h & 1023
  if (exponent === 31) return fraction ? NaN : sign * Infinity
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25)
}

function toBrain(value: number): number {
  real[0] = value
  const x = bits[0]
  if ((x & 0x7fffffff) > 0x7f800000) return (x >>> 16) | 0x40
  return (x + 0x7fff + ((x >>> 16) & 1)) >>> 16
}

function fromBrain(b: number): number {
  bits[0] = b << 16
  return real[0]
}

/** What `decode` gives for each of the 65,536 patterns of bits: 256 KiB, made when first asked for. */
const table = (decode: (bits: number) => number): (() => Float32Array) => {
  let values: Float32Array | null = null
  return () => values ??= Float32Array.from({ length: 65_536 }, (_, i) => decode(i))
}
const decoder = (decode: (bits: number) => number) => {
  const values = table(decode)
  return (from: Uint16Array): Float32Array<ArrayBuffer> => {
    const known = values()
    const out = new Float32Array(from.length)
    for (let i = 0; i < from.length; i++) out[i] = known[from[i]]
    return out
  }
}

/** Functions between the 16 bits and the number, and for arrays of them. */
export const half = { encode: toHalf, decode: fromHalf, decodeAll: decoder(fromHalf) }
export const brain = { encode: toBrain, decode: fromBrain, decodeAll: decoder(fromBrain) }
