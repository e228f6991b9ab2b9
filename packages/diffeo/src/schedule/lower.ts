/** @file A group as code: its roots become stores of scalar expressions, and those become kernels. */
import { Index, indexVar, type IndexVar } from '../expr/index.ts'
import { Exprs, type Expr } from '../expr/scalar.ts'
import { sizeOf, type Node } from '../graph/node.ts'
import { emitContraction, type Emitted } from '../kernel/contract/emit.ts'
import { ACCUMULATOR, type Contraction } from '../kernel/contract/spec.ts'
import { emitNest } from '../kernel/emit/index.ts'
import type { Target } from '../kernel/ir.ts'
import { refine, replaceExpr, walkExprs, type BufferInfo, type Nest, type Store } from '../kernel/nest.ts'
import { recordOf } from '../ops/index.ts'
import type { Group, Groups } from './group.ts'
import { stridesOf, type Layouts } from './layout.ts'
import { lowerRoutine } from './routine.ts'

export interface LoweredGroup extends Emitted {
  /** The node in each slot; temporaries and the status word have none. */
  readonly nodes: readonly (Node | null)[]
  readonly roots: readonly Node[]
  readonly status: number | null
  /**
   * Where each buffer is read, and (as keys) where each root is written: what decides whether an update may be in
   * place.
   */
  readonly reads: ReadonlyMap<Node, readonly Index[]>
  readonly writes: ReadonlyMap<Node, readonly string[]>
}

export function lowerGroup(
  g: Group,
  groups: Groups,
  layouts: Layouts,
  leaf: (n: Node) => boolean,
  target: Target,
  name: string,
): LoweredGroup {
  if (g.roots.every(r => sizeOf(r.shape) === 0)) return nothing(g)
  if (g.kind === 'routine') return lowerRoutine(g.roots[0], leaf, target, name)
  return new GroupLowering(g, groups, layouts, leaf, target, name).run()
}

/** Empty tensors have nothing to compute. */
const nothing = (g: Group): LoweredGroup => ({
  kernels: [],
  buffers: [],
  partial: false,
  nodes: [],
  roots: g.roots,
  status: null,
  reads: new Map(),
  writes: new Map(),
})

class GroupLowering {
  private readonly e = new Exprs(indexVar)
  private readonly nodes: (Node | null)[] = []
  private readonly slots = new Map<Node, number>()
  private readonly buffers: BufferInfo[] = []
  private readonly memo = new Map<Node, Map<string, Expr>>()
  private readonly g: Group
  private readonly groups: Groups
  private readonly layouts: Layouts
  private readonly leaf: (n: Node) => boolean
  private readonly target: Target
  private readonly name: string

  constructor(g: Group, groups: Groups, layouts: Layouts, leaf: (n: Node) => boolean, target: Target, name: string) {
    this.g = g
    this.groups = groups
    this.layouts = layouts
    this.leaf = leaf
    this.target = target
    this.name = name
  }

  run(): LoweredGroup {
    const stores = refine(this.e, this.rootStores())
    const status = this.statusSlot(stores)
    const nest: Nest = {
      name: this.name,
      stores,
      buffers: this.buffers,
      exprs: this.e,
      ...(status === null ? {} : { status }),
    }
    const emitted = this.product(nest) ?? {
      kernels: [emitNest(nest, this.target)],
      buffers: this.buffers,
      partial: false,
    }
    const nodes = emitted.buffers.map((_, i) => this.nodes[i] ?? null)
    return {
      ...emitted,
      nodes,
      roots: this.g.roots,
      status,
      reads: this.readsOf(stores),
      writes: this.writesOf(stores),
    }
  }

  /** One store a root. Loops over the same leading axes are the same loops; a row's loop is its reductions' loop. */
  private rootStores(): Store[] {
    const shared = new Map<string, IndexVar>()
    const outer = this.g.rows ? rowRank(this.g) : Infinity
    return this.g.roots.map(root => {
      const vars: IndexVar[] = []
      const index: Index[] = []
      root.shape.forEach((extent, axis) => {
        let v: IndexVar
        if (axis >= outer) [v] = this.e.reductionVariables([extent], index)
        else {
          const key = `${axis}:${extent}`
          v = shared.get(key) ?? indexVar(extent)
          shared.set(key, v)
        }
        vars.push(v)
        index.push(Index.of(v))
      })
      const value = this.compute(root, index)
      const layout = this.layouts.of(root)
      return {
        buffer: this.slot(root), index: this.place(root, index), value,
        vars: layout.map(axis => vars[axis]).filter(v => v.extent > 1),
      }
    })
  }

  private slot(n: Node): number {
    let slot = this.slots.get(n)
    if (slot === undefined) {
      slot = this.buffers.length
      this.slots.set(n, slot)
      this.nodes.push(n)
      this.buffers.push({ dtype: n.dtype, size: sizeOf(n.shape) })
    }
    return slot
  }

  private place(n: Node, index: readonly Index[]): Index {
    const strides = stridesOf(n.shape, this.layouts.of(n))
    let at = new Index(0)
    index.forEach((i, axis) => { at = at.add(i.times(strides[axis])) })
    return at
  }

  /** The element of `n` at `index`, from memory or computed here. */
  private pull(n: Node, index: readonly Index[]): Expr {
    const by = this.groups.storedBy.get(n)
    if (this.leaf(n) || (by && by !== this.g)) return this.e.load(this.slot(n), this.place(n, index), n.dtype)
    return this.compute(n, index)
  }

  private compute(n: Node, index: readonly Index[]): Expr {
    if (this.leaf(n)) return this.pull(n, index)
    let at = this.memo.get(n)
    if (!at) this.memo.set(n, at = new Map())
    const key = index.map(i => i.key).join()
    const known = at.get(key)
    if (known) return known
    const { lower } = recordOf(n.op)
    if (!lower) throw new Error(`${n.op} has no lowering`)
    const operands = n.inputs.map(x => (i: readonly Index[]) => this.pull(x, i))
    const value = lower(this.e, operands, index, n)
    at.set(key, value)
    return value
  }

  /** A slot for the status word, when some index comes from data. */
  private statusSlot(stores: readonly Store[]): number | null {
    let dynamic = false
    const look = (i: Index) => i.walk(a => { if (a.kind === 'dynamic') dynamic = true })
    stores.forEach(s => look(s.index))
    walkExprs(stores.map(s => s.value), x => { if (x.index) look(x.index) })
    if (!dynamic) return null
    this.nodes.push(null)
    this.buffers.push({ dtype: 'int32', size: 1 })
    return this.buffers.length - 1
  }

  /** The group as a contraction, when its product is a plain sum of products of elements in memory. */
  private product(nest: Nest): Emitted | null {
    if (!this.g.contraction || nest.stores.length === 0) return null
    const sums = new Set<Expr>()
    walkExprs(nest.stores.map(s => s.value), x => { if (x.op === 'reduce') sums.add(x) })
    const [sum] = sums
    if (sums.size !== 1 || sum.combine !== 'add' || sum.dtype !== 'float32') return null
    const [product] = sum.args
    if (product.op !== 'mul') return null
    const [a, b] = product.args
    const plain = (x: Expr) =>
      x.op === 'load' && x.index !== null && x.index.atoms.every(t => t.kind === 'var') && x.dtype === 'float32'
    const [first] = nest.stores
    if (!plain(a) || !plain(b) || nest.stores.some(s => s.vars.join() !== first.vars.join())) return null
    let linear = new Index(0)
    let stride = 1
    for (const v of first.vars) { linear = linear.add(Index.of(v).times(stride)); stride *= v.extent }
    const accumulator = this.e.load(ACCUMULATOR, linear, 'float32')
    const outputs = nest.stores.map(s => ({
      buffer: s.buffer,
      index: s.index,
      value: replaceExpr(this.e, s.value, sum, accumulator),
    }))
    const c: Contraction = {
      name: nest.name, exprs: this.e, buffers: nest.buffers, outer: first.vars, k: sum.vars, outputs, accumulator,
      a: { buffer: a.buffer, index: a.index as Index }, b: { buffer: b.buffer, index: b.index as Index },
      ...(nest.status === undefined ? {} : { status: nest.status }),
    }
    return emitContraction(c, this.target)
  }

  private writesOf(stores: readonly Store[]): Map<Node, string[]> {
    const out = new Map<Node, string[]>()
    for (const s of stores) {
      const n = this.nodes[s.buffer] as Node
      out.set(n, [...(out.get(n) ?? []), s.index.key])
    }
    return out
  }

  private readsOf(stores: readonly Store[]): Map<Node, Index[]> {
    const out = new Map<Node, Index[]>()
    walkExprs(stores.map(s => s.value), x => {
      if (x.op !== 'load' || !x.index) return
      const n = this.nodes[x.buffer]
      if (!n) return
      const list = out.get(n)
      if (list) list.push(x.index)
      else out.set(n, [x.index])
    })
    return out
  }
}

/** How many leading axes count rows. */
function rowRank(g: Group): number {
  let rank = 0
  let count = 1
  const [root] = g.roots
  while (rank < root.shape.length && count < (g.rows?.count ?? 1)) count *= root.shape[rank++]
  return rank
}
