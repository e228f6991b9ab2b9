/** @file Whole files as bytes; what is gzipped is unpacked, up to a bound. */
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { data, DataError } from 'diffeo'

const unzip = promisify(gunzip)
/** What a file may unpack to: more than any data set's file that fits into memory as one array. */
const longest = 2 ** 31 - 1

/** Files that are open at once, however many are asked for: a system may allow a process no more than 256. */
const mostOpen = 64
let open = 0
const waiting: (() => void)[] = []

/** Reads as soon as fewer than `mostOpen` others are being read, first come, first served. */
async function inTurn<T>(read: () => Promise<T>): Promise<T> {
  if (open < mostOpen) open++
  else await new Promise<void>(go => { waiting.push(go) })
  try {
    return await read()
  } finally {
    // the turn is handed on, or given back
    const next = waiting.shift()
    if (next) next()
    else open--
  }
}

/** Thousands may be asked for at once: only so many are open. @throws DataError naming the file, and what to do */
export async function readBytes(path: string, most = longest): Promise<Uint8Array> {
  let bytes: Uint8Array
  try {
    bytes = await inTurn(() => readFile(path))
  } catch (error) {
    throw new DataError(`${path} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  return unzipped(bytes, path, most)
}

/** Bytes as they are, or unpacked where they are gzipped: at most `most`. @throws FormatError where they are damaged */
export async function unzipped(bytes: Uint8Array, path: string, most = longest): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  // gzip makes at most 1032 bytes of one
  const bound = Math.min(most, bytes.length * 1032 + 1024)
  try {
    const { buffer, byteOffset, byteLength } = await unzip(bytes, { maxOutputLength: bound })
    return new Uint8Array(buffer, byteOffset, byteLength)
  } catch (error) {
    const { message } = error as Error
    // the unpacker does not say where: the end, where it met the end
    const at = /end of file/.test(message) ? bytes.length : 0
    throw new data.FormatError(path, at, `the gzip data is damaged or truncated: ${message}`, { cause: error })
  }
}
