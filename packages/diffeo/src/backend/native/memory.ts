/** @file The arena that all programs of a linker share, and each thread's scratch. */
import { PAGE, type Ffi } from './ffi.ts'
import { MAX_THREADS } from './layout.ts'
import { Region } from './region.ts'

const ARENA_BYTES = 64 * 2 ** 30
const SCRATCH_BYTES = 16 * 2 ** 30
const MiB = 2 ** 20
/** Memory given back when a big program goes; less is not worth the faults that follow. */
const TRIM_BYTES = 64 * MiB

const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to

export class Arena {
  private readonly region: Region
  private readonly guard: boolean
  /** How many programs need how much. */
  private readonly needs = new Map<number, number>()
  private guardedAt = 0

  constructor(ffi: Ffi, guard: boolean) {
    this.region = new Region(ffi, ARENA_BYTES)
    this.guard = guard
  }

  /** Where a program's arena begins; the same for all programs but under guard, where the end is aligned instead. */
  claim(bytes: number): number {
    if (bytes > this.region.bytes - 2 * PAGE) {
      throw new RangeError(`the program's plan needs ${bytes} bytes of arena; ${this.region.bytes} can be had here`)
    }
    this.region.commit(bytes)
    this.needs.set(bytes, (this.needs.get(bytes) ?? 0) + 1)
    return this.region.base + (this.guard ? roundUp(bytes, PAGE) - bytes : 0)
  }

  unclaim(bytes: number): void {
    const left = (this.needs.get(bytes) ?? 1) - 1
    if (left > 0) {
      this.needs.set(bytes, left)
      return
    }
    this.needs.delete(bytes)
    let most = 0
    for (const need of this.needs.keys()) most = Math.max(most, need)
    if (bytes - most >= TRIM_BYTES) this.region.trim(most)
  }

  /** Under guard, before a run: the page behind the program's arena becomes inaccessible. */
  protect(bytes: number): void {
    const end = roundUp(bytes, PAGE)
    if (end === this.guardedAt) return
    this.region.commit(end + PAGE)
    if (this.guardedAt > 0) this.region.unguard(this.guardedAt)
    this.region.guard(end)
    this.guardedAt = end
  }

  release(): void {
    this.region.release()
  }
}

/** One area a thread, each with an inaccessible page behind it. */
export class Scratch {
  private readonly region: Region
  private bytes = 0
  private threads = 0
  private readonly guarded: number[] = []

  constructor(ffi: Ffi) {
    this.region = new Region(ffi, SCRATCH_BYTES)
  }

  /** Thread 0's area; it ends at its guard page. */
  get base(): number { return this.region.base }
  get stride(): number { return this.bytes === 0 ? 0 : this.bytes + PAGE }

  /** Grows to `bytes` for each of `threads`. No job may be running. Returns whether anything moved. */
  ensure(bytes: number, threads: number): boolean {
    const need = roundUp(bytes, PAGE)
    if (bytes === 0 || (need <= this.bytes && threads <= this.threads)) return false
    this.bytes = Math.max(need, this.bytes)
    this.threads = Math.min(MAX_THREADS, Math.max(threads, this.threads))
    for (const offset of this.guarded) this.region.unguard(offset)
    this.guarded.length = 0
    this.region.commit(this.stride * this.threads)
    for (let i = 1; i <= this.threads; i++) this.guarded.push(i * this.stride - PAGE)
    for (const offset of this.guarded) this.region.guard(offset)
    return true
  }

  release(): void {
    this.region.release()
  }
}
