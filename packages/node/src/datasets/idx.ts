/** @file IDX, the format of MNIST's files: a magic number, sizes, bytes; often gzipped. */
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { DataError } from 'diffeo'

export interface Idx { readonly shape: readonly number[]; readonly data: Uint8Array }

const unzip = promisify(gunzip)
/** More than any of these files holds: what a lying file may make us allocate. */
const longest = 1 << 28

/** @throws DataError saying what is wrong with the file */
export async function readIdx(path: string): Promise<Idx> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw new DataError(`${path} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      const { buffer, byteOffset, byteLength } = await unzip(bytes, { maxOutputLength: longest })
      bytes = new Uint8Array(buffer, byteOffset, byteLength)
    } catch (error) {
      throw new DataError(`${path}: the gzip data is damaged or truncated: ${(error as Error).message}`, {
        cause: error,
      })
    }
  }
  return parseIdx(bytes, path)
}

export function parseIdx(bytes: Uint8Array, path = 'IDX'): Idx {
  if (bytes.length < 4)
    throw new DataError(`${path}: truncated at byte ${bytes.length}: the magic number alone takes 4`)
  const [zero, also, type, rank] = bytes
  if (zero !== 0 || also !== 0 || type !== 8 || rank === 0) {
    throw new DataError(
      `${path}: byte 0: found ${[...bytes.subarray(0, 4)].map(b => b.toString(16).padStart(2, '0')).join(' ')}, an IDX file of bytes begins with 00 00 08`,
    )
  }
  const start = 4 + 4 * rank
  if (bytes.length < start)
    throw new DataError(`${path}: truncated at byte ${bytes.length}: ${rank} sizes take ${start}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i))
  const size = shape.reduce((a, b) => a * b, 1)
  if (bytes.length - start !== size)
    throw new DataError(`${path}: sizes ${shape.join(' × ')} take ${size} bytes, the file has ${bytes.length - start}`)
  return { shape, data: bytes.subarray(start) }
}
