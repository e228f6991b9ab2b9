/** @file What is wrong in a file, and where. */
import { DataError } from '../../util/errors.ts'
import { FormatError } from '../../util/format-error.ts'

export { FormatError }

/** What to do about a row or a file that is wrong: 'skip' leaves it out and reports it in `skipped`. */
export interface OnError { onError?: 'throw' | 'skip' }

/** The errors of what was left out: the first hundred, and how many there were. */
export class Skips {
  readonly errors: FormatError[] = []
  count = 0
  readonly #skip: boolean
  constructor(onError: 'throw' | 'skip' | undefined) {
    if (onError !== undefined && onError !== 'throw' && onError !== 'skip')
      throw new DataError(`onError is '${String(onError)}': expected 'throw' or 'skip'`)
    this.#skip = onError === 'skip'
  }
  /** @throws the error, unless such are to be skipped */
  add(error: FormatError): void {
    if (!this.#skip) throw error
    this.count++
    if (this.errors.length < 100) this.errors.push(error)
  }
}

/** Reads numbers of fixed size, and never past the end. */
export class ByteReader {
  readonly bytes: Uint8Array
  readonly file: string
  readonly view: DataView
  constructor(bytes: Uint8Array, file: string) {
    this.bytes = bytes
    this.file = file
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  fail(offset: number, message: string): never { throw new FormatError(this.file, offset, message) }
  /** @throws FormatError where the file ends before `size` bytes from `offset` on */
  need(offset: number, size: number, what: string): void {
    if (offset + size <= this.bytes.length) return
    this.fail(this.bytes.length,
      `the file ends within ${what}, which takes ${size} bytes from byte ${offset} on: it is truncated`)
  }
  u16(at: number, what: string): number { this.need(at, 2, what); return this.view.getUint16(at, true) }
  u32(at: number, what: string): number { this.need(at, 4, what); return this.view.getUint32(at, true) }
  /** Bytes as ASCII. */
  text(at: number, length: number, what: string): string {
    this.need(at, length, what)
    return String.fromCharCode(...this.bytes.subarray(at, at + length))
  }
}

/** The place of the first byte that is no UTF-8; -1: there is none. */
export function firstInvalidUtf8(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length;) {
    const b = bytes[i]
    const more = b < 0x80 ? 0 : b >= 0xc2 && b < 0xe0 ? 1 : b >= 0xe0 && b < 0xf0 ? 2 : b >= 0xf0 && b < 0xf5 ? 3 : -1
    if (more < 0) return i
    for (let k = 1; k <= more; k++) {
      // overlong forms, halves of surrogates and what lies above U+10FFFF begin so
      const low = k === 1 ? (b === 0xe0 ? 0xa0 : b === 0xf0 ? 0x90 : 0x80) : 0x80
      const high = k === 1 ? (b === 0xed ? 0x9f : b === 0xf4 ? 0x8f : 0xbf) : 0xbf
      if (!(bytes[i + k] >= low && bytes[i + k] <= high)) return i
    }
    i += more + 1
  }
  return -1
}

/** Text of UTF-8. @throws FormatError at the first byte that is none */
export function decodeUtf8(bytes: Uint8Array, file: string): string {
  try {
    // a byte order mark stays, so that places in the text are places in the file
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    throw new FormatError(file, firstInvalidUtf8(bytes), 'this is not UTF-8: convert the file, or leave it out', {
      cause: error,
    })
  }
}
