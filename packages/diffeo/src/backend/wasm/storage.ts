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

/** Bytes of linear memory after which the collector is told. */
const ballastFrom = 16 * 2 ** 20

/** Heap blocks that are freed when their owner is collected. */
export class Owners {
  private readonly heap: Heap
  private readonly registry: FinalizationRegistry<number>
  /** Bytes of blocks taken since the collector was last told. */
  private untold = 0

  constructor(heap: Heap) {
    this.heap = heap
    this.registry = new FinalizationRegistry((address) => heap.release(address))
  }

  own(owner: object, address: number, bytes: number): void {
    this.registry.register(owner, address, owner)
    this.untold += bytes
    if (this.untold < ballastFrom) return
    // The collector sees small owners, not the linear memory behind them. An array of as many bytes, which is never
    // touched and so takes no memory, makes it come when it should.
    void new ArrayBuffer(this.untold)
    this.untold = 0
  }

  release(owner: object, address: number): void {
    this.registry.unregister(owner)
    this.heap.release(address)
  }
}
