/** @file The error of data that is not on this machine. */
import { DataError } from 'diffeo'

/** Data that is not here and cannot be made up. */
export class MissingData extends DataError {
  readonly how: string
  /**
   * @param message - what is missing, and where it was looked for
   * @param how - what gets it: a command, or what to do
   */
  constructor(message: string, how: string, options: { cause?: unknown } = {}) {
    super(`${message}. To get it: ${how}`, options)
    this.name = 'MissingData'
    this.how = how
  }
}
