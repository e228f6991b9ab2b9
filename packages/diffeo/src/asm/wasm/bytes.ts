/** A growable run of bytes with the integer encodings of WebAssembly. */
export class Bytes {
  protected buf: Uint8Array<ArrayBuffer>
  protected view: DataView
  protected len = 0

  constructor(capacity = 256) {
    this.buf = new Uint8Array(capacity)
    this.view = new DataView(this.buf.buffer)
  }

  get length(): number {
    return this.len
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.buf.slice(0, this.len)
  }

  byte(value: number): this {
    this.reserve(1)
    this.buf[this.len++] = value
    return this
  }

  raw(bytes: ArrayLike<number>): this {
    this.reserve(bytes.length)
    this.buf.set(bytes, this.len)
    this.len += bytes.length
    return this
  }

  /** Unsigned LEB128 of an integer in 0 … 2^32 − 1. */
  u32(value: number): this {
    let v = value >>> 0
    if (v !== value) throw new RangeError(`${value} is not an unsigned 32-bit integer`)
    this.reserve(5)
    while (v > 0x7f) {
      this.buf[this.len++] = (v & 0x7f) | 0x80
      v >>>= 7
    }
    this.buf[this.len++] = v
    return this
  }

  /** Signed LEB128 of a 32-bit integer. 2^31 … 2^32 − 1 stand for the same bits read as negative. */
  s32(value: number): this {
    let v = value | 0
    if (v !== value && v >>> 0 !== value) throw new RangeError(`${value} is not a 32-bit integer`)
    this.reserve(5)
    while (v < -64 || v > 63) {
      this.buf[this.len++] = (v & 0x7f) | 0x80
      v >>= 7
    }
    this.buf[this.len++] = v & 0x7f
    return this
  }

  /** Signed LEB128 of a 64-bit integer. 2^63 … 2^64 − 1 stand for the same bits read as negative. */
  s64(value: bigint | number): this {
    if (typeof value === 'number') {
      if (value === (value | 0)) return this.s32(value)
      if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a safe integer`)
    }
    const wide = BigInt(value)
    let v = BigInt.asIntN(64, wide)
    if (v !== wide && BigInt.asUintN(64, wide) !== wide) throw new RangeError(`${value} is not a 64-bit integer`)
    this.reserve(10)
    while (v < -64n || v > 63n) {
      this.buf[this.len++] = Number(v & 0x7fn) | 0x80
      v >>= 7n
    }
    this.buf[this.len++] = Number(v & 0x7fn)
    return this
  }

  /** A length-prefixed UTF-8 string. */
  name(text: string): this {
    const bytes = new TextEncoder().encode(text)
    return this.u32(bytes.length).raw(bytes)
  }

  protected reserve(count: number): void {
    if (this.len + count > this.buf.length) this.grow(this.len + count)
  }

  private grow(needed: number): void {
    const bigger = new Uint8Array(Math.max(needed, 2 * this.buf.length))
    bigger.set(this.buf)
    this.buf = bigger
    this.view = new DataView(bigger.buffer)
  }
}
