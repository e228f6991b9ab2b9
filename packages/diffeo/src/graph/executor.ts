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

export interface Executor {
  /** The device in force. */
  readonly device: Device
  /** Copies host data to a storage. */
  upload(data: TypedArray, dtype: DType, device?: Device): NodeStorage
  /** A copy of the value, in the dtype's array (float16, bfloat16: Float32Array; bool: Uint8Array). */
  download(storage: NodeStorage, dtype: DType, size: number): TypedArray
  /** Computes the nodes: each gets its `storage`. Cells' updates happen together, after all was computed. */
  realize(nodes: readonly Node[], updates?: readonly Update[]): void
  /** Compiles outputs and updates as a function of placeholders. */
  compile(graph: Graph, updates: readonly Update[], name: string): CompiledGraph
}

let current: Executor | null = null
export function installExecutor(executor: Executor): void { current = executor }
export function executor(): Executor {
  if (!current) throw new Error('no runtime is installed: import diffeo through its entry')
  return current
}
