/** @file The compiler's front door: outputs of a graph to a program for a target. */
import type { Cell } from '../graph/cell.ts'
import type { Placement, Program } from '../backend/program.ts'
import { is, Node } from '../graph/node.ts'
import { topological } from '../graph/walk.ts'
import { printKernel } from '../kernel/print.ts'
import { debug } from '../util/debug.ts'
import { Assembly } from './assembly.ts'
import type { Compiled, External, Options, Part } from './compiled.ts'
import { printGraph } from '../graph/print.ts'
import { compositeOf } from './composites.ts'
import { followInput } from './composite.ts'
import { group, type Group } from './group.ts'
import { Layouts } from './layout.ts'
import { KernelCache } from './kernel-cache.ts'
import { lowerGroup, type LoweredGroup } from './lower.ts'
import { partOf } from './part.ts'
import { prepare } from './prepare.ts'
import { isCarry, lowerLoop, ownCarries, scanOf } from './loop.ts'
import { routineOf, routineOperands } from './operands.ts'

export type { Compiled, External, Options, Part }

export function compileProgram(given: readonly Node[], options: Options): Compiled {
  const prepared = distinct(ownCarries(prepare(given, options.leaf), options.leaf), options.leaf)
  const replaced = options.body ? options.body.carries.map((_, i) => i) : [...options.updates.keys()]
  const updated = new Set(replaced.map(i => prepared[i]))
  const groups = group(prepared, options.leaf)
  const outputs = new Set(prepared)
  const plain = new Set(groups.order.flatMap(g => rowMajorIn(g, options.leaf)))
  const layouts = new Layouts(n => options.leaf(n) || outputs.has(n) || plain.has(n))
  for (const n of topological(prepared, options.leaf)) if (!followInput(n, layouts, options.leaf)) layouts.of(n)
  // Updates run last, but for those that others need: by then all that needs the old value has run.
  const last = lastGroups(groups.order, g => g.roots.every(r => updated.has(r)), groups.inputs)
  const isUpdate = (g: Group) => last.has(g)
  const order = [...groups.order.filter(g => !isUpdate(g)), ...groups.order.filter(isUpdate)]
  debug('graph', () => printGraph(prepared, options.leaf))
  debug('schedule', () => order.map(describeGroup).join('\n'))
  const cache = options.cache ?? new KernelCache()
  const lowered = order.map((g, i) => {
    if (g.kind === 'loop') return lowerLoop(g, { ...options, cache }, compileProgram)
    const stored = (n: Node) => options.leaf(n) || (groups.storedBy.get(n) ?? g) !== g
    const isConstant = options.body?.isConstant ?? options.isConstant ?? (() => false)
    const around = { stored, layout: (n: Node) => layouts.of(n), isConstant }
    return lowerGroup(g, around, options.target, nameOf(g.roots[0], g.contraction, i), cache)
  })
  // Index checks that need nothing else run first: behind the last of them cells may be written over.
  const firstUpdate = order.findIndex(isUpdate)
  const count = firstUpdate < 0 ? order.length : firstUpdate
  const isCheck = (i: number) => i < count && lowered[i].status !== null && groups.inputs.get(order[i])?.length === 0
  const checks = lowered.filter((_, i) => isCheck(i))
  const ordered = [...checks, ...lowered.filter((_, i) => !isCheck(i))]
  return assemble(ordered, prepared, updatedLeaves(prepared, options), count)
}

/** What a group reads and writes as it is, in the logical order. */
function rowMajorIn(g: Group, leaf: (n: Node) => boolean): Node[] {
  if (g.kind === 'loop') return [...g.roots, ...routineOperands(scanOf(g), leaf)]
  if (g.kind !== 'routine') return []
  const routine = routineOf(g.roots[0])
  const all = [...g.roots, ...routineOperands(routine, leaf)]
  // composites read what others of them write in any order
  return compositeOf(routine) ? all.filter(n => !compositeOf(routineOf(n))) : all
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
  options.body?.carries.forEach((place, i) => updates.set(i, place))
  return { leaf: options.leaf, updates, body: options.body ?? null, isConstant: options.isConstant ?? null }
}

interface AssemblyOptions {
  readonly leaf: (n: Node) => boolean
  readonly updates: ReadonlyMap<number, Node>
  readonly body: Options['body'] | null
  readonly isConstant: ((n: Node) => boolean) | null
}

/**
 * Outputs that are leaves, or lie in a loop's memory, or stand twice, get a node of their own: every output is a buffer
 * of its own.
 */
function distinct(outputs: readonly Node[], leaf: (n: Node) => boolean): Node[] {
  const seen = new Set<Node>()
  return outputs.map(n => {
    const own = leaf(n) || seen.has(n) || isCarry(n) ? new Node('bitcast', [n], {}, n) : n
    seen.add(own)
    return own
  })
}

const nameOf = (root: Node, product: Node | null, i: number): string =>
  is(routineOf(root), 'call')
    ? `${(routineOf(root) as Node<'call'>).attrs.name}.${i}`
    : `${product && product !== root ? `${product.op}.` : ''}${root.op}.${i}`

/** `firstUpdate`: the group from which on there are updates alone. */
function assemble(
  lowered: readonly LoweredGroup[],
  outputs: readonly Node[],
  options: AssemblyOptions,
  firstUpdate: number,
): Compiled {
  const checked = lowered.some(g => g.status !== null)
  const lastCheck = lowered.findLastIndex((g, i) => i < firstUpdate && g.status !== null)
  const first = lastCheck < 0 ? firstUpdate : lastCheck + 1
  const inPlace = safeInPlace(lowered, outputs, options, checked && !options.body ? first : 0)
  const over = new Map([...inPlace].map(i => [outputs[i], options.updates.get(i) as Node]))
  const a = new Assembly(outputs, over, options.leaf)
  let commit = 0
  lowered.forEach((g, i) => {
    if (i === first) commit = a.calls.length
    if (g.loop) a.addLoop(g.loop, g.roots)
    else a.add(g)
  })
  const once = options.body ? a.moveOnce(options.body.isConstant) : 0
  const kept = options.isConstant ? a.keepOnce(options.isConstant) : []
  const arenaBytes = a.plan()
  const written = new Set(over.values())
  const writes = a.externals.flatMap((e, i) => (e.kind !== 'input' || written.has(e.node) ? [i] : []))
  debug('kernel', () => a.kernels.map(printKernel).join('\n'))
  // the constants' calls come before all others
  const laterOnce = kept.slice(commit).filter(is => is).length
  const program: Program = {
    kernels: a.kernels,
    buffers: a.placements as Placement[],
    calls: a.calls,
    ...(a.loops.length > 0 ? { loops: a.loops } : {}),
    arenaBytes,
    externals: a.externals.length,
    writes,
    ...(checked && inPlace.size > 0 && !options.body ? { commit: commit + laterOnce } : {}),
  }
  const whole: Part = { program, externals: a.externals }
  const constants = kept.filter(is => is).length
  if (constants === 0) return { ...whole, constants: null, inPlace, once }
  return {
    ...partOf(whole, constants, program.calls.length), constants: partOf(whole, 0, constants), inPlace, once,
  }
}

/**
 * Updates that may write over the old value: no later group reads it, and the group itself reads it only at the
 * element that it writes, before it writes. Where indices come from data, only the groups from `first` on may: they run
 * after the check.
 */
function safeInPlace(
  lowered: readonly LoweredGroup[],
  outputs: readonly Node[],
  options: AssemblyOptions,
  first: number,
): Set<number> {
  const safe = new Set<number>()
  const taken = new Set<Node>()
  const storedAt = new Map<Node, number>()
  const lastRead = new Map<Node, number>()
  lowered.forEach((g, at) => {
    for (const n of g.roots) storedAt.set(n, at)
    for (const n of g.reads.keys()) lastRead.set(n, at)
  })
  for (const [i, old] of options.updates) {
    const output = outputs[i]
    const at = storedAt.get(output) ?? -1
    if (at < first || at < 0 || taken.has(old) || output.dtype !== old.dtype) continue
    const later = (lastRead.get(old) ?? -1) > at
    const g = lowered[at]
    const elementwise = !g.partial && g.writes.get(output) !== undefined
      && (g.reads.get(old) ?? []).every(r => (g.writes.get(output) as readonly string[]).includes(r))
    const [slot, from] = [g.nodes.indexOf(output), g.nodes.indexOf(old)]
    if (later || !elementwise || g.kernels.some(k => k.beside?.get(slot)?.has(from))) continue
    taken.add(old)
    safe.add(i)
  }
  return safe
}
