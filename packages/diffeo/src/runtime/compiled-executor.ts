/**
 * @file Computes graphs on a backend that generates code: schedule, compile, run, and keep programs for the next time.
 */
import { measurePeaks } from '../backend/peak.ts'
import type { Executable, Linker, Storage } from '../backend/program.ts'
import type { Cell } from '../graph/cell.ts'
import { dtypeBytes, type DType } from '../graph/dtype.ts'
import { expand, placeholder, reshape } from '../graph/build.ts'
import type {
  CompiledGraph,
  Device,
  Executor,
  KernelCost,
  KernelRun,
  Peaks,
  RealizeOptions,
  TypedArray,
  Update,
} from '../graph/executor.ts'
import { is, sizeOf, type Aval, type Graph, type Node, type NodeStorage } from '../graph/node.ts'
import { topological } from '../graph/walk.ts'
import type { Target } from '../kernel/ir.ts'
import { compileProgram, type Compiled } from '../schedule/index.ts'
import { KernelCache } from '../schedule/kernel-cache.ts'
import { DeviceError } from '../util/errors.ts'
import { describe, DeviceStorage, memoryIn, notHere, packed, packedNumber, unpacked } from './device-storage.ts'
import { explainOn, withoutHistory } from './explain.ts'
import { outOfRange } from './out-of-range.ts'
import { isArgument, keyOf, RecentlyUsed } from './program-cache.ts'
import { CompiledMapping, type ProgramHost, type Use } from './program.ts'
import { keptForGradients } from './realize.ts'
import { turns } from './turns.ts'

export interface ExecutorOptions {
  readonly device: Device
  readonly linker: Linker
  readonly target: Target
  /** Programs of uncompiled graphs that are kept. */
  readonly cached?: number
  /** Sees each program that is compiled. */
  readonly onCompile?: (name: string, compiled: Compiled) => void
}


/** A program of an uncompiled graph. `slots`: for each buffer a leaf's number, or −1 − an output's. */
interface Cached { readonly executable: Executable; readonly slots: readonly number[] }

export class CompiledExecutor implements Executor, ProgramHost {
  readonly device: Device
  private readonly linker: Linker
  private readonly target: Target
  private readonly programs: RecentlyUsed<Cached>
  /** What the groups of all programs were compiled to. */
  private readonly kernels = new KernelCache()
  private readonly onCompile: ExecutorOptions['onCompile']
  private sink: ((run: KernelRun) => void) | null = null
  private readonly names = new WeakMap<Executable, string>()
  /** Code of mappings that nobody can call any more. */
  private readonly abandoned = new FinalizationRegistry<{ release(): void }>(e => e.release())

  constructor(options: ExecutorOptions) {
    this.device = options.device
    this.linker = options.linker
    this.target = options.target
    this.onCompile = options.onCompile
    this.programs = new RecentlyUsed(options.cached ?? 256, p => p.executable.release())
  }

  upload(data: TypedArray, dtype: DType, device: Device = this.device): DeviceStorage {
    this.own(device)
    return this.place(packed(data, dtype), dtype)
  }

  download(storage: NodeStorage, dtype: DType, size: number): TypedArray {
    const bytes = this.linker.read(this.mine(storage, () => 'the tensor'))
    return unpacked(bytes, dtype, size)
  }

  private place(bytes: Uint8Array<ArrayBuffer>, dtype: DType): DeviceStorage {
    const storage = this.take(Math.max(4, bytes.length), 'result')
    this.linker.write(storage, bytes)
    return new DeviceStorage(this.device, storage, dtype)
  }

  realize(nodes: readonly Node[], updates: readonly Update[] = [], { keep = true }: RealizeOptions = {}): void {
    const missing = [...new Set(nodes)].filter(n => !n.storage)
    const kept = keep ? keptForGradients(missing).filter(n => worthKeeping.has(n.op)) : []
    const wanted = [...missing, ...kept, ...updates.map(u => u.value)]
    if (wanted.length === 0) return
    const inner = missing.length + kept.length
    const storages = this.compute(wanted, i => (i < missing.length ? 'result' : 'hidden'))
    for (let i = 0; i < inner; i++) wanted[i].storage = storages[i]
    updates.forEach(({ cell }, i) => this.replace(cell, storages[inner + i]))
  }

  /** A cell takes a storage of its own; readers of the old one keep that. */
  private replace(cell: Cell, storage: NodeStorage): void {
    if (cell.storage && !cell.shared) this.free(cell.storage)
    cell.storage = storage
    cell.shared = false
    cell.version++
  }

  /** The values of nodes, each in a storage of its own: constants are written there, a program computes the rest. */
  private compute(nodes: readonly Node[], useOf: (i: number) => Use): DeviceStorage[] {
    const outputs: DeviceStorage[] = []
    const open: number[] = []
    const make = (i: number): DeviceStorage => (outputs[i] = this.allocate(nodes[i], useOf(i)))
    try {
      nodes.forEach((n, i) => {
        if (is(n, 'constant')) this.linker.fill(make(i).storage, packedNumber(n.attrs.value, n.dtype))
        else open.push(i)
      })
      if (open.length > 0) this.runOpen(open.map(i => nodes[i]), k => make(open[k]).storage)
    } catch (error) {
      for (const o of outputs) if (o) this.free(o)
      throw error
    }
    return outputs
  }

  /** Runs the program of the nodes, kept from an earlier time or made now. */
  private runOpen(nodes: readonly Node[], output: (i: number) => Storage): void {
    const { key, leaves } = keyOf(nodes, hasValue)
    let program = this.programs.get(key)
    if (!program) this.programs.set(key, program = this.linkOpen(nodes, leaves))
    const numbers: DeviceStorage[] = []
    try {
      this.run(
        program.executable,
        program.slots.map(s => {
          if (s < 0) return output(-1 - s)
          const leaf = leaves[s]
          if (!isArgument(leaf)) return this.valueOf(leaf, nodes)
          numbers.push(this.place(packedNumber(leaf.attrs.value, leaf.dtype), leaf.dtype))
          return numbers[numbers.length - 1].storage
        }),
        nodes,
      )
    } finally {
      for (const n of numbers) this.free(n)
    }
  }

  private valueOf(leaf: Node, nodes: readonly Node[]): Storage {
    const storage = leaf.storage ?? (is(leaf, 'read') ? leaf.attrs.cell.storage : null)
    return this.mine(storage, () => {
      const user = topological(nodes, hasValue).find(n => n.inputs.includes(leaf))
      return `${user ? `${user.op}: ` : ''}the ${describe(leaf)}`
    })
  }

  /** Compiles a graph with the user's numbers left open. */
  private linkOpen(nodes: readonly Node[], leaves: readonly Node[]): Cached {
    const open = new Map<Node, Node>()
    const leafNumbers = new Map<Node, number>()
    leaves.forEach((n, i) => {
      leafNumbers.set(n, i)
      if (!isArgument(n)) return
      const scalar = placeholder(i, [], n.dtype)
      leafNumbers.set(scalar, i)
      open.set(n, expand(reshape(scalar, n.shape.map(() => 1)), n.shape))
    })
    const outputs = withoutHistory(nodes, open)
    for (const [n, bare] of open) if (!isArgument(n)) leafNumbers.set(bare, leafNumbers.get(n) as number)
    const { compiled, executable } = this.link(outputs, n => leafNumbers.has(n) || hasValue(n), new Map(), 'realize')
    // the nodes themselves are not kept: they hold the values of this first time
    return {
      executable,
      slots: compiled.externals.map(e =>
        e.kind === 'input' ? (leafNumbers.get(e.node) ?? readNumber(leaves, e.node)) : -1 - e.index,
      ),
    }
  }

  compile(graph: Graph, updates: readonly Update[], name: string): CompiledGraph {
    const inputs = new Set(graph.inputs)
    const cells = new Map(updates.map((u, i) => [graph.outputs.length + i, u.cell] as const))
    const nodes = withoutHistory([...graph.outputs, ...updates.map(u => u.value)])
    const written = new Set(updates.map(u => u.cell))
    // what no call writes: cells of others, and the values of tensors that were captured
    const isConstant = (n: Node) => (is(n, 'read') ? !written.has(n.attrs.cell) : !inputs.has(n) && hasValue(n))
    const { compiled, executable } = this.link(nodes, n => inputs.has(n) || hasValue(n), cells, name, isConstant)
    const constants = compiled.constants && this.linker.link(compiled.constants.program)
    if (constants) this.names.set(constants, name)
    const mapping = new CompiledMapping(this, executable, constants, compiled, graph, updates, name)
    this.abandoned.register(mapping, { release() { constants?.release(); executable.release() } }, mapping)
    return mapping
  }

  explain(graph: Graph, updates: readonly Update[]): readonly KernelCost[] {
    return explainOn(graph, updates, this.target)
  }

  private link(
    nodes: readonly Node[], leaf: (n: Node) => boolean, updates: ReadonlyMap<number, Cell>, name: string,
    isConstant?: (n: Node) => boolean,
  ): { readonly compiled: Compiled; readonly executable: Executable } {
    const compiled = compileProgram(nodes, {
      target: this.target, leaf, updates, cache: this.kernels, ...(isConstant ? { isConstant } : {}),
    })
    this.onCompile?.(name, compiled)
    const executable = this.linker.link(compiled.program)
    this.names.set(executable, name)
    return { compiled, executable }
  }

  run(executable: Executable, storages: readonly Storage[], outputs: readonly Node[]): void {
    const size = this.sink ? this.runWatched(executable, storages, this.sink) : executable.run(storages)
    if (size !== 0) throw outOfRange(size, outputs, hasValue)
  }

  private runWatched(
    executable: Executable,
    storages: readonly Storage[],
    sink: (run: KernelRun) => void,
  ): number {
    const { device } = this
    const program = this.names.get(executable) ?? ''
    return executable.runTimed(storages, (call, start, end) => {
      const { name, about = '', total, flops, bytes } = executable.kernels[executable.calls[call].kernel]
      sink({ name, about, turns: total, flops, bytes, program, call, device, start, end })
    })
  }

  watch(sink: ((run: KernelRun) => void) | null): void { this.sink = sink }
  peaks(_: Device = this.device, seconds = 0.2): Peaks | null {
    return this.device === 'null' ? null : measurePeaks(this.linker, this.target, seconds)
  }

  allocate(n: Aval, use: Use): DeviceStorage {
    const bytes = Math.max(4, sizeOf(n.shape) * dtypeBytes[n.dtype])
    return new DeviceStorage(this.device, this.take(bytes, use), n.dtype)
  }

  private take(bytes: number, use: Use): Storage {
    turns.note(bytes)
    return this.linker.allocate(bytes, { resident: use === 'resident', collected: use === 'hidden' })
  }

  /** Before a program works on a cell: what somebody may still read is copied if it is to be overwritten. */
  settle(cell: Cell, overwritten: boolean): void {
    const old = cell.storage
    if (!old) return
    const memory = this.mine(old, () => `${cell.name || 'a cell'}, ${describe(cell)},`)
    const resident = this.linker.isResident?.(memory) ?? true
    if (resident && !(overwritten && cell.shared)) return
    const own = this.linker.allocate(memory.bytes, { resident: true })
    this.linker.write(own, this.linker.read(memory))
    if (!cell.shared) this.free(old)
    cell.storage = new DeviceStorage(this.device, own, cell.dtype)
    cell.shared = false
  }

  setThreads(n: number): void { this.linker.setThreads(n) }

  free(storage: NodeStorage): void {
    if (!(storage instanceof DeviceStorage) || storage.released) return
    storage.released = true
    turns.note(-storage.storage.bytes)
    this.linker.free(storage.storage)
  }

  release(storage: NodeStorage): void { this.free(storage) }
  pause(): Promise<void> | null { return turns.pause() }

  released(program: CompiledGraph, executable: Executable): void {
    this.abandoned.unregister(program)
    executable.release()
  }

  mine(storage: NodeStorage | null, what: () => string): Storage {
    const memory = memoryIn(this.device, storage)
    if (memory === null) throw notHere(this.device, storage, what())
    return memory
  }

  private own(device: Device): void {
    if (device !== this.device && device !== 'cpu') {
      throw new DeviceError(
        `'${device}' is not the device in force ('${this.device}'): call await setDevice('${device}') first`,
      )
    }
  }
}

/** Whether a node's value is there. */
const hasValue = (n: Node): boolean => n.storage !== null || is(n, 'read')

/** What takes long enough to compute that a gradient asked for later should find it; the rest is recomputed from it. */
const worthKeeping: ReadonlySet<string> = new Set([
  'dot',
  'conv',
  'reduce',
  'reduceWindow',
  'argReduceWindow',
  'gather',
  'cumulative',
  'argSort',
  'scatter',
])

/** Which leaf a read is: those of one version of a cell are one. */
function readNumber(leaves: readonly Node[], n: Node): number {
  const at = leaves.findIndex(
    l => is(l, 'read') && is(n, 'read') && l.attrs.cell === n.attrs.cell && l.attrs.version === n.attrs.version,
  )
  if (at < 0) throw new Error(`the schedule asks for ${n.op} ${describe(n)}, which is no leaf of the graph`)
  return at
}
