/** @file Zip archives: .npz files are such, and so are Python's wheels. Stored and deflated entries are read. */
import { crc32 } from '../../util/crc32.ts'
import { readZip as readArchive, type ZipEntry as ArchiveEntry } from '../../util/zip.ts'
import type { NdArray } from '../ndarray.ts'
import { encodeNpy, parseNpy } from './npy.ts'

export { crc32 }

/** A file in an archive. */
export type ZipEntry = Pick<ArchiveEntry, 'name' | 'size' | 'read'>

/**
 * The files of an archive; nothing is unpacked until it is read.
 * @throws FormatError naming the byte where the archive is wrong
 * @example const [csv] = data.readZip(bytes).filter(e => e.name.endsWith('.csv')); await csv.read()
 */
export const readZip = (bytes: Uint8Array, file = 'zip'): ZipEntry[] =>
  [...readArchive(bytes, file).values()].filter(e => !e.name.endsWith('/'))

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const out = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream('deflate-raw'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

/** An archive of files by name. `compress`: deflated; else stored as they are. */
export async function encodeZip(
  files: Readonly<Record<string, Uint8Array>>, { compress = true }: { compress?: boolean } = {},
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  const list: Uint8Array[] = []
  let at = 0
  for (const [name, bytes] of Object.entries(files)) {
    const label = new TextEncoder().encode(name)
    const body = compress ? await deflate(bytes) : bytes
    // from 'version needed' to the length of the name: the same in both places
    const common = new DataView(new ArrayBuffer(24))
    // version 2.0, names in UTF-8, the first of January 1980
    const fields: [number, number][] = [[0, 20], [2, 0x800], [4, compress ? 8 : 0], [8, 0x21], [22, 0]]
    for (const [k, v] of fields) common.setUint16(k, v, true)
    common.setUint32(10, crc32(bytes), true)
    common.setUint32(14, body.length, true)
    common.setUint32(18, bytes.length, true)
    common.setUint16(22, label.length, true)
    const shared = new Uint8Array(common.buffer)
    parts.push(Uint8Array.of(0x50, 0x4b, 3, 4), shared, Uint8Array.of(0, 0), label, body)
    const rest = new DataView(new ArrayBuffer(16))
    rest.setUint32(12, at, true)
    list.push(Uint8Array.of(0x50, 0x4b, 1, 2, 20, 0), shared, new Uint8Array(rest.buffer), label)
    at += 4 + 24 + 2 + label.length + body.length
  }
  const size = list.reduce((n, p) => n + p.length, 0)
  const end = new DataView(new ArrayBuffer(22))
  const count = Object.keys(files).length
  end.setUint32(0, 0x06054b50, true)
  end.setUint16(8, count, true)
  end.setUint16(10, count, true)
  end.setUint32(12, size, true)
  end.setUint32(16, at, true)
  return joined([...parts, ...list, new Uint8Array(end.buffer)], at + size + 22)
}

/**
 * The arrays of an .npz file, by name.
 * @example const { x, y } = await data.parseNpz(bytes)
 */
export async function parseNpz(bytes: Uint8Array, file = 'npz'): Promise<Record<string, NdArray>> {
  const arrays: Record<string, NdArray> = {}
  for (const entry of readZip(bytes, file)) {
    const name = entry.name.replace(/\.npy$/, '')
    if (name !== entry.name) arrays[name] = parseNpy(await entry.read(), `${file}, ${entry.name}`)
  }
  return arrays
}

/** An .npz file of arrays by name. @example await data.encodeNpz({ x: { data: values, shape: [2, 3] } }) */
export const encodeNpz = (
  arrays: Readonly<Record<string, NdArray>>, options: { compress?: boolean } = {},
): Promise<Uint8Array> =>
  encodeZip(Object.fromEntries(Object.entries(arrays).map(([name, a]) => [`${name}.npy`, encodeNpy(a)])), options)
