/** @file A linked program: its code, its argument blocks, and a run of its calls. */
import { DeviceError } from '../../util/errors.ts'
import type { Executable, Program, Storage } from '../program.ts'
import type { Device, Entry } from './device.ts'
import { align } from './heap.ts'
import { HeapStorage, PlainStorage, type WasmStorage } from './storage.ts'

/** Words of argument blocks (numbers into an Int32Array over the memory) that hold one address. */
interface Patch {
  readonly words: number[]
  address: number
}

export class WasmExecutable implements Executable {
  private readonly device: Device
  private readonly program: Program
  private readonly entries: readonly Entry[]
  private readonly scratchBytes: number
  /** Number of the code in the worker pool. */
  private readonly code: number
  /** Literal data and argument blocks. */
  private block: number
  private readonly blocks: number[] = []
  private readonly external: Patch[]
  private readonly arena: { word: number; offset: number }[] = []
  private arenaAt = -1
  private readonly writes: ReadonlySet<number> | null

  constructor(device: Device, program: Program, entries: readonly Entry[], code: number) {
    this.device = device
    this.program = program
    this.entries = entries
    this.code = code
    this.scratchBytes = Math.max(0, ...program.kernels.map((k) => k.scratchBytes))
    this.writes = program.writes ? new Set(program.writes) : null
    this.external = Array.from({ length: program.externals }, () => ({ words: [], address: -1 }))
    this.block = this.layOut()
    device.owners.own(this, this.block, 0)
  }

  run(externals: readonly Storage[]): number {
    if (this.block < 0) throw new DeviceError('wasm: the program was released')
    const { device, program } = this
    const storages = this.check(externals)
    const staging = this.place(storages)
    const { words } = device.heap
    this.patch(words, storages, staging)
    words[device.status / 4] = 0
    const scratch = device.scratch
    for (let i = 0; i < program.calls.length; i++) {
      if (i === program.commit && words[device.status / 4] !== 0) return words[device.status / 4]
      const { kernel } = program.calls[i]
      device.call(this.entries[kernel], this.code, kernel, program.kernels[kernel], this.blocks[i], scratch)
    }
    this.copyOut(storages)
    return words[device.status / 4]
  }

  release(): void {
    if (this.block < 0) return
    this.device.owners.release(this, this.block, 0)
    this.device.drop(this.code)
    this.block = -1
  }

  // ---- linking

  private layOut(): number {
    const { program, device } = this
    const places: number[] = []
    let bytes = 0
    for (const b of program.buffers) {
      places.push(bytes)
      if (b.kind === 'data') bytes += align(b.content.length)
    }
    const blockAt = program.calls.map(({ kernel }) => {
      const at = bytes
      bytes += align(program.kernels[kernel].slots * 4)
      return at
    })
    const base = device.heap.allocate(bytes)
    const memory = device.heap.bytes
    program.buffers.forEach((b, i) => { if (b.kind === 'data') memory.set(b.content, base + places[i]) })
    program.calls.forEach(({ buffers }, i) => {
      this.blocks.push(base + blockAt[i])
      buffers.forEach((buffer, slot) => this.link(buffer, this.blocks[i] / 4 + slot, base + places[buffer]))
    })
    return base
  }

  /** Writes the address of a buffer into a word, or notes that it is to be written at each run. */
  private link(buffer: number, word: number, dataAt: number): void {
    const place = this.program.buffers[buffer]
    switch (place.kind) {
      case 'data': this.device.heap.words[word] = dataAt; break
      case 'status': this.device.heap.words[word] = this.device.status; break
      case 'external': this.external[place.index].words.push(word); break
      case 'arena': this.arena.push({ word, offset: place.offset }); break
    }
  }

  // ---- running

  private check(externals: readonly Storage[]): readonly WasmStorage[] {
    const { program } = this
    if (externals.length !== program.externals) {
      throw new DeviceError(`wasm: the program takes ${program.externals} buffers, not ${externals.length}`)
    }
    for (const b of program.buffers) {
      if (b.kind !== 'external') continue
      const storage = externals[b.index] as WasmStorage
      if (storage.bytes < b.bytes) {
        throw new DeviceError(`wasm: buffer ${b.index} has ${storage.bytes} bytes, not ${b.bytes}`)
      }
    }
    return externals as readonly WasmStorage[]
  }

  /** Reserves arena, staging and scratch, and copies plain storages in. Returns the arena's address. */
  private place(storages: readonly WasmStorage[]): number {
    const { device } = this
    const run = device.nextRun()
    let bytes = align(this.program.arenaBytes)
    for (const s of storages) {
      if (!(s instanceof PlainStorage) || s.run === run) continue
      s.run = run
      s.address = bytes
      bytes += align(s.bytes)
    }
    const arena = device.reserve(bytes, this.scratchBytes)
    const memory = device.heap.bytes
    for (const s of storages) {
      if (s instanceof PlainStorage && s.run === run) memory.set(contentOf(s), arena + s.address)
    }
    return arena
  }

  private patch(words: Int32Array, storages: readonly WasmStorage[], arena: number): void {
    if (arena !== this.arenaAt) {
      for (const { word, offset } of this.arena) words[word] = arena + offset
      this.arenaAt = arena
    }
    for (let i = 0; i < storages.length; i++) {
      const s = storages[i]
      const patch = this.external[i]
      if (s instanceof HeapStorage && s.address < 0) throw new DeviceError(`wasm: buffer ${i} was freed`)
      const address = s instanceof HeapStorage ? s.address : arena + s.address
      if (address === patch.address) continue
      for (const word of patch.words) words[word] = address
      patch.address = address
    }
  }

  private copyOut(storages: readonly WasmStorage[]): void {
    const { device } = this
    for (let i = 0; i < storages.length; i++) {
      const s = storages[i]
      if (!(s instanceof PlainStorage) || (this.writes && !this.writes.has(i))) continue
      const at = this.external[i].address
      contentOf(s).set(device.heap.bytes.subarray(at, at + s.bytes))
    }
  }
}

export function contentOf(storage: PlainStorage): Uint8Array<ArrayBuffer> {
  if (!storage.content) throw new DeviceError('wasm: the buffer was freed')
  return storage.content
}
