/** @file A cursor over a file's bytes, little endian, that never reads past their end. */
import { FormatError } from './format-error.ts'

export class Cursor {
  readonly bytes: Uint8Array
  /** How messages call the file. */
  readonly source: string
  /** How messages call a place. */
  readonly place: (at: number) => string
  at: number
  readonly #view: DataView

  constructor(bytes: Uint8Array, source: string, at = 0, place = (offset: number): string => `byte ${offset}`) {
    this.bytes = bytes
    this.source = source
    this.place = place
    this.at = at
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number { return this.bytes.length - this.at }

  error(why: string, at = this.at): FormatError {
    return new FormatError(this.source, at, why, { where: this.place(at) })
  }

  /** Steps over n bytes, and says where they begin. */
  skip(n: number, what = 'what is read here'): number {
    if (n > this.left) throw this.error(`${what} takes ${n} bytes, and ${this.left} are left: truncated?`)
    this.at += n
    return this.at - n
  }
  take(n: number, what?: string): Uint8Array {
    const from = this.skip(n, what)
    return this.bytes.subarray(from, from + n)
  }
  u8(): number { return this.#view.getUint8(this.skip(1)) }
  u16(): number { return this.#view.getUint16(this.skip(2), true) }
  u32(): number { return this.#view.getUint32(this.skip(4), true) }
  i32(): number { return this.#view.getInt32(this.skip(4), true) }
  /** As big endian, which Python's pickle writes. */
  f64(): number { return this.#view.getFloat64(this.skip(8), false) }
  /** Eight bytes that count something in the file: a larger number than its bytes is a lie. */
  u64(what: string): number {
    const at = this.skip(8, what)
    const value = this.#view.getBigUint64(at, true)
    if (value > BigInt(this.bytes.length))
      throw this.error(`${what} is ${value}, the file has ${this.bytes.length} bytes`, at)
    return Number(value)
  }
  /** UTF-8. */
  text(n: number, what: string): string {
    const at = this.at
    const bytes = this.take(n, what)
    try {
      return utf8.decode(bytes)
    } catch {
      throw this.error(`${what} is no valid UTF-8`, at)
    }
  }
}
const utf8 = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
