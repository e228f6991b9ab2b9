/** @file Computes graphs on a backend that generates code: schedule, compile, run, and keep programs for the next time. */
import type { Executable, Linker, Storage } from '../backend/program.ts'
import type { Cell } from '../graph/cell.ts'
import { dtypeBytes, type DType } from '../graph/dtype.ts'
import { expand, placeholder, reshape } from '../graph/build.ts'
import { substitute } from '../graph/substitute.ts'
import type { CompiledGraph, Device, Executor, TypedArray, Update } from '../graph/executor.ts'
import { is, sizeOf, type Graph, type Node, type NodeStorage } from '../graph/node.ts'
import type { Target } from '../kernel/ir.ts'
import { compileProgram, type Compiled } from '../schedule/index.ts'
import { DataError, DeviceError, DTypeError } from '../util/errors.ts'
import { isArgument, RecentlyUsed, structureOf } from './program-cache.ts'
import { keptForGradients } from './realize.ts'

/** A value on a compiled backend. */
export class DeviceStorage implements NodeStorage {
  readonly device: Device
  readonly storage: Storage
  readonly dtype: DType
  constructor(device: Device, storage: Storage, dtype: DType) {
    this.device = device
    this.storage = storage
    this.dtype = dtype
  }
}

const arrays: Partial<Record<DType, new (buffer: ArrayBuffer, at: number, length: number) => TypedArray>> = {
  float32: Float32Array, int32: Int32Array, uint32: Uint32Array, int8: Int8Array, uint8: Uint8Array, bool: Uint8Array,
}

function checkDType(dtype: DType, device: Device): void {
  if (!arrays[dtype]) {
    throw new DTypeError(`${dtype} is not supported on '${device}' yet: cast to float32, or compute on 'interp'`)
  }
}

export interface ExecutorOptions {
  readonly device: Device
  readonly linker: Linker
  readonly target: Target
  /** Programs of uncompiled graphs that are kept. */
  readonly cached?: number
  /** Sees each program that is compiled. */
  readonly onCompile?: (name: string, compiled: Compiled) => void
}

interface Linked { readonly compiled: Compiled; readonly executable: Executable }

export class CompiledExecutor implements Executor {
  readonly device: Device
  private readonly linker: Linker
  private readonly target: Target
  private readonly programs: RecentlyUsed<Linked & { readonly inputs: readonly number[] }>
  private readonly onCompile: ExecutorOptions['onCompile']

  constructor(options: ExecutorOptions) {
    this.device = options.device
    this.linker = options.linker
    this.target = options.target
    this.onCompile = options.onCompile
    this.programs = new RecentlyUsed(options.cached ?? 256, p => p.executable.release())
  }

  upload(data: TypedArray, dtype: DType, device: Device = this.device): DeviceStorage {
    this.own(device)
    checkDType(dtype, this.device)
    const storage = this.linker.allocate(Math.max(4, data.byteLength))
    this.linker.write(storage, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    return new DeviceStorage(this.device, storage, dtype)
  }

  download(storage: NodeStorage, dtype: DType, size: number): TypedArray {
    const bytes = this.linker.read(this.mine(storage))
    const Type = arrays[dtype]
    if (!Type) throw new DTypeError(`${dtype} is not supported on '${this.device}'`)
    return new Type(bytes.buffer, 0, size).slice() as TypedArray
  }

  realize(nodes: readonly Node[], updates: readonly Update[] = []): void {
    const missing = [...new Set(nodes)].filter(n => !n.storage)
    const kept = keptForGradients(missing).filter(n => worthKeeping.has(n.op))
    const wanted = [...missing, ...kept]
    if (wanted.length + updates.length === 0) return
    const storages = this.compute([...wanted, ...updates.map(u => u.value)], wanted.length)
    wanted.forEach((n, i) => { n.storage = storages[i] })
    updates.forEach(({ cell }, i) => this.replace(cell, storages[wanted.length + i]))
  }

  /** A cell takes a storage of its own; readers of the old one keep that. */
  private replace(cell: Cell, storage: NodeStorage): void {
    if (cell.storage && !cell.shared) this.free(cell.storage)
    cell.storage = storage
    cell.shared = false
    cell.version++
  }

  /** The values of nodes, each in a storage of its own; those from number `cells` on are for cells. */
  private compute(nodes: readonly Node[], cells: number): DeviceStorage[] {
    const { key, leaves } = structureOf(nodes, hasValue)
    let program = this.programs.get(key)
    if (!program) this.programs.set(key, program = this.linkOpen(nodes, leaves))
    const { compiled: { externals }, inputs, executable } = program
    const outputs = nodes.map((n, i) => this.allocate(n, i >= cells))
    this.run(executable, externals.map((e, i) => (e.kind === 'input' ? this.valueOf(leaves[inputs[i]]) : outputs[e.index].storage)))
    return outputs
  }

  private valueOf(leaf: Node): Storage {
    if (!isArgument(leaf)) return this.mine(leaf.storage ?? (is(leaf, 'read') ? leaf.attrs.cell.storage : null))
    const Type = arrays[leaf.dtype] ?? Float32Array
    const one = new Type(new ArrayBuffer(8), 0, 1)
    one[0] = leaf.attrs.value
    return this.upload(one, leaf.dtype).storage
  }

  /** Compiles a graph with the user's numbers left open. */
  private linkOpen(nodes: readonly Node[], leaves: readonly Node[]): Linked & { readonly inputs: readonly number[] } {
    const open = new Map<Node, Node>()
    const numbers = new Map<Node, number>()
    leaves.forEach((n, i) => {
      if (!isArgument(n)) return
      const scalar = placeholder(i, [], n.dtype)
      numbers.set(scalar, i)
      open.set(n, expand(reshape(scalar, n.shape.map(() => 1)), n.shape))
    })
    const outputs = open.size > 0 ? substitute(nodes, open) : nodes
    const linked = this.link(outputs, n => numbers.has(n) || hasValue(n), new Map(), 'realize')
    const inputs = linked.compiled.externals.map(e => (e.kind === 'input' ? numbers.get(e.node) ?? leafNumber(leaves, e.node) : -1))
    return { ...linked, inputs }
  }

  compile(graph: Graph, updates: readonly Update[], name: string): CompiledGraph {
    const inputs = new Map(graph.inputs.map((n, i) => [n, i]))
    const leaf = (n: Node): boolean => inputs.has(n) || hasValue(n)
    const nodes = [...graph.outputs, ...updates.map(u => u.value)]
    const cells = new Map(updates.map((u, i) => [graph.outputs.length + i, u.cell] as const))
    const linked = this.link(nodes, leaf, cells, name)
    return new Program(this, linked, graph, updates, inputs)
  }

  private link(nodes: readonly Node[], leaf: (n: Node) => boolean, updates: ReadonlyMap<number, Cell>, name: string): Linked {
    const compiled = compileProgram(nodes, { target: this.target, leaf, updates })
    this.onCompile?.(name, compiled)
    return { compiled, executable: this.linker.link(compiled.program) }
  }

  run(executable: Executable, storages: readonly Storage[]): void {
    if (executable.run(storages) !== 0) {
      throw new DataError('an index is out of range: a class label, a gather or an embedding index is negative or too large for its axis')
    }
  }

  allocate(n: Node, resident: boolean): DeviceStorage {
    checkDType(n.dtype, this.device)
    const bytes = Math.max(4, sizeOf(n.shape) * dtypeBytes[n.dtype])
    return new DeviceStorage(this.device, this.linker.allocate(bytes, { resident }), n.dtype)
  }

  /** A copy that a program may overwrite. */
  clone(storage: NodeStorage): DeviceStorage {
    const from = this.mine(storage)
    const to = this.linker.allocate(from.bytes, { resident: true })
    this.linker.write(to, this.linker.read(from))
    return new DeviceStorage(this.device, to, (storage as DeviceStorage).dtype)
  }

  setThreads(n: number): void { this.linker.setThreads(n) }
  free(storage: NodeStorage): void { this.linker.free(this.mine(storage)) }
  release(storage: NodeStorage): void { this.free(storage) }

  mine(storage: NodeStorage | null): Storage {
    if (!(storage instanceof DeviceStorage)) {
      throw new DeviceError(`a value on '${storage?.device ?? 'no device'}' was given to '${this.device}': move it with to('${this.device}')`)
    }
    return storage.storage
  }

  private own(device: Device): void {
    if (device !== this.device && device !== 'cpu') {
      throw new DeviceError(`'${device}' is not the device in force ('${this.device}'): call await setDevice('${device}') first`)
    }
  }
}

/** Whether a node's value is there. */
const hasValue = (n: Node): boolean => n.storage !== null || is(n, 'read')

/** What takes long enough to compute that a gradient asked for later should find it; the rest is recomputed from it. */
const worthKeeping: ReadonlySet<string> = new Set(['dot', 'conv', 'reduce', 'reduceWindow', 'argReduceWindow', 'gather', 'cumulative', 'argSort', 'scatter'])

/** Which leaf an input is; reads of the same cell are one. */
function leafNumber(leaves: readonly Node[], n: Node): number {
  const at = leaves.indexOf(n)
  if (at >= 0) return at
  return leaves.findIndex(l => is(l, 'read') && is(n, 'read') && l.attrs.cell === n.attrs.cell && l.attrs.version === n.attrs.version)
}

/** A compiled mapping: cells are read and written where they are, outputs are buffers of their own. */
class Program implements CompiledGraph {
  private readonly executor: CompiledExecutor
  private readonly linked: Linked
  private readonly graph: Graph
  private readonly updates: readonly Update[]
  private readonly inputs: ReadonlyMap<Node, number>

  constructor(executor: CompiledExecutor, linked: Linked, graph: Graph, updates: readonly Update[], inputs: ReadonlyMap<Node, number>) {
    this.executor = executor
    this.linked = linked
    this.graph = graph
    this.updates = updates
    this.inputs = inputs
  }

  run(inputs: readonly NodeStorage[]): readonly NodeStorage[] {
    const { executor, graph, updates } = this
    const { compiled, executable } = this.linked
    for (const i of compiled.inPlace) ownCell(executor, updates[i - graph.outputs.length].cell)
    const outputs: DeviceStorage[] = []
    const storages = compiled.externals.map(e => {
      if (e.kind === 'input') return executor.mine(this.input(e.node, inputs))
      const n = e.index < graph.outputs.length ? graph.outputs[e.index] : updates[e.index - graph.outputs.length].value
      outputs[e.index] = executor.allocate(n, e.index >= graph.outputs.length)
      return outputs[e.index].storage
    })
    executor.run(executable, storages)
    updates.forEach(({ cell }, k) => {
      const fresh = outputs[graph.outputs.length + k]
      if (fresh) {
        if (cell.storage && !cell.shared) executor.free(cell.storage)
        cell.storage = fresh
        cell.shared = false
      }
      cell.version++
    })
    return outputs.slice(0, graph.outputs.length)
  }

  private input(n: Node, inputs: readonly NodeStorage[]): NodeStorage | null {
    const at = this.inputs.get(n)
    if (at !== undefined) return inputs[at]
    return is(n, 'read') ? n.attrs.cell.storage : n.storage
  }

  release(): void { this.linked.executable.release() }
}

/** A cell whose value somebody may still read gets a copy to be overwritten. */
function ownCell(executor: CompiledExecutor, cell: Cell): void {
  if (!cell.shared) return
  cell.storage = executor.clone(cell.storage as NodeStorage)
  cell.shared = false
}
