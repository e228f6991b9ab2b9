/**
 * @file What the compiler hands to a code-generating backend: kernels, the buffers they touch, and the order of calls.
 */
import type { Kernel } from '../kernel/ir.ts'

/** Where a buffer of a program lies. Offsets are multiples of 64. */
export type Placement =
  /** In the device's arena, which all programs share: its content does not outlive the run. */
  | { readonly kind: 'arena'; readonly offset: number; readonly bytes: number }
  /** Handed in at each run: an input, an output, or a cell. */
  | { readonly kind: 'external'; readonly index: number; readonly bytes: number }
  /** Literal data that belongs to the program. */
  | { readonly kind: 'data'; readonly content: Uint8Array }
  /** One i32: zero before the run; a kernel that meets an index out of range stores the size of its axis here. */
  | { readonly kind: 'status' }
  /**
   * Part of buffer `of` that changes with the turns of a loop: in turn t it lies `start + t·step` bytes from its
   * beginning; where it swaps, `start` in even turns and `start + step` in odd ones.
   */
  | {
    readonly kind: 'moving'
    readonly of: number
    readonly start: number
    readonly step: number
    readonly swaps: boolean
  }

/** What is known of a kernel once it is linked. */
export type Counted = Omit<Kernel, 'entry' | 'callees'>

/** The kernel without its code, which may then go. */
export function counted(kernel: Kernel): Counted {
  const { entry: _entry, callees: _callees, ...rest } = kernel
  return rest
}

export interface Call {
  /** Number of the kernel in `Program.kernels`. */
  readonly kernel: number
  /** For each argument slot, a number in `Program.buffers`. */
  readonly buffers: readonly number[]
}

/** Calls `first` to `end` (excluded), which run `turns` ≥ 1 times. */
export interface Loop {
  readonly first: number
  readonly end: number
  readonly turns: number
  /** The buffers of kind `moving` that move with it. */
  readonly moves: readonly number[]
}

/** Calls run in order; each sees all that the calls before it wrote. */
export interface Program {
  readonly kernels: readonly Kernel[]
  readonly buffers: readonly Placement[]
  readonly calls: readonly Call[]
  /** Apart from one another or one inside another: by `first`, those around others before them. */
  readonly loops?: readonly Loop[]
  readonly arenaBytes: number
  readonly externals: number
  /** Calls from this one on write over cells: they run only if the status word is still 0 by then. */
  readonly commit?: number
  /** The externals that some call may write; all when absent. */
  readonly writes?: readonly number[]
}

/** Bytes on a device; the collector frees them. `dispose` frees them at once. */
export interface Storage {
  readonly bytes: number
}

/** Told of each call when it has run; times as performance.now() has them. */
export type Clock = (call: number, start: number, end: number) => void

export interface Executable {
  readonly kernels: readonly Counted[]
  readonly calls: readonly Call[]
  /** Runs the program on these buffers; returns the status word (0: all indices were in range). */
  run(externals: readonly Storage[]): number
  /** The same, call by call. */
  runTimed(externals: readonly Storage[], clock: Clock): number
  /** Frees code and data; the executable must not run again. */
  release(): void
}

/** The part of a backend that links machine code and owns memory. */
export interface Linker {
  /**
   * `resident`: it will be written by many runs (a cell). `collected`: the collector must be able to free it without a
   * finalizer, whatever its size.
   */
  allocate(bytes: number, options?: { readonly resident?: boolean; readonly collected?: boolean }): Storage
  /** Whether programs work on it where it lies; of others each run makes a copy. Absent: they always do. */
  isResident?(storage: Storage): boolean
  free(storage: Storage): void
  /** Copies `bytes` into the storage (`length` ≤ storage.bytes). */
  write(storage: Storage, bytes: Uint8Array): void
  /** Fills the storage with a value: its bytes over and over. */
  fill(storage: Storage, value: Uint8Array): void
  /** A copy that the caller owns. */
  read(storage: Storage): Uint8Array<ArrayBuffer>
  link(program: Program): Executable
  setThreads(n: number): void
}
