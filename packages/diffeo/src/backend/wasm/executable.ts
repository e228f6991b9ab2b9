/** @file A linked program: its code, its argument blocks, and a run of its calls. */
import { DeviceError } from '../../util/errors.ts'
import { loopsOf, movesOf, replay, type Move } from '../loops.ts'
import type { Clock, Executable, Program, Storage } from '../program.ts'
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
  /** For each loop the words that follow it. */
  private moves: readonly (readonly Move[])[] = []
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

  get kernels(): Program['kernels'] { return this.program.kernels }
  get calls(): Program['calls'] { return this.program.calls }

  run(externals: readonly Storage[]): number {
    return this.replay(externals, null)
  }

  runTimed(externals: readonly Storage[], clock: Clock): number {
    return this.replay(externals, clock)
  }

  private replay(externals: readonly Storage[], clock: Clock | null): number {
    if (this.block < 0) throw new DeviceError('wasm: the program was released')
    const { device, program } = this
    const storages = this.check(externals)
    const staging = this.place(storages)
    const { words } = device.heap
    this.patch(words, storages, staging)
    words[device.status / 4] = 0
    const scratch = device.scratch
    const call = (i: number): void => {
      const { kernel } = program.calls[i]
      const start = clock ? performance.now() : 0
      device.call(this.entries[kernel], this.code, kernel, program.kernels[kernel], this.blocks[i], scratch)
      clock?.(i, start, performance.now())
    }
    const range = (from: number, end: number): void =>
      replay(loopsOf(program), from, end, {
        call,
        enter: l => this.enter(words, l),
        turn: (l, t) => this.turn(words, l, t),
      })
    const commit = program.commit ?? 0
    range(0, commit)
    if (words[device.status / 4] !== 0) return words[device.status / 4]
    range(commit, program.calls.length)
    this.copyOut(storages)
    return words[device.status / 4]
  }

  private enter(words: Int32Array, loop: number): void {
    for (const { base, word, start } of this.moves[loop]) words[word] = words[base] + start
  }

  private turn(words: Int32Array, loop: number, turn: number): void {
    for (const { word, step, swaps } of this.moves[loop]) words[word] += swaps && turn % 2 === 0 ? -step : step
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
    const argWords: number[][] = program.buffers.map(() => [])
    program.calls.forEach(({ buffers }, i) => buffers.forEach((b, slot) => argWords[b].push(blockAt[i] / 4 + slot)))
    // numbered from the block, whose address is not known before its size is
    const moves = movesOf(program, argWords, () => (bytes += 4) / 4 - 1)
    const base = device.heap.allocate(align(bytes))
    const memory = device.heap.bytes
    program.buffers.forEach((b, i) => { if (b.kind === 'data') memory.set(b.content, base + places[i]) })
    program.calls.forEach((_, i) => this.blocks.push(base + blockAt[i]))
    const from = base / 4
    argWords.forEach((list, b) => { for (const word of list) this.link(b, from + word, base + places[b]) })
    this.moves = moves.map(list => list.map(m => ({ ...m, base: from + m.base, word: from + m.word })))
    return base
  }

  /** Writes the address of a buffer into a word, or notes that it is to be written at each run. */
  private link(buffer: number, word: number, dataAt: number): void {
    const place = this.program.buffers[buffer]
    switch (place.kind) {
      case 'data': this.device.heap.words[word] = dataAt; break
      case 'status': this.device.heap.words[word] = this.device.status; break
      // its loop sets it
      case 'moving': break
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
