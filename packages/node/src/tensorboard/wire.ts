/** @file Protocol buffers in their wire format, as far as event files need them, and the records that hold them. */

/** A field of a message, encoded. */
export type Field = readonly Uint8Array[]

const utf8 = new TextEncoder()

function varint(n: number): Uint8Array {
  const bytes: number[] = []
  // a division, as shifts end at 32 bits
  for (; n >= 0x80; n = Math.floor(n / 0x80)) bytes.push((n % 0x80) | 0x80)
  return Uint8Array.of(...bytes, n)
}
const key = (field: number, type: 0 | 1 | 2 | 5): Uint8Array => varint(field * 8 + type)

/** A whole number from 0. */
export const whole = (field: number, n: number): Field => [key(field, 0), varint(n)]
export const double = (field: number, x: number): Field =>
  [key(field, 1), new Uint8Array(new Float64Array([x]).buffer)]
export const float = (field: number, x: number): Field => [key(field, 5), new Uint8Array(new Float32Array([x]).buffer)]
export const bytes = (field: number, value: Uint8Array): Field => [key(field, 2), varint(value.length), value]
export const text = (field: number, value: string): Field => bytes(field, utf8.encode(value))
/** A message within. */
export const message = (field: number, ...fields: readonly Field[]): Field => bytes(field, encode(...fields))
export const doubles = (field: number, values: readonly number[]): Field =>
  bytes(field, new Uint8Array(Float64Array.from(values).buffer))

/** A message of its fields. */
export const encode = (...fields: readonly Field[]): Uint8Array => Buffer.concat(fields.flat())

let table: Uint32Array | null = null

/** CRC-32C (Castagnoli; RFC 3720, appendix B.4). */
export function crc32c(data: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n
    for (let bit = 0; bit < 8; bit++) c = (c >>> 1) ^ (c & 1 ? 0x82f63b78 : 0)
    return c >>> 0
  })
  let c = 0xffffffff
  for (const byte of data) c = table[(c ^ byte) & 0xff] ^ (c >>> 8)
  return ~c >>> 0
}

/** Checksums of data that holds checksums are masked: rotated by 15 bits, plus a constant. */
function masked(data: Uint8Array): number {
  const c = crc32c(data)
  return (((c >>> 15) | (c << 17)) + 0xa282ead8) >>> 0
}

/** A TFRecord: length (8 bytes), its checksum, the data, its checksum. */
export function record(data: Uint8Array): Uint8Array {
  const head = Buffer.alloc(12)
  head.writeBigUInt64LE(BigInt(data.length))
  head.writeUInt32LE(masked(head.subarray(0, 8)), 8)
  const foot = Buffer.alloc(4)
  foot.writeUInt32LE(masked(data))
  return Buffer.concat([head, data, foot])
}
