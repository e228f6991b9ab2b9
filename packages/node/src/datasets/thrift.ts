/**
 * @file The compact form of Thrift, in which Parquet writes its headers: read once here before the Parquet reader sees
 * them, so that no length in a damaged file is believed.
 */
import { data } from 'diffeo'

/** A struct: values by the numbers of their fields. */
export type Struct = Map<number, Value>
export type Value = number | boolean | Uint8Array | Struct | Value[]

export class Thrift {
  readonly #bytes: Uint8Array
  readonly #file: string
  readonly #end: number
  /** Of the next byte. */
  at: number

  constructor(bytes: Uint8Array, file: string, at: number, end: number) {
    this.#bytes = bytes
    this.#file = file
    this.at = at
    this.#end = end
  }
  #fail(message: string): never { throw new data.FormatError(this.#file, this.at, message) }
  #byte(): number {
    if (this.at >= this.#end) this.#fail('a header ends within a field')
    return this.#bytes[this.at++]
  }
  /** Seven bits a byte, the least first: exact up to 2⁵³, which no length exceeds. */
  #varint(): number {
    let [value, scale] = [0, 1]
    for (let i = 0; i < 10; i++) {
      const b = this.#byte()
      value += (b & 127) * scale
      scale *= 128
      if (b < 128) return value
    }
    return this.#fail('a number in a header has no end')
  }
  #zigzag(): number {
    const n = this.#varint()
    return n % 2 === 0 ? n / 2 : -(n + 1) / 2
  }
  struct(depth = 0): Struct {
    if (depth > 16) this.#fail('structures in a header lie too deep')
    const fields: Struct = new Map()
    let id = 0
    for (;;) {
      const byte = this.#byte()
      if (byte === 0) return fields
      id = byte >> 4 ? id + (byte >> 4) : this.#zigzag()
      fields.set(id, this.#value(byte & 15, depth))
    }
  }
  #value(type: number, depth: number): Value {
    switch (type) {
      case 1: return true
      case 2: return false
      case 3: return this.#byte()
      case 4: case 5: case 6: return this.#zigzag()
      case 7: return this.#take(8)
      case 8: return this.#take(this.#varint())
      case 9: return this.#list(depth)
      case 12: return this.struct(depth + 1)
      default: return this.#fail(`a field of a header has the unknown type ${type}`)
    }
  }
  #take(n: number): Uint8Array {
    if (n > this.#end - this.at) this.#fail(`a text of ${n} bytes leads out of the header`)
    this.at += n
    return this.#bytes.subarray(this.at - n, this.at)
  }
  #list(depth: number): Value[] {
    const head = this.#byte()
    const size = head >> 4 === 15 ? this.#varint() : head >> 4
    const type = head & 15
    // each element takes a byte at least
    if (size > this.#end - this.at) this.#fail(`a list of ${size} leads out of the header`)
    return Array.from({ length: size }, () =>
      type === 1 || type === 2 ? this.#byte() === 1 : this.#value(type, depth),
    )
  }
}
