/** @file The linear memory: which bytes are in use, which are free, and its growth. */
import { DeviceError } from '../../util/errors.ts'
import { lowestBuffer } from './memory.ts'

const page = 65536
/** Memory grows by at least this much, so that it grows seldom. */
const growBytes = 1 << 20
export const lineBytes = 64

export function align(bytes: number, to = lineBytes): number {
  return Math.ceil(bytes / to) * to
}

export class MemoryLimitError extends DeviceError {
  readonly asked: number
  readonly used: number
  constructor(asked: number, used: number, limit: number) {
    super(
      `wasm memory: ${asked} more bytes do not fit; ${used} of at most ${limit} bytes are in use. ` +
        'Dispose of tensors that are no longer needed, use smaller batches, and in a loop write await loss.item(): a loop ' +
        'that never awaits lets the collector free nothing of 1 MiB or more.',
    )
    this.name = 'MemoryLimitError'
    this.asked = asked
    this.used = used
  }
}

/** A first-fit heap. Below `lowestBuffer` lie the linker's own words. */
export class Heap {
  readonly memory: WebAssembly.Memory
  /** Views of the memory. Growth, which only this class does, replaces them: take them anew after each allocation. */
  bytes: Uint8Array
  words: Int32Array
  private readonly limit: number
  /** Free runs in order, none touching the next. */
  private readonly free: { at: number; bytes: number }[] = []
  private readonly sizes = new Map<number, number>()
  private usedBytes = 0
  private end: number

  constructor(shared: boolean, limit: number) {
    this.limit = Math.floor(limit / page) * page
    const initial = lowestBuffer / page
    const maximum = this.limit / page
    this.memory = new WebAssembly.Memory(shared ? { initial, maximum, shared } : { initial, maximum })
    this.end = lowestBuffer
    this.bytes = new Uint8Array(this.memory.buffer)
    this.words = new Int32Array(this.memory.buffer)
  }

  get used(): number { return this.usedBytes }

  /** An address on a cache line. The content is unspecified. */
  allocate(bytes: number): number {
    const size = Math.max(align(bytes), lineBytes)
    const at = this.take(size) ?? this.grow(size)
    this.sizes.set(at, size)
    this.usedBytes += size
    return at
  }

  release(at: number): void {
    const bytes = this.sizes.get(at)
    if (bytes === undefined) throw new Error(`wasm heap: ${at} is not allocated`)
    this.sizes.delete(at)
    this.usedBytes -= bytes
    this.giveBack(at, bytes)
  }

  private take(size: number): number | null {
    const i = this.free.findIndex((run) => run.bytes >= size)
    if (i < 0) return null
    const run = this.free[i]
    const { at } = run
    if (run.bytes === size) this.free.splice(i, 1)
    else {
      run.at += size
      run.bytes -= size
    }
    return at
  }

  private giveBack(at: number, bytes: number): void {
    const i = this.after(at)
    const before = this.free[i - 1]
    const after = this.free[i]
    const joinsBefore = before !== undefined && before.at + before.bytes === at
    const joinsAfter = after !== undefined && at + bytes === after.at
    if (joinsBefore) before.bytes += bytes + (joinsAfter ? after.bytes : 0)
    if (joinsBefore && joinsAfter) this.free.splice(i, 1)
    else if (joinsAfter) {
      after.at = at
      after.bytes += bytes
    } else if (!joinsBefore) this.free.splice(i, 0, { at, bytes })
  }

  /** How many free runs lie before an address. */
  private after(at: number): number {
    let low = 0
    let high = this.free.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.free[middle].at < at) low = middle + 1
      else high = middle
    }
    return low
  }

  private grow(size: number): number {
    const last = this.free.at(-1)
    const tail = last && last.at + last.bytes === this.end ? last.bytes : 0
    const missing = align(size - tail, page)
    const room = this.limit - this.end
    const added = Math.min(Math.max(missing, growBytes), room)
    if (added < missing || !this.growMemory(added / page)) throw new MemoryLimitError(size, this.usedBytes, this.limit)
    this.giveBack(this.end, added)
    this.end += added
    return this.take(size)!
  }

  private growMemory(pages: number): boolean {
    try {
      this.memory.grow(pages)
    } catch {
      return false
    }
    this.bytes = new Uint8Array(this.memory.buffer)
    this.words = new Int32Array(this.memory.buffer)
    return true
  }
}
