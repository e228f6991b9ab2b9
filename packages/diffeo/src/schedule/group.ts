/**
 * @file Which nodes are computed together. A *group* becomes one iteration space: its roots are stored, everything
 * else it needs is recomputed inside it or read from memory. Decided from the outputs backwards, by this rule:
 *
 * - views (reshape, permute, …) are never stored: they rewrite indices;
 * - a product (dot, conv) is a group; the maps that follow it are its epilogue;
 * - a reduction over a row joins the maps over that row (softmax, layer norm, cross entropy), if the row is short;
 * - what several groups need is stored once, unless it costs next to nothing;
 * - a value that must be stored is stored by the group that computes it anyway, where that makes no cycle.
 */
import { is, sizeOf, type Node } from '../graph/node.ts'
import { topological } from '../graph/walk.ts'
import { isRoutine, routineOperands } from './operands.ts'
import {
  costly, fitsRow, isMap, mergeable, multiple, products, rowsOf, sameAs, sources, views, type Group, type GroupKind,
} from './rules.ts'

export type { Group, GroupKind }

export interface Groups {
  readonly order: readonly Group[]
  /** Which group stores a node. */
  readonly storedBy: ReadonlyMap<Node, Group>
  /** Which groups store what a group reads. */
  readonly inputs: ReadonlyMap<Group, readonly Group[]>
}

const longestRow = 16384
const longestEpilogue = 12
const mostMerged = 8
const deepest = 200

export function group(outputs: readonly Node[], leaf: (n: Node) => boolean): Groups {
  return new Grouping(outputs, leaf).run()
}

class Grouping {
  private readonly outputs: ReadonlySet<Node>
  private readonly leaf: (n: Node) => boolean
  private readonly order: Node[]
  private readonly users = new Map<Node, Node[]>()
  private readonly hosts = new Map<Node, Set<Group>>()
  private readonly storedBy = new Map<Node, Group>()
  private readonly operands = new Set<Node>()
  /** What routines read: stored even where it is a constant or a view. */
  private readonly read = new Set<Node>()
  private readonly depth = new Map<Node, number>()
  private readonly inputs = new Map<Group, Set<Group>>()
  private groups: Group[] = []

  constructor(outputs: readonly Node[], leaf: (n: Node) => boolean) {
    this.outputs = new Set(outputs)
    this.leaf = leaf
    this.order = topological(outputs, leaf)
    for (const n of this.order) {
      if (leaf(n)) continue
      for (const x of n.inputs) {
        const users = this.users.get(x)
        if (users) users.push(n)
        else this.users.set(x, [n])
      }
    }
  }

  run(): Groups {
    for (let i = this.order.length - 1; i >= 0; i--) this.place(this.order[i])
    const order = this.sorted()
    return { order, storedBy: this.storedBy, inputs: new Map(order.map(g => [g, this.inputsOf(g)])) }
  }

  private place(n: Node): void {
    if (this.leaf(n) || (sources.has(n.op) && !this.outputs.has(n) && !this.read.has(n))) return
    const hosts = this.hostsOf(n)
    this.hosts.set(n, hosts)
    // an output of a routine: the routine's group stores it
    if (n.op === 'pick') return
    const must = this.mustStore(n)
    if (!must && views.has(n.op)) { this.noteDepth(n); return }
    if (isRoutine(n)) { this.placeRoutine(n); return }
    if (products.has(n.op)) { this.placeProduct(n, hosts, must); return }
    if (!must && this.mayInline(n, hosts)) { this.noteDepth(n); return }
    const tooDeep = (this.depth.get(n) ?? 0) > deepest
    const host = tooDeep ? undefined : [...hosts].find(g => this.joins(n, g))
    if (host) this.storeIn(n, host)
    else this.newGroup(n)
  }

  private mustStore(n: Node): boolean {
    return (
      this.outputs.has(n) ||
      this.operands.has(n) ||
      this.read.has(n) ||
      (this.depth.get(n) ?? 0) > deepest ||
      (!views.has(n.op) && (this.users.get(n) ?? []).some(u => multiple.has(u.op)))
    )
  }

  private hostsOf(n: Node): Set<Group> {
    const out = new Set<Group>()
    for (const u of this.users.get(n) ?? []) for (const g of this.hosts.get(u) ?? []) out.add(g)
    return out
  }

  private noteDepth(n: Node): void {
    const d = (this.depth.get(n) ?? 0) + 1
    for (const x of n.inputs) this.depth.set(x, Math.max(this.depth.get(x) ?? 0, d))
  }

  /** Notes that the groups which compute users of `n` read it from `g`. */
  private readFrom(g: Group, n: Node): void {
    for (const h of this.hostsOf(n)) if (h !== g) this.inputs.get(h)?.add(g)
  }

  private newGroup(n: Node, kind: GroupKind = 'map'): Group {
    const g: Group = {
      id: this.groups.length,
      kind,
      roots: [n],
      contraction: kind === 'contraction' ? n : null,
      rows: null,
    }
    if (is(n, 'reduce')) g.rows = rowsOf(n)
    this.groups.push(g)
    this.inputs.set(g, new Set())
    this.readFrom(g, n)
    this.depth.set(n, 0)
    this.hosts.set(n, new Set([g]))
    this.storedBy.set(n, g)
    this.noteDepth(n)
    return g
  }

  private storeIn(n: Node, g: Group): void {
    g.roots.push(n)
    this.readFrom(g, n)
    this.hosts.set(n, new Set([g]))
    this.storedBy.set(n, g)
    this.noteDepth(n)
  }

  private placeRoutine(n: Node): void {
    const g = this.newGroup(n, n.op === 'scan' ? 'loop' : 'routine')
    if (n.outputs) this.storePicks(n, g)
    for (const x of routineOperands(n, this.leaf)) if (!this.leaf(x)) this.read.add(x)
  }

  /** Of several outputs, those that are used are the group's roots. */
  private storePicks(n: Node, g: Group): void {
    const picks = this.order.filter(p => p.op === 'pick' && p.inputs[0] === n)
    g.roots.splice(0, 1, ...picks)
    for (const p of picks) {
      this.storedBy.set(p, g)
      this.hosts.set(p, new Set([g]))
    }
  }

  /** A product joins the maps that follow it, if they do nothing else; its operands are read from memory. */
  private placeProduct(n: Node, hosts: Set<Group>, must: boolean): void {
    const [host] = hosts
    const epilogue =
      !must && hosts.size === 1 && host.kind === 'map' && !host.rows && host.roots.length === 1 && this.follows(n, host)
    if (epilogue) {
      host.kind = 'contraction'
      host.contraction = n
    } else this.newGroup(n, 'contraction')
    this.hosts.set(n, new Set([epilogue ? host : this.groups[this.groups.length - 1]]))
    for (const x of n.inputs) {
      let base = x
      while (views.has(base.op) && !this.leaf(base)) base = base.inputs[0]
      if (!this.leaf(base)) this.operands.add(base)
    }
  }

  /** Whether every path from the product to the group's roots is elementwise, so that elements stay in place. */
  private follows(n: Node, g: Group): boolean {
    const [root] = g.roots
    if (sizeOf(root.shape) !== sizeOf(n.shape)) return false
    const inPlace = (u: Node): boolean =>
      isMap(u) || ((u.op === 'permute' || u.op === 'reshape') && sizeOf(u.shape) === sizeOf(n.shape))
    if (n.op === 'conv' && !this.keepsChannelsLast(n, g)) return false
    // A long epilogue is written out for each register of a tile: as a kernel of its own it compiles faster and runs as
    // fast.
    let steps = 0
    const seen = new Set<Node>()
    const stack = [n]
    for (let x = stack.pop(); x; x = stack.pop()) {
      if (seen.has(x)) continue
      seen.add(x)
      if (isMap(x) && ++steps > longestEpilogue) return false
      if (g.roots.includes(x)) { if (sizeOf(x.shape) !== sizeOf(n.shape)) return false; continue }
      for (const u of this.users.get(x) ?? []) {
        if (!this.hosts.get(u)?.has(g)) continue
        if (!inPlace(u) || sizeOf(u.shape) !== sizeOf(n.shape)) return false
        stack.push(u)
      }
    }
    return true
  }

  /** Whether what is stored (row-major, if it is an output) has the convolution's output channels innermost. */
  private keepsChannelsLast(n: Node, g: Group): boolean {
    if (!g.roots.some(r => this.outputs.has(r))) return true
    let [x, axis] = [n, 1]
    while (!g.roots.includes(x)) {
      const user = (this.users.get(x) ?? []).find(u => this.hosts.get(u)?.has(g))
      if (!user || user.op === 'reshape') return false
      if (is(user, 'permute')) axis = user.attrs.perm.indexOf(axis)
      x = user
    }
    return axis === x.shape.length - 1
  }

  /** Whether `n` is recomputed where it is used. May merge the groups that use it. */
  private mayInline(n: Node, hosts: Set<Group>): boolean {
    if (hosts.size === 0) return false
    if (is(n, 'reduce')) return this.joinsRow(n, hosts)
    if (n.op === 'argReduce') return false
    for (const g of hosts)
      if (g.kind === 'contraction' && costly.has(n.op) && n.op !== 'exp' && n.op !== 'tanh') return false
    if (hosts.size === 1) return true
    if (costly.has(n.op)) return this.mergeAll(hosts, n)
    return this.isCheap(n)
  }

  /** A few flops of what is in memory anyway. */
  private isCheap(n: Node): boolean {
    let flops = 0
    const inputs = new Set<Node>()
    const stack = [n]
    const seen = new Set<Node>()
    for (let x = stack.pop(); x; x = stack.pop()) {
      if (seen.has(x)) continue
      seen.add(x)
      if (sources.has(x.op)) continue
      if (x !== n && (this.leaf(x) || !isMap(x) && !views.has(x.op))) { inputs.add(x); continue }
      if (costly.has(x.op)) return false
      if (!views.has(x.op)) flops++
      stack.push(...x.inputs)
      if (flops > 4) return false
    }
    return inputs.size <= 2 && ![...inputs].some(x => products.has(x.op) || x.op === 'reduce' && !this.leaf(x))
  }

  private joinsRow(n: Node<'reduce'>, hosts: Set<Group>): boolean {
    const rows = rowsOf(n)
    if (!rows || rows.length > longestRow) return false
    for (const g of hosts) if (!fitsRow(n, rows, g)) return false
    if (hosts.size > 1 && !this.mergeAll(hosts, n)) return false
    const [g] = this.hosts.get(n) as Set<Group>
    g.rows = rows
    return true
  }

  /** Makes one group of several, if none depends on another; false when it cannot. */
  private mergeAll(hosts: Set<Group>, n: Node): boolean {
    const all = [...hosts]
    if (all.length > mostMerged || all.some(g => g.kind !== 'map')) return false
    const [first, ...rest] = all
    if (rest.some(g => !mergeable(first, g))) return false
    for (const g of all) for (const h of all) if (g !== h && this.reaches(g, h)) return false
    for (const g of rest) this.absorb(first, g)
    this.hosts.set(n, new Set([first]))
    return true
  }

  private absorb(into: Group, from: Group): void {
    into.roots.push(...from.roots)
    // The widest root leads: its loops are the group's.
    into.roots.sort((a, b) => sizeOf(b.shape) - sizeOf(a.shape))
    into.rows ??= from.rows
    for (const r of from.roots) this.storedBy.set(r, into)
    for (const set of this.hosts.values()) if (set.delete(from)) set.add(into)
    this.groups = this.groups.filter(g => g !== from)
    for (const i of this.inputs.get(from) ?? []) this.inputs.get(into)?.add(i)
    this.inputs.delete(from)
    for (const set of this.inputs.values()) if (set.delete(from)) set.add(into)
    this.inputs.get(into)?.delete(into)
  }

  /** Whether a value that must be stored can be stored by a group that computes it anyway. */
  private joins(n: Node, g: Group): boolean {
    return g.kind === 'map' && isMap(n) && sameAs(g.roots[0], n) && !this.dependsOutside(g, n)
  }

  /** Whether some group other than `g`, on which `g` depends, needs `n`. */
  private dependsOutside(g: Group, n: Node): boolean {
    const seen = new Set<Group>()
    const stack = this.inputsOf(g)
    for (let h = stack.pop(); h; h = stack.pop()) {
      if (h === g || seen.has(h)) continue
      seen.add(h)
      if (this.hostsOf(n).has(h)) return true
      stack.push(...this.inputsOf(h))
    }
    return false
  }

  private reaches(from: Group, to: Group): boolean {
    const seen = new Set<Group>()
    const stack = this.inputsOf(to)
    for (let h = stack.pop(); h; h = stack.pop()) {
      if (h === from) return true
      if (seen.has(h)) continue
      seen.add(h)
      stack.push(...this.inputsOf(h))
    }
    return false
  }

  /** Groups whose stored values `g` reads, as far as they are placed. */
  private inputsOf(g: Group): Group[] { return [...this.inputs.get(g) ?? []] }

  /** Groups in an order in which each reads only what was stored before it. */
  private sorted(): Group[] {
    const done = new Set<Group>()
    const out: Group[] = []
    const position = new Map(this.order.map((n, i) => [n, i]))
    const first = (g: Group) => Math.max(...g.roots.map(r => position.get(r) ?? 0))
    const pending = [...this.groups].sort((a, b) => first(a) - first(b))
    const path: { g: Group; inputs: Group[]; next: number }[] = []
    const enter = (g: Group) => {
      if (done.has(g)) return
      done.add(g)
      path.push({ g, inputs: this.inputsOf(g), next: 0 })
    }
    for (const g of pending) {
      enter(g)
      while (path.length > 0) {
        const top = path[path.length - 1]
        if (top.next < top.inputs.length) { enter(top.inputs[top.next++]); continue }
        out.push(top.g)
        path.pop()
      }
    }
    return out
  }
}
