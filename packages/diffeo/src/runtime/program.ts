/** @file A compiled mapping: cells are read and written where they are, outputs are buffers of their own. */
import type { Executable, Storage } from '../backend/program.ts'
import type { Cell } from '../graph/cell.ts'
import type { CompiledGraph, Device, Update } from '../graph/executor.ts'
import { is, type Aval, type Graph, type Node, type NodeStorage } from '../graph/node.ts'
import type { Compiled, External, Part } from '../schedule/index.ts'
import { describe, memoryIn, notHere, type DeviceStorage } from './device-storage.ts'

/**
 * What a buffer is for: a value of the user's; what programs work on call after call (a cell that they write, what
 * they keep of weights), which lies where they need no copy of it; or what no user can dispose of (a value kept for
 * gradients, a cell assigned outside of programs), which lies where the collector frees it without a finalizer, also in
 * a loop that never yields.
 */
export type Use = 'result' | 'resident' | 'hidden'

/** What a program needs of its executor. */
export interface ProgramHost {
  readonly device: Device
  allocate(n: Aval, use: Use): DeviceStorage
  /** @throws DataError where an index was out of range, on the way to one of `outputs` */
  run(executable: Executable, storages: readonly Storage[], outputs: readonly Node[]): void
  free(storage: NodeStorage): void
  /** Gives the cell memory that programs may write to, where it is. */
  settle(cell: Cell, overwritten: boolean): void
  released(program: CompiledGraph, executable: Executable): void
}

/** Where a buffer of the program comes from at a call. */
type Slot =
  | { readonly kind: 'argument'; readonly index: number; readonly node: Node }
  | { readonly kind: 'cell'; readonly cell: Cell }
  | { readonly kind: 'captured'; readonly node: Node }
  | { readonly kind: 'output'; readonly index: number; readonly node: Node }
  | { readonly kind: 'kept'; readonly index: number }

/** What a program computes from cells that others write, if anybody: computed anew when one of them was written. */
class Constants {
  private readonly host: ProgramHost
  private readonly executable: Executable
  private readonly slots: readonly Slot[]
  private readonly bytes: readonly number[]
  private readonly cells: readonly Cell[]
  private readonly nodes: readonly Node[]
  /** Null: what is kept was not computed yet, or a run failed. */
  private versions: readonly number[] | null = null
  private kept: DeviceStorage[] = []

  constructor(
    host: ProgramHost, executable: Executable, { externals }: Part, nodes: readonly Node[],
    slotOf: (e: External) => Slot,
  ) {
    this.host = host
    this.nodes = nodes
    this.executable = executable
    this.slots = externals.map(slotOf)
    this.bytes = externals.flatMap(e => (e.kind === 'kept' ? [[e.index, e.bytes]] : [])).sort(([a], [b]) => a - b)
      .map(([, bytes]) => bytes)
    this.cells = this.slots.flatMap(s => (s.kind === 'cell' ? [s.cell] : []))
  }

  at(index: number): Storage { return this.kept[index].storage }

  refresh(memory: (slot: Slot) => Storage): void {
    const { host, cells } = this
    const { versions } = this
    if (versions && cells.every((c, i) => c.version === versions[i])) return
    for (const cell of cells) host.settle(cell, false)
    if (this.kept.length === 0) {
      this.kept = this.bytes.map(n => host.allocate({ shape: [Math.ceil(n / 4)], dtype: 'float32' }, 'resident'))
    }
    this.versions = null
    host.run(this.executable, this.slots.map(memory), this.nodes)
    this.versions = cells.map(c => c.version)
  }

  release(): void {
    for (const k of this.kept) this.host.free(k)
    this.executable.release()
  }
}

export class CompiledMapping implements CompiledGraph {
  private readonly host: ProgramHost
  private readonly executable: Executable
  private readonly name: string
  private readonly slots: readonly Slot[]
  private readonly results: number
  /** What it computes: the results, then the updates' values. */
  private readonly nodes: readonly Node[]
  private readonly constants: Constants | null
  /** Each cell that is updated, and the output with its new value; null: it is written where it lies. */
  private readonly updates: readonly { readonly cell: Cell; readonly output: number | null }[]
  /** Cells that the program reads, and whether it writes over them. */
  private readonly cells: readonly { readonly cell: Cell; readonly overwritten: boolean }[]

  constructor(
    host: ProgramHost,
    executable: Executable,
    constants: Executable | null,
    compiled: Compiled,
    graph: Graph,
    updates: readonly Update[],
    name: string,
  ) {
    this.host = host
    this.executable = executable
    this.name = name
    this.results = graph.outputs.length
    const arguments_ = new Map(graph.inputs.map((n, i) => [n, i]))
    const nodes = this.nodes = [...graph.outputs, ...updates.map(u => u.value)]
    const slotOf = (e: External): Slot => {
      if (e.kind === 'kept') return e
      if (e.kind === 'output') return { kind: 'output', index: e.index, node: nodes[e.index] }
      const index = arguments_.get(e.node)
      if (index !== undefined) return { kind: 'argument', index, node: e.node }
      return is(e.node, 'read') ? { kind: 'cell', cell: e.node.attrs.cell } : { kind: 'captured', node: e.node }
    }
    this.slots = compiled.externals.map(slotOf)
    this.constants =
      constants && compiled.constants ? new Constants(host, constants, compiled.constants, nodes, slotOf) : null
    this.updates = updates.map(({ cell }, k) => ({
      cell,
      output: compiled.inPlace.has(this.results + k) ? null : this.results + k,
    }))
    const overwritten = new Set(this.updates.flatMap(u => (u.output === null ? [u.cell] : [])))
    this.cells = this.slots.flatMap(s =>
      s.kind === 'cell' ? [{ cell: s.cell, overwritten: overwritten.has(s.cell) }] : [],
    )
  }

  run(inputs: readonly NodeStorage[]): readonly NodeStorage[] {
    const { host } = this
    for (const { cell, overwritten } of this.cells) host.settle(cell, overwritten)
    const outputs: DeviceStorage[] = []
    this.constants?.refresh(s => this.memory(s, inputs, outputs))
    try {
      host.run(this.executable, this.slots.map(s => this.memory(s, inputs, outputs)), this.nodes)
    } catch (error) {
      // the cells are as they were, and nobody has seen the outputs
      for (const o of outputs) if (o) host.free(o)
      throw error
    }
    for (const { cell, output } of this.updates) {
      if (output !== null) {
        if (cell.storage && !cell.shared) host.free(cell.storage)
        cell.storage = outputs[output]
        cell.shared = false
      }
      cell.version++
    }
    return outputs.slice(0, this.results)
  }

  private memory(slot: Slot, inputs: readonly NodeStorage[], outputs: DeviceStorage[]): Storage {
    const { host } = this
    if (slot.kind === 'output') {
      const made = host.allocate(slot.node, slot.index < this.results ? 'result' : 'resident')
      outputs[slot.index] = made
      return made.storage
    }
    if (slot.kind === 'kept') return this.constants!.at(slot.index)
    const value = slot.kind === 'argument' ? inputs[slot.index]
      : slot.kind === 'cell' ? slot.cell.storage : slot.node.storage
    const memory = memoryIn(host.device, value)
    if (memory === null) throw notHere(host.device, value, this.nameOf(slot))
    return memory
  }

  private nameOf(slot: Exclude<Slot, { kind: 'output' | 'kept' }>): string {
    const { name } = this
    switch (slot.kind) {
      case 'argument': return `compile('${name}'): the argument ${describe(slot.node)}`
      case 'cell': return `compile('${name}'): ${slot.cell.name || 'a cell'}, ${describe(slot.cell)},`
      case 'captured': return `compile('${name}'): the captured ${describe(slot.node)}`
    }
  }

  release(): void {
    this.constants?.release()
    this.host.released(this, this.executable)
  }
}
