/** @file CRC-32 as zip archives and PNG have it (polynomial 0xEDB88320), eight bytes at a time: "slicing by 8". */

/** table[k][b]: what byte b becomes after k more zero bytes. */
function makeTables(): Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, b) => {
    let c = b
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
    return c
  })
  const tables = [first]
  for (let k = 1; k < 8; k++) tables.push(tables[k - 1].map(c => first[c & 255] ^ (c >>> 8)))
  return tables
}
let tables: Uint32Array[] | undefined

/** The checksum of zip and PNG. @example crc32(new TextEncoder().encode('123456789')) // 0xcbf43926 */
export function crc32(bytes: Uint8Array): number {
  tables ??= makeTables()
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables
  let c = -1
  let i = 0
  for (const end = bytes.length - 7; i < end; i += 8) {
    c ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24)
    c = t7[c & 255] ^ t6[(c >>> 8) & 255] ^ t5[(c >>> 16) & 255] ^ t4[c >>> 24]
      ^ t3[bytes[i + 4]] ^ t2[bytes[i + 5]] ^ t1[bytes[i + 6]] ^ t0[bytes[i + 7]]
  }
  for (; i < bytes.length; i++) c = t0[(c ^ bytes[i]) & 255] ^ (c >>> 8)
  return ~c >>> 0
}
