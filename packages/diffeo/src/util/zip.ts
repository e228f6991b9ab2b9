/**
 * @file Zip archives (APPNOTE.TXT 6.3), as PyTorch and NumPy write them: stored or deflated, with 64-bit sizes. What an
 * archive says of itself is checked before anything is unpacked, and sums are checked when it is.
 */
import { crc32 } from './crc32.ts'
import { Cursor } from './cursor.ts'
import { FormatError } from './format-error.ts'

/** A file in an archive. */
export interface ZipEntry {
  readonly name: string
  /** Bytes, once it is unpacked. */
  readonly size: number
  /** As it lies in the archive, from byte `from` on. */
  readonly deflated: boolean
  readonly packed: number
  readonly from: number
  /** The bytes; of one that is stored, a view. @throws FormatError where size or checksum are not what was said */
  read(): Promise<Uint8Array>
}

const signatures = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50, end64: 0x06064b50, locator: 0x07064b50 }
const endBytes = 22
/**
 * The files of an archive by name; nothing is unpacked until it is read.
 * @throws FormatError, saying at which byte, for an archive that is truncated, lies about sizes, or has entries that
 * overlap
 */
export function readZip(bytes: Uint8Array, source: string): Map<string, ZipEntry> {
  const { count, from } = directory(new Cursor(bytes, source))
  const cursor = new Cursor(bytes, source, from)
  const entries = new Map<string, ZipEntry>()
  for (let i = 0; i < count; i++) {
    const at = cursor.at
    const entry = readEntry(cursor, from)
    if (entries.has(entry.name)) throw cursor.error(`there are two entries '${entry.name}'`, at)
    entries.set(entry.name, entry)
  }
  checkOverlap([...entries.values()], source)
  return entries
}

/** The place of the directory, which the end of the file tells. */
function directory(cursor: Cursor): { count: number; from: number } {
  const { bytes } = cursor
  for (let at = bytes.length - endBytes; at >= Math.max(0, bytes.length - endBytes - 0xffff); at--) {
    if (bytes[at] !== 0x50 || bytes[at + 1] !== 0x4b || bytes[at + 2] !== 5 || bytes[at + 3] !== 6) continue
    cursor.at = at + 4
    const disks = [cursor.u16(), cursor.u16()]
    const counts = [cursor.u16(), cursor.u16()]
    const [size, from] = [cursor.u32(), cursor.u32()]
    if (cursor.u16() !== bytes.length - at - endBytes) continue
    if (counts[1] === 0xffff || size === 0xffffffff || from === 0xffffffff) return directory64(cursor, at - 20)
    if (disks[0] !== 0 || disks[1] !== 0 || counts[0] !== counts[1])
      throw cursor.error('the archive is one part of several', at)
    return inside(cursor, counts[1], from, at)
  }
  throw cursor.error('a zip file must end with its directory, and there is none: truncated?', bytes.length)
}

function directory64(cursor: Cursor, at: number): { count: number; from: number } {
  if (at < 0) throw cursor.error('the place of a 64-bit directory is missing', 0)
  cursor.at = at
  if (cursor.u32() !== signatures.locator) throw cursor.error('the place of a 64-bit directory should be here', at)
  cursor.u32()
  cursor.at = cursor.u64('the place of the 64-bit directory')
  const start = cursor.at
  if (cursor.u32() !== signatures.end64) throw cursor.error('the end of a 64-bit directory should be here', start)
  cursor.skip(28)
  const count = cursor.u64('the number of entries')
  cursor.u64('the size of the directory')
  return inside(cursor, count, cursor.u64('the place of the directory'), start)
}

/** An entry of the directory takes 46 bytes and its name. */
function inside(cursor: Cursor, count: number, from: number, to: number): { count: number; from: number } {
  if (from + 46 * count > to) {
    throw cursor.error(`the directory claims ${count} entries from byte ${from} on, where ${to - from} bytes are`, to)
  }
  return { count, from }
}

function readEntry(cursor: Cursor, directoryAt: number): ZipEntry {
  const at = cursor.at
  if (cursor.u32() !== signatures.central) throw cursor.error('an entry of the zip directory should begin here', at)
  cursor.skip(4)
  const [flags, method] = [cursor.u16(), cursor.u16()]
  cursor.skip(4)
  const crc = cursor.u32()
  const narrow = [cursor.u32(), cursor.u32()]
  const [nameBytes, extraBytes, commentBytes] = [cursor.u16(), cursor.u16(), cursor.u16()]
  cursor.skip(8)
  const localAt = cursor.u32()
  const name = cursor.text(nameBytes, 'the name of an entry')
  const [packed, size, header] = wide(cursor, [...narrow, localAt], extraBytes)
  cursor.skip(commentBytes)
  if (flags & 1) throw cursor.error(`the entry '${name}' is encrypted`, at)
  if (method !== 0 && method !== 8) {
    throw cursor.error(`the entry '${name}' is packed by method ${method}: stored (0) and deflated (8) are read`, at)
  }
  if (method === 0 && packed !== size) {
    throw cursor.error(`the entry '${name}' is stored, and claims ${packed} bytes in the file, ${size} unpacked`, at)
  }
  // deflate makes at most 1032 bytes of one
  if (method === 8 && size > 1032 * packed + 1024)
    throw cursor.error(`the entry '${name}' claims to unpack from ${packed} to ${size} bytes`, at)
  const from = dataOf(cursor, header, name)
  if (from + packed > directoryAt) {
    throw cursor.error(
      `the entry '${name}' claims ${packed} bytes from byte ${from} on, where ${directoryAt - from} are`,
      at,
    )
  }
  const entry = { name, deflated: method === 8, size, packed, from }
  return { ...entry, read: () => unpack(cursor, entry, crc) }
}

/** Packed and unpacked size and place, taken from the extra field where 32 bits do not hold them. */
function wide(cursor: Cursor, narrow: readonly number[], extraBytes: number): number[] {
  const end = cursor.skip(extraBytes, 'the extra field of an entry') + extraBytes
  const [packed, size, place] = narrow
  if (!narrow.includes(0xffffffff)) return [packed, size, place]
  for (cursor.at = end - extraBytes; cursor.at + 4 <= end;) {
    const [id, length] = [cursor.u16(), cursor.u16()]
    const next = cursor.at + length
    if (id === 1 && next <= end) {
      // in this order, and only those that are needed
      const read = (x: number, what: string): number => (x === 0xffffffff ? cursor.u64(what) : x)
      const unpacked = read(size, 'the size of an entry')
      const inFile = read(packed, 'the packed size of an entry')
      const found = [inFile, unpacked, read(place, 'the place of an entry')]
      cursor.at = end
      return found
    }
    cursor.at = next
  }
  throw cursor.error('an entry lacks the extra field with its 64-bit sizes', end)
}

/** Where the data of an entry begin: after its header, which must have the same name. */
function dataOf(cursor: Cursor, header: number, name: string): number {
  const local = new Cursor(cursor.bytes, cursor.source, header)
  if (header > cursor.bytes.length || local.left < 30 || local.u32() !== signatures.local)
    throw local.error(`the entry '${name}' should begin here`, header)
  local.skip(22)
  const [nameBytes, extraBytes] = [local.u16(), local.u16()]
  const here = local.text(nameBytes, 'the name of an entry')
  if (here !== name) throw local.error(`the directory calls this entry '${name}', its header '${here}'`, header)
  return local.skip(extraBytes, 'the extra field of an entry') + extraBytes
}

/** No byte belongs to two entries. */
function checkOverlap(entries: readonly ZipEntry[], source: string): void {
  const inOrder = entries.filter(e => e.packed > 0).sort((a, b) => a.from - b.from)
  inOrder.forEach((e, i) => {
    const before = inOrder[i - 1]
    if (before && before.from + before.packed > e.from)
      throw new FormatError(source, e.from, `the entries '${before.name}' and '${e.name}' overlap`)
  })
}

type Place = Omit<ZipEntry, 'read'>

async function unpack(cursor: Cursor, entry: Place, crc: number): Promise<Uint8Array> {
  const { name, from, packed, size, deflated } = entry
  const inFile = cursor.bytes.subarray(from, from + packed)
  const unpacked = deflated ? await inflate(inFile, entry, cursor) : inFile
  // PyTorch can be told to write no checksums: they are 0
  if (crc !== 0 && crc32(unpacked) !== crc) {
    throw cursor.error(
      `the entry '${name}' is damaged: its ${size} bytes do not have the checksum that the archive says`,
      from,
    )
  }
  return unpacked
}

async function inflate(packed: Uint8Array, { name, from, size }: Place, cursor: Cursor): Promise<Uint8Array> {
  // a copy: the stream may not take views of shared memory
  const stream = new Blob([packed.slice()]).stream().pipeThrough(new DecompressionStream('deflate-raw'))
  const reader = stream.getReader()
  const out = new Uint8Array(size)
  let at = 0
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (at + part.value.length > size)
        throw cursor.error(`the entry '${name}' claims ${size} bytes unpacked, and has more`, from)
      out.set(part.value, at)
      at += part.value.length
    }
  } catch (error) {
    await reader.cancel().catch(() => {})
    if (error instanceof FormatError) throw error
    throw cursor.error(`the entry '${name}' cannot be unpacked: ${(error as Error).message}`, from)
  }
  if (at < size) throw cursor.error(`the entry '${name}' claims ${size} bytes unpacked, and has ${at}`, from)
  return out
}
