/** @file The binary files of CIFAR: records of a label (CIFAR-100: two) and 3 × 32 × 32 bytes. */
import { checkOptions } from '../../util/options.ts'
import type { NdArray } from '../ndarray.ts'
import { FormatError, Skips, type OnError } from './error.ts'

/** Images as bytes `[n, 3, 32, 32]`, and a label each. */
export interface CifarImages {
  readonly images: NdArray<Uint8Array>
  readonly labels: Int32Array
  readonly skipped: readonly FormatError[]
  readonly skippedCount: number
}
export interface CifarOptions extends OnError {
  /** 10, or 100 (its fine labels); 10. */
  classes?: 10 | 100
  file?: string
}
const size = 3 * 32 * 32

/**
 * The images of a binary file of CIFAR-10 or CIFAR-100.
 * @throws FormatError naming the byte of a label out of range or of a record cut short, unless `onError` is 'skip'
 * @example const { images, labels } = data.parseCifar(bytes)
 */
export function parseCifar(bytes: Uint8Array, options: CifarOptions = {}): CifarImages {
  checkOptions('parseCifar', options, { classes: true, file: true, onError: true })
  const { classes = 10, file = 'CIFAR' } = options
  const skips = new Skips(options.onError)
  const head = classes === 100 ? 2 : 1
  const record = head + size
  if (bytes.length < record)
    throw new FormatError(file, bytes.length, `the file ends within the first record, which takes ${record} bytes`)
  const count = Math.floor(bytes.length / record)
  if (bytes.length % record !== 0) {
    skips.add(new FormatError(file, count * record,
      `the last record has ${bytes.length % record} of ${record} bytes: the file is truncated, or no CIFAR-${classes}`))
  }
  const places = Array.from({ length: count }, (_, i) => i * record + head - 1).filter(at => {
    if (bytes[at] < classes) return true
    skips.add(new FormatError(file, at, `label ${bytes[at]}: there are ${classes} classes`))
    return false
  })
  const pixels = new Uint8Array(places.length * size)
  places.forEach((at, i) => pixels.set(bytes.subarray(at + 1, at + 1 + size), i * size))
  return {
    images: { data: pixels, shape: [places.length, 3, 32, 32] },
    labels: Int32Array.from(places, at => bytes[at]),
    skipped: skips.errors, skippedCount: skips.count,
  }
}
