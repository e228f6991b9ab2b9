/** @file Links wasm code, owns the linear memory, and runs kernels on one or many threads. */
import type { Kernel } from '../../kernel/ir.ts'
import { DeviceError } from '../../util/errors.ts'
import { fillBytes } from '../fill.ts'
import type { Executable, Linker, Program, Storage } from '../program.ts'
import { emitModule, wasmTarget } from './codegen.ts'
import type { Device, Entry } from './device.ts'
import { contentOf, WasmExecutable } from './executable.ts'
import { hasRelaxedSimd, hasSharedMemory } from './features.ts'
import { Heap, lineBytes } from './heap.ts'
import { Pool, type Spawn } from './pool.ts'
import { HeapStorage, Owners, PlainStorage, type WasmStorage } from './storage.ts'

export interface WasmOptions {
  /** Relaxed SIMD (fused multiply-add). Default: what the engine has. */
  readonly relaxed?: boolean
  /** Memory that workers can share. Default: where the engine allows it. */
  readonly shared?: boolean
  /** Default 4 GiB, the most that 32-bit addresses reach. */
  readonly maxBytes?: number
  /** Starts a worker; Node's entry gives one. Default: a browser's Worker. */
  readonly spawn?: Spawn
}

/** Storages below this live outside linear memory unless they are asked to be resident. */
export const plainBelow = 1 << 20

const gibibyte = 2 ** 30
/** A kernel with less work than this (flops plus bytes) is done sooner than workers are woken. */
const parallelFrom = 100_000

/** Memory that runs use and that keeps nothing between them: it may move when it grows. */
interface Region {
  address: number
  bytes: number
}

export class WasmLinker implements Linker, Device {
  readonly heap: Heap
  readonly owners: Owners
  readonly relaxed: boolean
  readonly status = lineBytes
  private readonly shared: boolean
  private readonly arena: Region = { address: 0, bytes: 0 }
  private readonly scratchRegion: Region = { address: 0, bytes: 0 }
  /** Scratch bytes a thread. */
  private scratchStride = 0
  private readonly pool: Pool
  private runs = 0

  constructor(options: WasmOptions = {}) {
    this.relaxed = options.relaxed ?? hasRelaxedSimd()
    this.shared = options.shared ?? hasSharedMemory()
    this.heap = new Heap(this.shared, Math.min(options.maxBytes ?? 4 * gibibyte, 4 * gibibyte))
    this.owners = new Owners(this.heap)
    this.pool = new Pool(this.heap.memory, options.spawn)
  }

  get target() { return wasmTarget(this.relaxed) }

  /** Bytes in use in linear memory. */
  get usedBytes(): number { return this.heap.used }

  // ---- storages

  /**
   * Resident: in linear memory whatever its size, for what programs update in place. Collected: outside of it whatever
   * its size. The content is unspecified.
   */
  allocate(bytes: number, options: { resident?: boolean; collected?: boolean } = {}): Storage {
    if (options.collected || (bytes < plainBelow && !options.resident)) return new PlainStorage(bytes)
    const storage = new HeapStorage(bytes, this.heap.allocate(bytes))
    this.owners.own(storage, storage.address, bytes)
    return storage
  }

  isResident(storage: Storage): boolean { return storage instanceof HeapStorage }

  free(storage: Storage): void {
    const s = storage as WasmStorage
    if (s instanceof PlainStorage) s.content = null
    else if (s.address >= 0) {
      this.owners.release(s, s.address, s.bytes)
      s.address = -1
    }
  }

  write(storage: Storage, bytes: Uint8Array): void {
    const s = storage as WasmStorage
    if (bytes.length > s.bytes) throw new RangeError(`${bytes.length} bytes do not fit a buffer of ${s.bytes}`)
    if (s instanceof PlainStorage) contentOf(s).set(bytes)
    else this.heap.bytes.set(bytes, addressOf(s))
  }

  fill(storage: Storage, value: Uint8Array): void {
    const s = storage as WasmStorage
    if (s instanceof PlainStorage) fillBytes(contentOf(s), value)
    else fillBytes(this.heap.bytes.subarray(addressOf(s), addressOf(s) + s.bytes), value)
  }

  read(storage: Storage): Uint8Array<ArrayBuffer> {
    const s = storage as WasmStorage
    if (s instanceof PlainStorage) return contentOf(s).slice()
    const out = new Uint8Array(s.bytes)
    const at = addressOf(s)
    out.set(this.heap.bytes.subarray(at, at + s.bytes))
    return out
  }

  // ---- programs

  link(program: Program): Executable {
    const bytes = emitModule(program.kernels, this.target, { sharedMemory: this.shared, relaxed: this.relaxed })
    const module = new WebAssembly.Module(bytes)
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.heap.memory } })
    const entries = program.kernels.map((_, i) => exports[String(i)] as Entry)
    return new WasmExecutable(this, program, entries, this.pool.add(module))
  }

  drop(code: number): void { this.pool.drop(code) }

  /** Threads that run kernels, this one among them. Without shared memory there is one. */
  setThreads(n: number): void {
    if (!this.shared) return
    this.pool.setWorkers(Math.max(0, n - 1))
    this.resizeScratch(this.scratchStride)
  }

  /** Resolves when all workers take part; until then the others do their share. */
  get ready(): Promise<void> { return this.pool.ready }

  // ---- for executables

  get scratch(): number { return this.scratchRegion.address }

  nextRun(): number { return this.runs++ }

  /** Makes arena and scratch large enough; returns the arena's address. */
  reserve(arenaBytes: number, scratchBytes: number): number {
    if (scratchBytes > this.scratchStride) this.resizeScratch(scratchBytes)
    this.fit(this.arena, arenaBytes)
    return this.arena.address
  }

  call(entry: Entry, code: number, kernel: number, info: Kernel, args: number, scratch: number): void {
    const { total, grain = 1 } = info
    if (this.pool.workers === 0 || total === 1 || info.flops + info.bytes < parallelFrom) entry(args, 0, total, scratch)
    else this.pool.run({ entry, code, kernel, args, total, grain, scratch, stride: this.scratchStride })
  }

  private resizeScratch(bytes: number): void {
    this.scratchStride = Math.ceil(bytes / lineBytes) * lineBytes
    this.fit(this.scratchRegion, this.scratchStride * (this.pool.workers + 1))
  }

  /** Freed before it is allocated again, so that it can grow where it lies. */
  private fit(region: Region, bytes: number): void {
    if (bytes <= region.bytes) return
    if (region.bytes > 0) this.heap.release(region.address)
    region.bytes = 0
    region.address = this.heap.allocate(bytes)
    region.bytes = bytes
  }
}

function addressOf(storage: HeapStorage): number {
  if (storage.address < 0) throw new DeviceError('wasm: the buffer was freed')
  return storage.address
}
