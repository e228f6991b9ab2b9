/** @file Tar archives: blocks of 512 bytes, a header before each file. */
import { data } from 'diffeo'

export interface TarEntry { readonly name: string; readonly data: Uint8Array }

/**
 * The plain files of an archive, as views of its bytes.
 * @throws FormatError naming the byte where the archive is wrong
 */
export function readTar(bytes: Uint8Array, file = 'tar'): TarEntry[] {
  const entries: TarEntry[] = []
  const text = (at: number, n: number): string =>
    String.fromCharCode(...bytes.subarray(at, at + n)).replace(/\0[\s\S]*$/, '')
  if (bytes.length < 512)
    throw new data.FormatError(file, bytes.length, 'the file ends within the first header, which takes 512 bytes')
  for (let at = 0; at + 512 <= bytes.length;) {
    const header = bytes.subarray(at, at + 512)
    // blocks of zeros end it
    if (header.every(b => b === 0)) break
    // the sum of the header's bytes, its own place counted as blanks
    const sum = header.reduce((s, b, i) => s + (i >= 148 && i < 156 ? 32 : b), 0)
    if (Number.parseInt(text(at + 148, 8).trim(), 8) !== sum)
      throw new data.FormatError(file, at, 'a header of a file with its checksum should stand here')
    const size = Number.parseInt(text(at + 124, 12).trim() || '0', 8)
    if (!(size >= 0) || at + 512 + size > bytes.length)
      throw new data.FormatError(
        file,
        at + 124,
        `${text(at, 100)} is said to have ${size} bytes: the archive ends before`,
      )
    const type = text(at + 156, 1)
    if (type === '' || type === '0')
      entries.push({ name: text(at, 100), data: bytes.subarray(at + 512, at + 512 + size) })
    at += 512 + Math.ceil(size / 512) * 512
  }
  return entries
}
