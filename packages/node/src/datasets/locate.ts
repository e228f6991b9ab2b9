/**
 * @file Where an image file is damaged, as far as its structure shows it: decoders say what is wrong, but not where.
 */
import { data } from 'diffeo'

const ascii = (bytes: Uint8Array, at: number, n: number): string => String.fromCharCode(...bytes.subarray(at, at + n))
const u32 = (bytes: Uint8Array, at: number, little = false): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, little)

/** The first byte of the part that is damaged; the end of the file where it is cut short; 0 where it is no image. */
export function locate(bytes: Uint8Array): number {
  if (bytes[0] === 0x89 && ascii(bytes, 1, 3) === 'PNG') return inPng(bytes)
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return inJpeg(bytes)
  if (ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 4) === 'WEBP') return inRiff(bytes)
  return 0
}

/** Chunks: length, name, data, checksum. */
function inPng(bytes: Uint8Array): number {
  for (let at = 8; at < bytes.length;) {
    if (at + 12 > bytes.length) return bytes.length
    const end = at + 12 + u32(bytes, at)
    // a length that leads out of the file is damaged itself, unless the file is cut within its picture
    if (end > bytes.length) return /^[A-Za-z]{4}$/.test(ascii(bytes, at + 4, 4)) ? bytes.length : at
    if (data.crc32(bytes.subarray(at + 4, end - 4)) !== u32(bytes, end - 4)) return at
    if (ascii(bytes, at + 4, 4) === 'IEND') return end
    at = end
  }
  return bytes.length
}

/** Segments: ff, a marker, a length; behind the start of scan, coded data up to the next marker. */
function inJpeg(bytes: Uint8Array): number {
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) return at
    const marker = bytes[at + 1]
    if (marker === 0xd9) return at + 2
    const length = (bytes[at + 2] << 8) | bytes[at + 3]
    if (length < 2) return at + 2
    at += 2 + length
    if (marker !== 0xda) continue
    while (at + 1 < bytes.length && !(bytes[at] === 0xff && bytes[at + 1] !== 0 && (bytes[at + 1] & 0xf8) !== 0xd0))
      at++
  }
  return bytes.length
}

function inRiff(bytes: Uint8Array): number {
  if (u32(bytes, 4, true) + 8 > bytes.length) return bytes.length
  for (let at = 12; at + 8 <= bytes.length;) {
    const size = u32(bytes, at + 4, true)
    if (at + 8 + size > bytes.length) return at
    at += 8 + size + (size & 1)
  }
  return 12
}

/**
 * The decoder of WebP fills up what is cut off: it is looked for before. @throws FormatError where the file is too
 * short
 */
export function checkWebp(bytes: Uint8Array, file: string): void {
  if (ascii(bytes, 0, 4) !== 'RIFF' || ascii(bytes, 8, 4) !== 'WEBP') return
  const size = u32(bytes, 4, true) + 8
  // an odd size may lack its padding
  if (size > bytes.length + 1)
    throw new data.FormatError(file, bytes.length, `this WebP image is truncated: it should have ${size} bytes`)
}
