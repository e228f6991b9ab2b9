/** @file Zip archives written by hand, truthful or not. */
import { crc32 } from '../../../src/util/crc32.ts'

export interface Part {
  name: string
  /** As it lies in the file. */
  data: Uint8Array
  method?: number
  flags?: number
  /** What the directory claims, where that is not the truth. */
  size?: number
  packed?: number
  crc?: number
  at?: number
  /** The name in the entry's own header. */
  local?: string
}

const u16 = (...numbers: number[]): number[] => numbers.flatMap(n => [n & 255, n >>> 8])
const u32 = (...numbers: number[]): number[] =>
  numbers.flatMap(n => [n & 255, (n >>> 8) & 255, (n >>> 16) & 255, n >>> 24])
const u64 = (...numbers: number[]): number[] => numbers.flatMap(n => u32(n % 2 ** 32, Math.floor(n / 2 ** 32)))
const text = (s: string): number[] => [...Buffer.from(s)]

/** @param options `wide` puts all sizes and places into 64 bits */
export function zipOf(parts: Part[], { wide = false, comment = '' } = {}): Uint8Array {
  const pieces: (number[] | Uint8Array)[] = []
  const directory: number[] = []
  let at = 0
  const put = (piece: number[] | Uint8Array): void => { pieces.push(piece); at += piece.length }
  for (const { name, data, local = name, method = 0, flags = 0, ...claims } of parts) {
    const { size = data.length, packed = data.length, crc = method === 0 ? crc32(data) : 0, at: header = at } = claims
    put([
      ...u32(0x04034b50),
      ...u16(20, flags, method, 0, 0),
      ...u32(crc, packed, size),
      ...u16(local.length, 0),
      ...text(local),
    ])
    put(data)
    const extra = wide ? [...u16(9, 2), 7, 7, ...u16(1, 24), ...u64(size, packed, header)] : []
    const all = 0xffffffff
    directory.push(
      ...u32(0x02014b50),
      ...u16(45, 45, flags, method, 0, 0),
      ...u32(crc),
      ...(wide ? u32(all, all) : u32(packed, size)),
      ...u16(name.length, extra.length, 0, 0, 0),
      ...u32(0, wide ? all : header),
      ...text(name),
      ...extra,
    )
  }
  const from = at
  put(directory)
  if (wide) {
    const end = at
    put([
      ...u32(0x06064b50),
      ...u64(44),
      ...u16(45, 45),
      ...u32(0, 0),
      ...u64(parts.length, parts.length, directory.length, from),
    ])
    put([...u32(0x07064b50, 0), ...u64(end), ...u32(1)])
    put([...u32(0x06054b50), ...u16(0, 0, 0xffff, 0xffff), ...u32(0xffffffff, 0xffffffff)])
  } else {
    put([...u32(0x06054b50), ...u16(0, 0, parts.length, parts.length), ...u32(directory.length, from)])
  }
  put([...u16(comment.length), ...text(comment)])
  return Uint8Array.from(Buffer.concat(pieces.map(p => Buffer.from(p))))
}
