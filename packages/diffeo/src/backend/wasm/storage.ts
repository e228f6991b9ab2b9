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

/** What stands for so many bytes of linear memory. */
const ballastBytes = 16 * 2 ** 20

/** Heap blocks that are freed when their owner is collected. */
export class Owners {
  private readonly heap: Heap
  private readonly registry: FinalizationRegistry<{ readonly address: number; readonly bytes: number }>
  /**
   * The collector sees small owners, not the linear memory behind them: arrays of as many bytes, which are never
   * touched and so take no memory, make it come when it should. One for many owners: one each would cost 3 µs.
   */
  private readonly ballast: ArrayBuffer[] = []
  private owned = 0

  constructor(heap: Heap) {
    this.heap = heap
    this.registry = new FinalizationRegistry(({ address, bytes }) => this.giveBack(address, bytes))
  }

  /** `bytes`: what the collector shall know of. */
  own(owner: object, address: number, bytes: number): void {
    this.registry.register(owner, { address, bytes }, owner)
    this.owned += bytes
    this.balance()
  }

  release(owner: object, address: number, bytes: number): void {
    this.registry.unregister(owner)
    this.giveBack(address, bytes)
  }

  private giveBack(address: number, bytes: number): void {
    this.heap.release(address)
    this.owned -= bytes
    this.balance()
  }

  private balance(): void {
    const wanted = Math.floor(this.owned / ballastBytes)
    while (this.ballast.length < wanted) this.ballast.push(new ArrayBuffer(ballastBytes))
    // some slack, so that a buffer that comes and goes costs nothing
    while (this.ballast.length > wanted + 1) this.ballast.pop()
  }
}
