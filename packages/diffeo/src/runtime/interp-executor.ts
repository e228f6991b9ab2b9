/** @file The runtime over the reference interpreter: slow, and right. Storages are arrays of float64. */
import { evaluateGraph, type Mode } from '../backend/interp/evaluate.ts'
import type {
  CompiledGraph,
  Device,
  Executor,
  KernelCost,
  RealizeOptions,
  TypedArray,
  Update,
} from '../graph/executor.ts'
import type { DType } from '../graph/dtype.ts'
import { is, type Graph, type Node, type NodeStorage } from '../graph/node.ts'
import type { NDArray } from '../ops/record.ts'
import { rounders } from '../ops/support/round.ts'
import { DeviceError } from '../util/errors.ts'
import { explainOn } from './explain.ts'
import { commit, keptForGradients } from './realize.ts'
import { turns } from './turns.ts'

/** A value of the interpreter: null once it was released. */
class ArrayStorage implements NodeStorage {
  readonly device = 'interp'
  array: NDArray | null
  constructor(array: NDArray) { this.array = array }
}

const arrays = {
  float32: Float32Array, float64: Float64Array, float16: Float32Array, bfloat16: Float32Array,
  int32: Int32Array, uint32: Uint32Array, int8: Int8Array, uint8: Uint8Array, bool: Uint8Array,
} satisfies Record<DType, unknown>

function contents(storage: NodeStorage): NDArray {
  if (!(storage instanceof ArrayStorage))
    throw new DeviceError(`a tensor on '${storage.device}' was used on 'interp': move it with to('interp')`)
  if (!storage.array)
    throw new DeviceError('a tensor was disposed before what was computed from it: realize that first')
  return storage.array
}

/** Counts of what was done, for tests: nodes asked for, and programs run. */
export interface InterpCounts { realized: number; compiled: number; runs: number }

export class InterpExecutor implements Executor {
  readonly device: Device = 'interp'
  readonly counts: InterpCounts = { realized: 0, compiled: 0, runs: 0 }
  private readonly mode: Mode

  constructor(mode: Mode = 'rounded') { this.mode = mode }

  upload(data: TypedArray, dtype: DType, device: Device = 'interp'): NodeStorage {
    if (device !== 'interp') throw new DeviceError(`there is no device '${device}' here: only 'interp' is`)
    // uploads know no shape; evaluation takes it from the node
    return new ArrayStorage({ shape: [data.length], dtype, data: Float64Array.from(data, rounders[dtype]) })
  }

  download(storage: NodeStorage, dtype: DType, size: number): TypedArray {
    return arrays[dtype].from(contents(storage).data.subarray(0, size))
  }

  release(storage: NodeStorage): void { (storage as ArrayStorage).array = null }
  pause(): Promise<void> | null { return turns.pause() }
  explain(graph: Graph, updates: readonly Update[]): readonly KernelCost[] { return explainOn(graph, updates) }

  realize(nodes: readonly Node[], updates: readonly Update[] = [], { keep = true }: RealizeOptions = {}): void {
    this.counts.realized += nodes.length
    const roots = [...nodes, ...updates.map(u => u.value)]
    const kept = keep ? keptForGradients(nodes) : []
    const values = this.evaluate([...roots, ...kept])
    nodes.forEach((n, i) => { n.storage ??= new ArrayStorage(values[i]) })
    kept.forEach((n, i) => { n.storage = new ArrayStorage(values[roots.length + i]) })
    commit(updates, values.slice(nodes.length, roots.length).map(v => new ArrayStorage(v)))
  }

  compile(graph: Graph, updates: readonly Update[]): CompiledGraph {
    this.counts.compiled++
    const roots = [...graph.outputs, ...updates.map(u => u.value)]
    return {
      run: inputs => {
        this.counts.runs++
        const given = new Map(graph.inputs.map((p, i) => [p, inputs[i]]))
        const values = this.evaluate(roots, given)
        commit(updates, values.slice(graph.outputs.length).map(v => new ArrayStorage(v)))
        return values.slice(0, graph.outputs.length).map(v => new ArrayStorage({ ...v, data: v.data.slice() }))
      },
      release: () => { /* nothing is held */ },
    }
  }

  private evaluate(roots: readonly Node[], given: ReadonlyMap<Node, NodeStorage> = new Map()): NDArray[] {
    return evaluateGraph(roots, this.mode, node => {
      const storage = given.get(node) ?? node.storage ?? (is(node, 'read') ? node.attrs.cell.storage : null)
      return storage ? { shape: node.shape, dtype: node.dtype, data: contents(storage).data } : undefined
    })
  }
}
