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
  /** Turns that threads may share. */
  readonly turns: number
  readonly flops: number
  readonly bytes: number
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
  /** Throws a DTypeError if the device has no code for the dtype. */
  checkDType?(dtype: DType, device: Device): void
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
