/** @file The native backend's linker: machine code, memory and threads behind the Linker contract. */
import type { Kernel, Target } from '../../kernel/ir.ts'
import { fillBytes } from '../fill.ts'
import type { Linker, Program, Storage } from '../program.ts'
import { chooseTarget, queryCpu, type Cpu } from './cpu.ts'
import { NativeExecutable, type Host } from './executable.ts'
import { loadFfi, type Ffi, type Require } from './ffi.ts'
import { GuardAllocator, POISON } from './guard.ts'
import { Machine } from './machine.ts'
import { Arena, Scratch } from './memory.ts'
import { BufferAllocator, NativeStorage, rawBuffer, type Allocator } from './storage.ts'
import { ThreadPool } from './threads.ts'

/** One code segment for all kernels; `entries` are byte offsets in it. */
export type EmitKernels = (kernels: readonly Kernel[], target: Target) =>
  { readonly code: Uint8Array; readonly entries: readonly number[] }

export interface NativeOptions {
  readonly emit: EmitKernels
  /** 'avx2' or 'avx512'; otherwise the best that the processor has. */
  readonly isa?: string
  /** 1 if left out. */
  readonly threads?: number
  /** Buffers end on inaccessible pages, and what is not written yet reads as NaN. */
  readonly guard?: boolean
  /** For tests of the threads: they yield at every point where a race could be. */
  readonly disturbed?: boolean
  /** How long a thread without work is kept. */
  readonly idleSeconds?: number
}

export type LinkerResult =
  | { readonly linker: NativeLinker; readonly target: Target; readonly cpu: Cpu }
  | { readonly linker: null; readonly reason: string }

/** `require`: `createRequire(import.meta.url)` of the entry. */
export const createLinker = (require: Require, options: NativeOptions): LinkerResult => {
  const loaded = loadFfi(require)
  if (loaded.ffi === null) return { linker: null, reason: loaded.reason }
  try {
    return build(loaded.ffi, options)
  } catch (error) {
    // A policy may refuse executable pages.
    return { linker: null, reason: error instanceof Error ? error.message : String(error) }
  }
}

const build = (ffi: Ffi, options: NativeOptions): LinkerResult => {
  const machine = new Machine(ffi, options.disturbed)
  const cpu = queryCpu(machine)
  const chosen = chooseTarget(cpu, options.isa)
  if (chosen.target === null) {
    machine.release()
    return { linker: null, reason: chosen.reason }
  }
  return { linker: new NativeLinker(machine, chosen.target, options), target: chosen.target, cpu }
}

export class NativeLinker implements Linker, Host {
  readonly machine: Machine
  readonly target: Target
  readonly beforeRun: Host['beforeRun']
  epoch = 0
  private readonly emit: EmitKernels
  private readonly pool: ThreadPool
  private readonly arena: Arena
  private readonly scratch: Scratch
  private readonly allocator: Allocator
  private scratchBytes = 0
  private disposed = false

  constructor(machine: Machine, target: Target, options: NativeOptions) {
    const { emit, guard = false, threads = 1, idleSeconds } = options
    this.machine = machine
    this.target = target
    this.emit = emit
    this.pool = new ThreadPool(machine, idleSeconds)
    this.arena = new Arena(machine.ffi, guard)
    this.scratch = new Scratch(machine.ffi)
    this.pool.useScratch(this.scratch)
    this.allocator = guard ? new GuardAllocator(machine) : new BufferAllocator(machine)
    this.beforeRun = guard ? (program) => this.poison(program) : null
    this.setThreads(threads)
  }

  get control(): number { return this.pool.control }
  get threads(): number { return this.pool.threads }
  /** Worker threads alive now. */
  get workers(): number { return this.pool.alive }

  /** Content is unspecified. */
  allocate(bytes: number, options: { readonly collected?: boolean } = {}): NativeStorage {
    if (!(bytes >= 0)) throw new RangeError(`cannot allocate ${bytes} bytes`)
    return this.allocator.allocate(bytes, options.collected)
  }

  free(storage: Storage): void {
    this.allocator.free(own(storage))
  }

  write(storage: Storage, bytes: Uint8Array): void {
    const to = live(storage)
    if (bytes.length > to.bytes) throw new RangeError(`${bytes.length} bytes do not fit in a buffer of ${to.bytes}`)
    const view = this.allocator.view(to)
    if (view !== null) view.set(bytes)
    else if (bytes.length > 0) this.machine.copyIn(to.address, bytes, bytes.length)
  }

  fill(storage: Storage, value: Uint8Array): void {
    const to = live(storage)
    const view = this.allocator.view(to)
    if (view !== null) {
      fillBytes(view, value)
      return
    }
    const bytes = new Uint8Array(to.bytes)
    fillBytes(bytes, value)
    this.write(to, bytes)
  }

  read(storage: Storage): Uint8Array<ArrayBuffer> {
    const from = live(storage)
    const copy = new Uint8Array(rawBuffer(from.bytes))
    const view = this.allocator.view(from)
    if (view !== null) copy.set(view)
    else if (from.bytes > 0) this.machine.copyOut(copy, from.address, from.bytes)
    return copy
  }

  link(program: Program): NativeExecutable {
    if (this.disposed) throw new Error('this linker was disposed')
    const { code, entries } = this.emit(program.kernels, this.target)
    for (const kernel of program.kernels) this.needScratch(kernel.scratchBytes)
    const arena = this.arena.claim(program.arenaBytes)
    try {
      return new NativeExecutable(this, program, this.machine.load(code), entries, arena)
    } catch (error) {
      this.arena.unclaim(program.arenaBytes)
      throw error
    }
  }

  setThreads(n: number): void {
    this.pool.resize(n)
    this.epoch++
    this.needScratch(this.scratchBytes)
  }

  /** Ends the threads and gives all memory back but for the few pages that a thread on its way out may need. */
  dispose(): void {
    if (this.disposed) return
    this.disposed = true
    this.allocator.dispose()
    this.arena.release()
    this.scratch.release()
    this.pool.release()
    if (!this.pool.everStarted) this.machine.release()
  }

  startThreads(): void {
    this.pool.ensure()
  }

  released(program: NativeExecutable): void {
    if (!this.disposed) this.arena.unclaim(program.arenaBytes)
  }

  private needScratch(bytes: number): void {
    this.scratchBytes = Math.max(bytes, this.scratchBytes)
    if (this.scratch.ensure(this.scratchBytes, this.pool.threads)) this.pool.useScratch(this.scratch)
  }

  private poison(program: NativeExecutable): void {
    if (program.arenaBytes === 0) return
    this.arena.protect(program.arenaBytes)
    this.machine.fill(program.arena, POISON, program.arenaBytes)
  }
}

const own = (storage: Storage): NativeStorage => {
  if (storage instanceof NativeStorage) return storage
  throw new TypeError('this buffer is not memory of this device')
}

const live = (storage: Storage): NativeStorage => {
  const found = own(storage)
  if (found.address === 0) throw new Error('this buffer was freed')
  return found
}
