/**
 * @file What Unix's `compress` packed: LZW with codes of 9 to 16 bits (Welch, "A technique for high-performance data
 * compression", 1984).
 */
import { data } from 'diffeo'

const clear = 256

/**
 * The bytes behind `compress`'s header of three, in block mode: code 256 empties the table.
 * @throws FormatError where a code is not in the table yet, or `most` bytes are exceeded
 */
export function unpackLzw(bytes: Uint8Array, { most, file = 'lzw' }: { most: number; file?: string }): Uint8Array {
  const out = new Uint8Array(most)
  // a code is the text of an earlier one and one byte: where in `out` it was written, and how long it is
  const [starts, lengths] = [new Int32Array(1 << 16), new Int32Array(1 << 16)]
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
  return out.subarray(0, size)
}

/** `width` bits from bit `at` on, the lowest first. */
function codeAt(bytes: Uint8Array, at: number, width: number): number {
  const i = at >> 3
  return (((bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16)) >>> (at & 7)) & ((1 << width) - 1))
}
