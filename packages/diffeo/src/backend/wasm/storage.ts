/** @file Bytes of the wasm device: in linear memory, or, small and short-lived, in a plain ArrayBuffer. */
import type { Storage } from '../program.ts'
import type { Heap } from './heap.ts'

/** The collector frees it without a finalizer, also in a loop that never yields. Programs work on a copy. */
export class PlainStorage implements Storage {
  readonly bytes: number
  content: Uint8Array<ArrayBuffer> | null
  /** The run that copied it in last, and to where. */
  run = -1
  address = 0

  constructor(bytes: number) {
    this.bytes = bytes
    this.content = new Uint8Array(bytes)
  }
}

/** Programs use it where it lies. */
export class HeapStorage implements Storage {
  readonly bytes: number
  /** −1 when freed. */
  address: number

  constructor(bytes: number, address: number) {
    this.bytes = bytes
    this.address = address
  }
}

export type WasmStorage = PlainStorage | HeapStorage

/** Heap blocks that are freed when their owner is collected. */
export class Owners {
  private readonly heap: Heap
  private readonly registry: FinalizationRegistry<number>

  constructor(heap: Heap) {
    this.heap = heap
    this.registry = new FinalizationRegistry((address) => heap.release(address))
  }

  own(owner: object, address: number): void { this.registry.register(owner, address, owner) }

  release(owner: object, address: number): void {
    this.registry.unregister(owner)
    this.heap.release(address)
  }
}
