/** @file Storage: bytes in plain ArrayBuffers, whose backing store does not move and which the collector frees. */
import { DeviceError } from '../../util/errors.ts'
import type { Storage } from '../program.ts'
import type { Ffi } from './ffi.ts'
import type { Machine } from './machine.ts'

/** A piece of an ArrayBuffer (null: of pages that the guard mapped), with the address of its first byte. */
export interface Block {
  readonly buffer: ArrayBuffer | null
  readonly offset: number
  readonly address: number
  /** Bytes that may be used, a multiple of 64 but under guard. */
  readonly capacity: number
}

export class NativeStorage implements Storage {
  readonly bytes: number
  /** 0 once freed. */
  address: number
  /** Holds the memory for as long as the storage lives. */
  block: Block | null
  /** Whether its block comes back when it is found dead. */
  awaited = false

  constructor(bytes: number, block: Block) {
    this.bytes = bytes
    this.address = block.address
    this.block = block
  }
}

export interface Allocator {
  /** `collected`: no finalizer may be needed to free it. */
  allocate(bytes: number, collected?: boolean): NativeStorage
  free(storage: NativeStorage): void
  /** The storage's bytes, or null where they are not in an ArrayBuffer. */
  view(storage: NativeStorage): Uint8Array<ArrayBuffer> | null
  dispose(): void
}

const ALIGN = 64
const PAGE = 4096
/**
 * Up to `largest` bytes storages share an ArrayBuffer of `bytes`: one of its own costs 0.5 to 3 µs. A storage that is
 * kept keeps its whole slab, half a MiB at most.
 */
const SLABS = [
  { largest: 256, bytes: 16 * 1024 },
  { largest: 8 * 1024, bytes: 64 * 1024 },
  { largest: 64 * 1024, bytes: 512 * 1024 },
] as const
/** From here on blocks start at varying offsets in their page, so that streams do not alias in the first cache. */
const LARGE = 32 * 1024
/** From here on the system is asked for huge pages, and blocks begin near the start of one. */
const HUGE = 2 * 2 ** 20
/**
 * From here on a block that the collector found comes back to the pool: the system takes 0.3 ms a MiB to hand out and
 * clear fresh pages. That needs a finalizer, which a loop that never yields does not run, so only so many bytes wait
 * for one; beyond, the collector frees what it finds.
 */
const REUSED = 2 ** 20
const WAITING_BYTES = 128 * 2 ** 20
const POOL_BYTES = 512 * 2 ** 20
const POOL_BLOCKS = 1024

const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to

/** Uninitialized where the platform can: filling 1 MB with zeros takes 80 µs. */
export const rawBuffer = (bytes: number): ArrayBuffer => {
  if (typeof Buffer === 'undefined') return new ArrayBuffer(bytes)
  const { buffer, byteOffset } = Buffer.allocUnsafeSlow(bytes)
  const whole = buffer instanceof ArrayBuffer && byteOffset === 0 && buffer.byteLength === bytes
  return whole ? buffer : new ArrayBuffer(bytes)
}

/** @throws DeviceError where the platform has no such piece of memory */
function largeBuffer(bytes: number): ArrayBuffer {
  try {
    return rawBuffer(bytes)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const size = `${(bytes / 2 ** 30).toFixed(1)} GiB`
    throw new DeviceError(
      `native: there is no memory for ${size} in one piece (${error.message}). Use smaller batches, or dispose of tensors that ` +
        'are no longer needed; Node before 22 has no piece of more than 4 GiB.',
      { cause: error },
    )
  }
}

/** Blocks one after the other from an ArrayBuffer; a new one when it is used up. The collector frees the old. */
class Slab {
  private readonly machine: Machine
  private readonly bytes: number
  private buffer: ArrayBuffer | null = null
  private address = 0
  private used: number

  constructor(machine: Machine, bytes: number) {
    this.machine = machine
    this.bytes = this.used = bytes
  }

  carve(capacity: number): Block {
    if (this.used + capacity > this.bytes) this.open()
    const offset = this.used
    this.used = offset + capacity
    return { buffer: this.buffer, offset, address: this.address + offset, capacity }
  }

  close(): void {
    this.buffer = null
    this.used = this.bytes
  }

  private open(): void {
    this.buffer = rawBuffer(this.bytes + ALIGN)
    this.address = this.machine.addressOf(this.buffer)
    this.used = roundUp(this.address, ALIGN) - this.address
  }
}

export class BufferAllocator implements Allocator {
  private readonly machine: Machine
  private readonly ffi: Ffi
  private readonly slabs: readonly Slab[]
  private stagger = 0
  /** Freed blocks by capacity; the sizes used last are at the end. */
  private readonly pool = new Map<number, Block[]>()
  private pooled = 0
  /** Bytes of blocks that come back when their storage is found dead. */
  private waiting = 0
  private readonly found = new FinalizationRegistry<Block>(block => {
    this.waiting -= block.capacity
    this.recycle(block)
  })

  constructor(machine: Machine) {
    this.machine = machine
    this.ffi = machine.ffi
    this.slabs = SLABS.map(({ bytes }) => new Slab(machine, bytes))
  }

  /** Content is unspecified. */
  allocate(bytes: number, collected = false): NativeStorage {
    const capacity = bytes <= ALIGN ? ALIGN : roundUp(bytes, ALIGN)
    let block = this.pool.get(capacity)?.pop()
    if (block === undefined) block = this.fresh(capacity)
    else this.pooled -= capacity
    const storage = new NativeStorage(bytes, block)
    if (capacity >= REUSED && !collected && this.waiting + capacity <= WAITING_BYTES) {
      this.waiting += capacity
      storage.awaited = true
      this.found.register(storage, block, storage)
    }
    return storage
  }

  free(storage: NativeStorage): void {
    const { block } = storage
    if (block === null) return
    storage.block = null
    storage.address = 0
    if (storage.awaited) {
      this.waiting -= block.capacity
      this.found.unregister(storage)
    }
    this.recycle(block)
  }

  view(storage: NativeStorage): Uint8Array<ArrayBuffer> {
    const { block, bytes } = storage
    if (block?.buffer == null) throw new Error('this storage was freed')
    return new Uint8Array(block.buffer, block.offset, bytes)
  }

  dispose(): void {
    this.pool.clear()
    this.pooled = 0
    for (const slab of this.slabs) slab.close()
  }

  private fresh(capacity: number): Block {
    for (let i = 0; i < SLABS.length; i++) if (capacity <= SLABS[i].largest) return this.slabs[i].carve(capacity)
    return this.create(capacity)
  }

  private create(capacity: number): Block {
    const alignment = capacity >= HUGE ? HUGE : ALIGN
    const stagger = capacity >= LARGE ? this.nextStagger() : 0
    const buffer = largeBuffer(capacity + alignment + stagger)
    const raw = this.machine.addressOf(buffer)
    const first = roundUp(raw, alignment)
    const address = first + stagger
    if (capacity >= HUGE) this.ffi.advise(first, Math.floor((capacity + stagger) / HUGE) * HUGE, 'hugePages')
    return { buffer, offset: address - raw, address, capacity }
  }

  /** Eleven lines further each time: eleven and the page's 64 lines have no common factor. */
  private nextStagger(): number {
    this.stagger = (this.stagger + 11 * ALIGN) % PAGE
    return this.stagger
  }

  private recycle(block: Block): void {
    const { capacity } = block
    if (capacity > POOL_BYTES / 2) return
    const blocks = this.pool.get(capacity) ?? []
    if (blocks.length >= POOL_BLOCKS) return
    blocks.push(block)
    this.pooled += capacity
    this.pool.set(capacity, blocks)
    if (this.pooled > POOL_BYTES) this.shrink(capacity)
  }

  /** Drops the blocks of the sizes first seen; the collector takes them. */
  private shrink(keep: number): void {
    for (const [capacity, blocks] of this.pool) {
      if (capacity !== keep || this.pool.size === 1) {
        this.pooled -= capacity * blocks.length
        this.pool.delete(capacity)
      }
      if (this.pooled <= POOL_BYTES / 2) return
    }
  }
}
