/**
 * @file The devices of this process, made when first used, behind one executor that sends each graph where its values
 * are.
 */
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
import type { DType } from '../graph/dtype.ts'
import { is, type Graph, type Node, type NodeStorage } from '../graph/node.ts'
import { configuration } from '../util/configuration.ts'
import { DeviceError } from '../util/errors.ts'
import { turns } from './turns.ts'

/** An executor, or why there is none here. */
export type Made = { readonly executor: DeviceExecutor } | { readonly reason: string }
export type DeviceExecutor = Executor & Required<Pick<Executor, 'explain'>> & Partial<Tunable>
/** What native has room for; beyond it a thread more is no gain anywhere. */
const mostThreads = 256

export interface Tunable { setThreads(n: number): void }

export interface DeviceInfo {
  readonly name: Device
  readonly available: boolean
  /** What it is, or why it is not there. */
  readonly detail: string
  /** Bytes of the first, second and third data cache that one thread may count on, where that is known. */
  readonly caches?: readonly number[]
}

export interface Registration {
  readonly make: () => Made
  /** Said of the device once it is there. */
  readonly describe?: () => Pick<DeviceInfo, 'detail' | 'caches'>
}

export type Registrations = ReadonlyMap<Device, Registration>

export interface Environment {
  readonly threads: number
  /** The device in force at the start; the best one, if not given. */
  readonly device?: Device | undefined
  /** Asked for when a device is first used: what it needs may be loaded then. */
  readonly registrations: () => Registrations
}

export class Devices implements Executor {
  private readonly environment: Environment
  private known: Registrations | null = null
  private readonly made = new Map<Device, Made>()
  private chosen: Device | null = null
  private threads: number
  private sink: ((run: KernelRun) => void) | null = null

  constructor(environment: Environment) {
    this.environment = environment
    this.threads = environment.threads
  }

  private get registered(): Registrations { return this.known ??= this.environment.registrations() }

  /** The device in force; at first the one that the environment names, or the best there is. */
  get device(): Device {
    this.chosen ??= this.actual(this.environment.device || 'cpu')
    return this.chosen
  }

  /** The name that `cpu` stands for here; else the name itself, once it is seen to be there. */
  private actual(name: Device): Device {
    const actual = name === 'cpu' ? this.best() : name
    this.get(actual)
    return actual
  }

  private best(): Device {
    for (const name of ['native', 'wasm', 'interp'] as const) if ('executor' in this.make(name)) return name
    throw new DeviceError('no device is available here')
  }

  use(name: Device): void {
    const actual = this.actual(name)
    if (actual === this.chosen) return
    this.chosen = actual
    configuration.changed()
  }

  setThreads(n: number): void {
    if (!Number.isInteger(n) || n < 1 || n > mostThreads) {
      const given = typeof n === 'number' ? n : `'${n}'`
      throw new DeviceError(`setThreads: ${given} is not a whole number from 1 to ${mostThreads}`)
    }
    this.threads = n
    for (const m of this.made.values()) if ('executor' in m) m.executor.setThreads?.(n)
  }

  list(): Device[] { return this.describe().filter(d => d.available).map(d => d.name) }

  describe(): DeviceInfo[] {
    return [...this.registered].map(([name, r]) => {
      const m = this.make(name)
      if (!('executor' in m)) return { name, available: false, detail: m.reason }
      return { name, available: true, detail: '', ...r.describe?.() }
    })
  }

  private make(name: Device): Made {
    const known = this.made.get(name)
    if (known) return known
    const registration = this.registered.get(name)
    const m: Made = registration ? registration.make() : { reason: `'${name}' is not part of this build` }
    if ('executor' in m) {
      m.executor.setThreads?.(this.threads)
      m.executor.watch?.(this.sink)
    }
    this.made.set(name, m)
    return m
  }

  get(name: Device): DeviceExecutor {
    const m = this.make(name === 'cpu' ? this.best() : name)
    if ('executor' in m) return m.executor
    throw new DeviceError(
      `device '${name}' is not available: ${m.reason}. Available: ${this.list()
        .filter(d => d !== 'null')
        .join(', ')}`,
    )
  }


  upload(data: TypedArray, dtype: DType, device?: Device): NodeStorage {
    const name = !device || device === 'cpu' ? this.device : device
    return this.get(name).upload(data, dtype, name)
  }

  download(storage: NodeStorage, dtype: DType, size: number): TypedArray {
    return this.get(storage.device as Device).download(storage, dtype, size)
  }

  release(storage: NodeStorage): void { this.get(storage.device as Device).release?.(storage) }
  pause(): Promise<void> | null { return turns.pause() }

  realize(nodes: readonly Node[], updates: readonly Update[] = [], options: RealizeOptions = {}): void {
    const fallback = options.device ?? this.device
    const placed = placeOf([...nodes, ...updates.map(u => u.value)], fallback)
    for (const device of new Set(placed)) {
      const mine = nodes.filter((_, i) => placed[i] === device)
      const its = updates.filter((_, i) => placed[nodes.length + i] === device)
      this.get(device).realize(mine, its, options)
    }
  }

  compile(graph: Graph, updates: readonly Update[], name: string, device: Device = this.device): CompiledGraph {
    return this.where(graph, updates, device).compile(graph, updates, name)
  }

  explain(graph: Graph, updates: readonly Update[], name: string, device: Device = this.device): readonly KernelCost[] {
    return this.where(graph, updates, device).explain(graph, updates, name)
  }

  watch(sink: ((run: KernelRun) => void) | null): void {
    this.sink = sink
    for (const m of this.made.values()) if ('executor' in m) m.executor.watch?.(sink)
  }

  peaks(device: Device = this.device, seconds?: number): Peaks | null {
    return this.get(device).peaks?.(device, seconds) ?? null
  }

  /** The executor of the values that a mapping captures, which are those of its arguments; else that of `device`. */
  private where(graph: Graph, updates: readonly Update[], device: Device): DeviceExecutor {
    const placed = placeOf([...graph.outputs, ...updates.map(u => u.value)], null)
    return this.get(placed.find(d => d !== null) ?? device)
  }
}

/** For each graph the device of the first value that it begins with, or `otherwise`. */
function placeOf<T extends Device | null>(outputs: readonly Node[], otherwise: T): (Device | T)[] {
  const barren = new Set<Node>()
  return outputs.map(output => {
    const seen = new Set([output])
    for (const n of seen) {
      const storage = n.storage ?? (is(n, 'read') ? n.attrs.cell.storage : null)
      if (storage) return storage.device as Device
      for (const input of n.inputs) if (!barren.has(input)) seen.add(input)
    }
    for (const n of seen) barren.add(n)
    return otherwise
  })
}
