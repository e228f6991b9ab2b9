/** @file Reserved address space that is filled from its start as needed: its base never moves. */
import { PAGE, type Ffi } from './ffi.ts'

const GiB = 2 ** 30
const MiB = 2 ** 20
const HUGE = 2 * MiB

export class Region {
  readonly base: number
  readonly bytes: number
  private readonly ffi: Ffi
  private readonly start: number
  private readonly reserved: number
  private committed = 0

  /** Takes less address space than `bytes` where the system has a limit. */
  constructor(ffi: Ffi, bytes: number) {
    this.ffi = ffi
    let size = bytes
    let start = 0
    while (start === 0 && size >= 256 * MiB) {
      start = ffi.map(size + HUGE, 'reserve')
      if (start === 0) size /= 2
    }
    if (start === 0) throw new Error(`the system reserves no address space, not even ${size * 2 / GiB} GiB`)
    this.start = start
    this.reserved = size + HUGE
    this.base = Math.ceil(start / HUGE) * HUGE
    this.bytes = size
    ffi.advise(this.base, size, 'hugePages')
  }

  /** Makes the first `bytes` usable; they are zero, or what was there before. */
  commit(bytes: number, unit = HUGE): void {
    if (bytes > this.bytes) throw new RangeError(`${bytes} bytes were asked for; ${this.bytes} are reserved`)
    const end = Math.min(this.bytes, Math.ceil(bytes / unit) * unit)
    if (end <= this.committed) return
    this.ffi.protect(this.base + this.committed, end - this.committed, 'write')
    this.committed = end
  }

  /** No access to a page again. */
  guard(offset: number): void {
    this.ffi.protect(this.base + offset, PAGE, 'none')
  }

  unguard(offset: number): void {
    this.ffi.protect(this.base + offset, PAGE, 'write')
  }

  /** Gives the memory beyond the first `bytes` back; it stays usable and reads as zero. */
  trim(bytes: number): void {
    const keep = Math.ceil(bytes / HUGE) * HUGE
    if (keep < this.committed) this.ffi.advise(this.base + keep, this.committed - keep, 'dontNeed')
  }

  release(): void {
    this.ffi.unmap(this.start, this.reserved)
  }
}
