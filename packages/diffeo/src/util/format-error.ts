/** @file What is wrong in a file, and where. */
import { DataError } from './errors.ts'

/** A file that is damaged, or not what it was taken for. */
export class FormatError extends DataError {
  override name = 'FormatError'
  readonly file: string
  /** Of the byte at which it shows. */
  readonly offset: number

  /** @param where replaces 'byte N' in the message: 'line 3' is of more use for text */
  constructor(file: string, offset: number, message: string, options: { where?: string; cause?: unknown } = {}) {
    super(`${file}: ${options.where ?? `byte ${offset}`}: ${message}`, { cause: options.cause })
    this.file = file
    this.offset = offset
  }
}
