/** @file What the tensor layer asks of the runtime, which installs itself here. */
import type { Cell } from './cell.ts'
import type { Graph, Node, NodeStorage } from './node.ts'
import type { DType } from './dtype.ts'

export type Device = 'cpu' | 'native' | 'wasm' | 'interp' | 'null' | 'webgpu'
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint32Array | Int8Array | Uint8Array

/** A cell takes the value of a node, as part of a program or at once. */
export interface Update {
  readonly cell: Cell
  readonly value: Node
}

/** A mapping compiled: runs on storages of the signature it was made for. */
export interface CompiledGraph {
  /** Runs the program: reads cells as they are now, writes its updates to them, returns the outputs' storages. */
  run(inputs: readonly NodeStorage[]): readonly NodeStorage[]
  release(): void
}

/** What to compute, in numbers: a kernel is one iteration space, each element of a buffer counts once a kernel. */
export interface KernelCost {
  readonly name: string
  /** The shape of its result, and the module that it is part of. */
  readonly about: string
  /** Turns that threads may share. */
  readonly turns: number
  /** How often it runs: more than once in a loop. Flops and bytes are those of one time. */
  readonly times: number
  readonly flops: number
  readonly bytes: number
}

/** One call of a kernel; times in ms, as performance.now() has them. */
export interface KernelRun extends Omit<KernelCost, 'times'> {
  /** The name of the compiled mapping, or 'realize'. */
  readonly program: string
  /** Which of the program's calls it is. */
  readonly call: number
  readonly device: Device
  readonly start: number
  readonly end: number
}

/** What a machine gives, measured. */
export interface Peaks {
  /** Floating-point operations a second. */
  readonly flops: number
  /** Bytes a second for working sets of so many bytes, smallest first. */
  readonly bandwidth: readonly { readonly bytes: number; readonly rate: number }[]
}

export interface RealizeOptions {
  /** Where a graph that begins with no value is computed; by default the device in force. */
  readonly device?: Device | undefined
  /** Whether values inside of the graph are kept that gradients asked for later would need. Default: true. */
  readonly keep?: boolean
}

export interface Executor {
  /** The device in force. */
  readonly device: Device
  /** Copies host data to a storage. */
  upload(data: TypedArray, dtype: DType, device?: Device): NodeStorage
  /** A copy of the value, in the dtype's array (float16, bfloat16: Float32Array; bool: Uint8Array). */
  download(storage: NodeStorage, dtype: DType, size: number): TypedArray
  /** Computes the nodes: each gets its `storage`. Cells' updates happen together, after all was computed. */
  realize(nodes: readonly Node[], updates?: readonly Update[], options?: RealizeOptions): void
  /** Compiles outputs and updates as a function of placeholders, which are on `device` (by default that in force). */
  compile(graph: Graph, updates: readonly Update[], name: string, device?: Device): CompiledGraph
  /** The kernels that `compile` would make, in order. Nothing runs. */
  explain?(graph: Graph, updates: readonly Update[], name: string, device?: Device): readonly KernelCost[]
  /** From now on tells `sink` of each kernel that has run; null ends that. Programs run call by call meanwhile. */
  watch?(sink: ((run: KernelRun) => void) | null): void
  /**
   * What the machine gives to kernels of a device, measured now, each of four kernels for so many seconds (0.2). Null
   * where nothing is compiled.
   */
  peaks?(device?: Device, seconds?: number): Peaks | null
  /** Frees a buffer before the collector does; what still needs it is an error from then on. */
  release?(storage: NodeStorage): void
  /** A promise to wait for where other tasks (and finalizers, timers, signals) have waited long enough; else null. */
  pause?(): Promise<void> | null
}

let current: Executor | null = null
export function installExecutor(executor: Executor): void { current = executor }
export function executor(): Executor {
  if (!current) throw new Error('no runtime is installed: import diffeo through its entry')
  return current
}
