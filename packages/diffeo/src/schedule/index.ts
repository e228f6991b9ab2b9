/** @file The compiler's front door: outputs of a graph to a program for a target. */
import type { Cell } from '../graph/cell.ts'
import type { Call, Placement, Program } from '../backend/program.ts'
import { dtypeBytes } from '../graph/dtype.ts'
import { is, Node, sizeOf } from '../graph/node.ts'
import { topological } from '../graph/walk.ts'
import type { Kernel, Target } from '../kernel/ir.ts'
import { printKernel } from '../kernel/print.ts'
import { debug } from '../util/debug.ts'
import { printGraph } from '../graph/print.ts'
import { group, type Group } from './group.ts'
import { Layouts } from './layout.ts'
import { lowerGroup, type LoweredGroup } from './lower.ts'
import { planArena, type Lifetime } from './memory.ts'
import { prepare } from './prepare.ts'
import { routineOperands } from './operands.ts'

export interface Options {
  readonly target: Target
  /** Nodes whose value is there when the program runs. */
  readonly leaf: (n: Node) => boolean
  /** Output number → the cell whose value it replaces, in place where that is safe. */
  readonly updates: ReadonlyMap<number, Cell>
}

/** What an external buffer of a program is. */
export type External =
  | { readonly kind: 'input'; readonly node: Node }
  | { readonly kind: 'output'; readonly index: number }

export interface Compiled {
  readonly program: Program
  readonly externals: readonly External[]
  /** Updates whose output is the leaf's own buffer. */
  readonly inPlace: ReadonlySet<number>
}

export function compileProgram(given: readonly Node[], options: Options): Compiled {
  const prepared = distinct(prepare(given, options.leaf), options.leaf)
  const updated = new Set([...options.updates.keys()].map(i => prepared[i]))
  const groups = group(prepared, options.leaf)
  const outputs = new Set(prepared)
  const plain = new Set(
    groups.order.flatMap(g => (g.kind === 'routine' ? [...g.roots, ...routineOperands(g.roots[0], options.leaf)] : [])),
  )
  const layouts = new Layouts(n => options.leaf(n) || outputs.has(n) || plain.has(n))
  for (const n of topological(prepared, options.leaf)) layouts.of(n)
  // Updates run last, but for those that others need: by then all that needs the old value has run.
  const last = lastGroups(groups.order, g => g.roots.every(r => updated.has(r)), groups.inputs)
  const isUpdate = (g: Group) => last.has(g)
  const order = [...groups.order.filter(g => !isUpdate(g)), ...groups.order.filter(isUpdate)]
  debug('graph', () => printGraph(prepared, options.leaf))
  debug('schedule', () => order.map(describeGroup).join('\n'))
  const lowered = order.map((g, i) =>
    lowerGroup(g, groups, layouts, options.leaf, options.target, nameOf(g.roots[0], g.contraction, i)),
  )
  return assemble(lowered, prepared, updatedLeaves(prepared, options), groups.order.filter(g => !isUpdate(g)).length)
}

/** The groups for which `may` holds and on which no other group depends. */
function lastGroups(
  order: readonly Group[],
  may: (g: Group) => boolean,
  inputs: ReadonlyMap<Group, readonly Group[]>,
): Set<Group> {
  const last = new Set<Group>()
  const needed = new Set<Group>()
  for (const g of [...order].reverse()) {
    if (may(g) && !needed.has(g)) { last.add(g); continue }
    for (const i of inputs.get(g) ?? []) needed.add(i)
  }
  return last
}

const describeGroup = (g: Group): string =>
  `${g.kind} ${g.roots.map(r => `${r.op}[${r.shape}]`).join(' + ')}${g.contraction ? ` of ${g.contraction.op}` : ''}${g.rows ? ` rows ${g.rows.count}×${g.rows.length}` : ''}`

/** For each update, the leaf that reads the old value, if the program reads it. */
function updatedLeaves(outputs: readonly Node[], options: Options): AssemblyOptions {
  const reads = new Map<Cell, Node>()
  for (const n of topological(outputs, options.leaf)) if (is(n, 'read')) reads.set(n.attrs.cell, n)
  const updates = new Map<number, Node>()
  for (const [i, cell] of options.updates) {
    const old = reads.get(cell)
    if (old) updates.set(i, old)
  }
  return { leaf: options.leaf, updates }
}

interface AssemblyOptions { readonly leaf: (n: Node) => boolean; readonly updates: ReadonlyMap<number, Node> }

/** Outputs that are leaves, or that stand twice, get a node of their own: every output is a buffer of its own. */
function distinct(outputs: readonly Node[], leaf: (n: Node) => boolean): Node[] {
  const seen = new Set<Node>()
  return outputs.map(n => {
    const own = leaf(n) || seen.has(n) ? new Node('bitcast', [n], {}, n) : n
    seen.add(own)
    return own
  })
}

const nameOf = (root: Node, product: Node | null, i: number): string =>
  `${product && product !== root ? `${product.op}.` : ''}${root.op}.${i}`

class Assembly {
  readonly placements: (Placement | null)[] = []
  readonly externals: External[] = []
  readonly calls: Call[] = []
  readonly kernels: Kernel[] = []
  readonly lives: { buffer: number; life: { bytes: number; first: number; last: number } }[] = []
  private readonly buffers = new Map<Node, number>()
  private readonly leaf: (n: Node) => boolean
  private status = -1

  constructor(outputs: readonly Node[], inPlace: ReadonlyMap<Node, Node>, leaf: (n: Node) => boolean) {
    this.leaf = leaf
    outputs.forEach((n, index) => {
      const over = inPlace.get(n)
      if (over) this.buffers.set(n, this.input(over))
      else this.buffers.set(n, this.external({ kind: 'output', index }, bytesOf(n)))
    })
  }

  private external(e: External, bytes: number): number {
    this.placements.push({ kind: 'external', index: this.externals.length, bytes })
    this.externals.push(e)
    return this.placements.length - 1
  }

  private input(n: Node): number {
    let at = this.buffers.get(n)
    if (at === undefined) this.buffers.set(n, at = this.external({ kind: 'input', node: n }, bytesOf(n)))
    return at
  }

  private temporary(bytes: number, call: number): number {
    this.placements.push(null)
    const buffer = this.placements.length - 1
    this.lives.push({ buffer, life: { bytes, first: call, last: call } })
    return buffer
  }

  private node(n: Node, call: number): number {
    if (this.leaf(n)) return this.input(n)
    let at = this.buffers.get(n)
    if (at === undefined) this.buffers.set(n, at = this.temporary(bytesOf(n), call))
    return at
  }

  add(g: LoweredGroup): void {
    const first = this.calls.length
    const buffers = g.buffers.map((info, slot) => {
      const n = g.nodes[slot]
      if (n) return this.node(n, first)
      if (slot === g.status) return this.statusBuffer()
      return this.temporary(info.size * 4, first)
    })
    for (const k of g.kernels) {
      this.kernels.push(k)
      this.calls.push({ kernel: this.kernels.length - 1, buffers })
    }
    const last = this.calls.length - 1
    const used = new Set(buffers)
    for (const l of this.lives) if (used.has(l.buffer)) l.life.last = last
  }

  private statusBuffer(): number {
    if (this.status < 0) {
      this.placements.push({ kind: 'status' })
      this.status = this.placements.length - 1
    }
    return this.status
  }
}

const bytesOf = (n: Node): number => Math.max(1, sizeOf(n.shape)) * dtypeBytes[n.dtype]

/** `firstUpdate`: the group from which on there are updates alone. */
function assemble(
  lowered: readonly LoweredGroup[],
  outputs: readonly Node[],
  options: AssemblyOptions,
  firstUpdate: number,
): Compiled {
  const checked = lowered.some(g => g.status !== null)
  const inPlace = safeInPlace(lowered, outputs, options, checked ? firstUpdate : 0)
  const over = new Map([...inPlace].map(i => [outputs[i], options.updates.get(i) as Node]))
  const a = new Assembly(outputs, over, options.leaf)
  let commit = 0
  lowered.forEach((g, i) => {
    if (i === firstUpdate) commit = a.calls.length
    a.add(g)
  })
  const { offsets, bytes } = planArena(a.lives.map(l => l.life as Lifetime))
  a.lives.forEach((l, i) => { a.placements[l.buffer] = { kind: 'arena', offset: offsets[i], bytes: l.life.bytes } })
  const writes = a.externals.flatMap((e, i) => (e.kind === 'output' || [...over.values()].includes(e.node) ? [i] : []))
  debug('kernel', () => a.kernels.map(printKernel).join('\n'))
  const program: Program = {
    kernels: a.kernels,
    buffers: a.placements as Placement[],
    calls: a.calls,
    arenaBytes: bytes,
    externals: a.externals.length,
    writes,
    ...(checked && inPlace.size > 0 ? { commit } : {}),
  }
  return { program, externals: a.externals, inPlace }
}

/**
 * Updates that may write over the old value: no later group reads it, and the group itself reads it only at the
 * element that it writes. Where indices come from data, only the groups from `first` on may: they run after the check.
 */
function safeInPlace(
  lowered: readonly LoweredGroup[],
  outputs: readonly Node[],
  options: AssemblyOptions,
  first: number,
): Set<number> {
  const safe = new Set<number>()
  const taken = new Set<Node>()
  for (const [i, old] of options.updates) {
    const output = outputs[i]
    const at = lowered.findIndex(g => g.roots.includes(output))
    if (at < first || at < 0 || taken.has(old) || output.dtype !== old.dtype) continue
    const later = lowered.slice(at + 1).some(g => g.reads.has(old))
    const g = lowered[at]
    const elementwise = !g.partial && g.writes.get(output) !== undefined
      && (g.reads.get(old) ?? []).every(r => (g.writes.get(output) as readonly string[]).includes(r.key))
    if (later || !elementwise) continue
    taken.add(old)
    safe.add(i)
  }
  return safe
}
