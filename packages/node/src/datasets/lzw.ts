/**
 * @file What Unix's `compress` packed: LZW with codes of 9 to 16 bits (Welch, "A technique for high-performance data
 * compression", 1984).
 */
import { data } from 'diffeo'

const clear = 256

/**
 * The bytes behind `compress`'s header of three, in block mode: code 256 empties the table. Memory follows what is
 * unpacked, not what is announced.
 * @throws FormatError where a code is not in the table yet, or `most` bytes are exceeded
 */
export function unpackLzw(bytes: Uint8Array, { most, file = 'lzw' }: { most: number; file?: string }): Uint8Array {
  let out = new Uint8Array(Math.min(most, 4 * bytes.length))
  // a code is the text of an earlier one and one byte: where in `out` it was written, and how long it is; each that is
  // read, of 9 bits or more, makes at most one
  const codes = Math.min(1 << 16, clear + 1 + Math.ceil(bytes.length * 8 / 9))
  const [starts, lengths] = [new Int32Array(codes), new Int32Array(codes)]
  let [next, width, at, size] = [clear + 1, 9, 0, 0]
  let previous: { start: number; length: number } | null = null
  const wrong = (message: string): Error => new data.FormatError(file, at >> 3, message)
  // eight codes of one width make a block of `width` bytes; what is left of a block is skipped where the width changes
  let block = 0
  const align = (): void => { at = block + Math.ceil((at - block) / (width * 8)) * width * 8; block = at }
  while (at + width <= bytes.length * 8) {
    const code = codeAt(bytes, at, width)
    at += width
    if (code === clear) {
      align()
      ;[next, width, previous] = [clear, 9, null]
      continue
    }
    if (code > next || (code === next && !previous)) throw wrong(`code ${code} is not known yet: there are ${next}`)
    const length: number = code < clear ? 1 : code < next ? lengths[code] : previous!.length + 1
    if (size + length > most) throw wrong(`there are more than the ${most} bytes that were announced`)
    if (size + length > out.length) out = grown(out, Math.min(most, 2 * (size + length)))
    const start: number = code < clear ? -1 : code < next ? starts[code] : previous!.start
    // byte by byte: the text of the code that is just being made overlaps what it is copied from
    if (start < 0) out[size] = code
    else for (let i = 0; i < length; i++) out[size + i] = out[start + i]
    if (previous && next < 1 << 16) {
      starts[next] = previous.start
      lengths[next++] = previous.length + 1
    } else if (!previous && next === clear) {
      next++
    }
    previous = { start: size, length }
    size += length
    if (next >= 1 << width && width < 16) {
      align()
      width++
    }
  }
  return out.slice(0, size)
}

function grown(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const longer = new Uint8Array(length)
  longer.set(bytes)
  return longer
}

/** `width` bits from bit `at` on, the lowest first. */
function codeAt(bytes: Uint8Array, at: number, width: number): number {
  const i = at >> 3
  return (((bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16)) >>> (at & 7)) & ((1 << width) - 1))
}
