/** @file Storages that end on an inaccessible page, so that reading or writing past the end crashes. For tests. */
import { PAGE, type Ffi } from './ffi.ts'
import type { Machine } from './machine.ts'
import { NativeStorage, type Allocator } from './storage.ts'

/** Freed and fresh bytes read as NaN, and as an index far out of range. */
export const POISON = 0xff

interface Mapping {
  readonly start: number
  readonly bytes: number
}

export class GuardAllocator implements Allocator {
  private readonly machine: Machine
  private readonly ffi: Ffi
  private readonly live = new Map<number, Mapping>()
  private readonly collected: FinalizationRegistry<number>

  constructor(machine: Machine) {
    this.machine = machine
    this.ffi = machine.ffi
    this.collected = new FinalizationRegistry((address) => this.unmap(address))
  }

  allocate(bytes: number): NativeStorage {
    const usable = Math.max(1, Math.ceil(bytes / PAGE)) * PAGE
    const start = this.ffi.map(usable + PAGE, 'write')
    if (start === 0) throw new Error(`no memory for ${bytes} bytes under guard`)
    this.ffi.protect(start + usable, PAGE, 'none')
    this.machine.fill(start, POISON, usable)
    // An empty storage has no byte that may be touched.
    const address = start + usable - bytes
    const storage = new NativeStorage(bytes, { buffer: null, offset: 0, address, capacity: bytes })
    this.live.set(address, { start, bytes: usable + PAGE })
    this.collected.register(storage, address, storage)
    return storage
  }

  /** Unmapped at once: whoever still uses the address crashes. */
  free(storage: NativeStorage): void {
    if (storage.block === null) return
    this.collected.unregister(storage)
    this.unmap(storage.address)
    storage.block = null
    storage.address = 0
  }

  view(): null {
    return null
  }

  dispose(): void {
    for (const address of this.live.keys()) this.unmap(address)
  }

  private unmap(address: number): void {
    const mapping = this.live.get(address)
    if (mapping === undefined) return
    this.live.delete(address)
    this.ffi.unmap(mapping.start, mapping.bytes)
  }
}
