/**
 * @file Files packed into a Qt resource (.rcc, https://doc.qt.io/qt-6/resources.html): a header, a tree of fixed-size
 * entries, their names in UTF-16 and their bytes, most of them deflated; all numbers big-endian.
 */
import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import { data } from 'diffeo'
import { readBytes } from './read.ts'

const unpack = promisify(inflate)
const isDirectory = 2
const [isDeflated, isZstd] = [1, 4]
/** What one file may unpack to. */
const longest = 2 ** 28
/** Folders within folders. */
const deepest = 64

interface Entry { readonly path: string; readonly flags: number; readonly at: number; readonly length: number }

/** Reads numbers, or says where in the file they should stand. */
class Reader {
  private readonly view: DataView
  readonly bytes: Uint8Array
  readonly file: string

  constructor(bytes: Uint8Array, file: string) {
    this.bytes = bytes
    this.file = file
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  u16(at: number): number { return this.view.getUint16(this.within(at, 2)) }
  u32(at: number): number { return this.view.getUint32(this.within(at, 4)) }
  /** A name: its length in UTF-16 units, a hash, the units. */
  name(at: number): string {
    const units = this.u16(at)
    const start = this.within(at + 6, 2 * units)
    return String.fromCharCode(...Array.from({ length: units }, (_, i) => this.u16(start + 2 * i)))
  }

  within(at: number, length: number): number {
    if (at + length <= this.bytes.length) return at
    throw this.wrong(Math.min(at, this.bytes.length), `${length} bytes should stand at ${at}: the file ends before`)
  }

  wrong(at: number, what: string): data.FormatError { return new data.FormatError(this.file, at, what) }
}

/** All files below, in the order of the tree. Children come after their directory: there is no way back. */
function entriesOf(r: Reader): Entry[] {
  if (r.bytes.length < 20 || String.fromCharCode(...r.bytes.subarray(0, 4)) !== 'qres')
    throw r.wrong(0, 'a Qt resource begins with qres and takes 20 bytes or more')
  const [version, tree, blobs, names] = [4, 8, 12, 16].map(at => r.u32(at))
  if (version < 1 || version > 3) throw r.wrong(4, `version ${version} is none of 1 to 3`)
  const size = version === 1 ? 14 : 22
  const entries: Entry[] = []
  let left = Math.floor(r.bytes.length / size)
  const walk = (at: number, index: number, path: string, depth: number): void => {
    if (--left < 0 || depth > deepest) throw r.wrong(at, 'the tree of folders goes round, or is too deep')
    const flags = r.u16(at + 4)
    if ((flags & isDirectory) === 0) {
      const from = blobs + r.u32(at + 10)
      const length = r.u32(from)
      entries.push({ path, flags, length, at: r.within(from + 4, length) })
      return
    }
    const [count, first] = [r.u32(at + 6), r.u32(at + 10)]
    if (count > 0 && first <= index) throw r.wrong(at + 10, `children at entry ${first} of a directory at ${index}`)
    r.within(tree + first * size, count * size)
    for (let i = first; i < first + count; i++) {
      const child = tree + i * size
      walk(child, i, `${path}/${r.name(names + r.u32(child))}`, depth + 1)
    }
  }
  walk(tree, 0, '', 0)
  return entries
}

/**
 * The files of a resource whose folder ends with `folder`: name and bytes.
 * @throws DataError where the file cannot be read; FormatError naming the byte where it is wrong
 */
export async function readQtResource(file: string, folder: string): Promise<Map<string, Uint8Array>> {
  const r = new Reader(await readBytes(file), file)
  const found = new Map<string, Uint8Array>()
  for (const { path, flags, at, length } of entriesOf(r)) {
    const slash = path.lastIndexOf('/')
    if (!path.slice(0, slash).endsWith(folder)) continue
    if (flags & isZstd) throw r.wrong(at, `${path} is compressed with zstd, which is not read`)
    const bytes = r.bytes.subarray(at, at + length)
    found.set(path.slice(slash + 1), flags & isDeflated ? await inflated(r, path, at, bytes) : bytes)
  }
  return found
}

/** Deflated bytes behind the length that they unpack to. */
async function inflated(r: Reader, path: string, at: number, bytes: Uint8Array): Promise<Uint8Array> {
  const expected = r.u32(at)
  if (expected > Math.min(longest, bytes.length * 1032 + 1024))
    throw r.wrong(at, `${path} is said to unpack to ${expected} bytes, more than its ${bytes.length} can`)
  try {
    return await unpack(bytes.subarray(4), { maxOutputLength: Math.max(1, expected) })
  } catch (error) {
    throw r.wrong(at + 4, `${path} does not unpack: ${(error as Error).message}`)
  }
}
