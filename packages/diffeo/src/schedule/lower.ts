/** @file A group as code: its roots become stores of scalar expressions, and those become kernels. */
import { Index, indexVar, type IndexVar } from '../expr/index.ts'
import { Exprs, type Expr } from '../expr/scalar.ts'
import { sizeOf, type Node } from '../graph/node.ts'
import { emitContraction, type Emitted } from '../kernel/contract/emit.ts'
import { ACCUMULATOR, type Contraction, type Operand } from '../kernel/contract/spec.ts'
import { emitElements } from '../kernel/emit/elements.ts'
import { emitStaged } from '../kernel/emit/stages.ts'
import { hasDouble } from '../kernel/emit/lanes.ts'
import type { Kernel, Target } from '../kernel/ir.ts'
import { refine, replaceExpr, walkExprs, type BufferInfo, type Nest, type Store } from '../kernel/nest.ts'
import { recordOf } from '../ops/index.ts'
import { aboutOf } from './about.ts'
import { lowerComposite } from './composite.ts'
import { compositeOf } from './composites.ts'
import type { LoweredLoop } from './compiled.ts'
import { anySize, elementsOf, type Elements } from './elements.ts'
import type { Group } from './group.ts'
import type { GroupCode, KernelCache } from './kernel-cache.ts'
import { stridesOf } from './layout.ts'
import { routineOf } from './operands.ts'
import { lowerRoutine } from './routine.ts'
import { signatureOf, type Surroundings } from './signature.ts'

export interface LoweredGroup extends Emitted {
  /** The node in each slot; temporaries and the status word have none. */
  readonly nodes: readonly (Node | null)[]
  readonly roots: readonly Node[]
  readonly status: number | null
  /**
   * Where each buffer is read, and where each root is written, as keys of indices: what decides whether an update may
   * be in place.
   */
  readonly reads: ReadonlyMap<Node, readonly string[]>
  readonly writes: ReadonlyMap<Node, readonly string[]>
  /** The group is a loop, with kernels of its own. */
  readonly loop?: LoweredLoop
}

/** What `lowerGroup` makes anew; a `KernelCache` asks for it once for all groups of a signature. */
type Lowered = Omit<LoweredGroup, 'roots'>

export function lowerGroup(
  g: Group, around: Surroundings, target: Target, name: string, cache: KernelCache,
): LoweredGroup {
  if (g.roots.every(r => sizeOf(r.shape) === 0)) return nothing(g)
  const elements = elementsOf(g, around)
  const group = elements?.group ?? g
  const { key, nodes } = signatureOf(group, elements?.around ?? around)
  const code = cache.get(elements ? `elements ${key}` : key, () => {
    const lowered = compositeOf(routineOf(g.roots[0])) ? lowerComposite(g.roots, around, target, name)
      : g.kind === 'routine' ? lowerRoutine(g.roots[0], around.stored, target, name)
      : new GroupLowering(group, elements?.around ?? around, target, name, elements !== null).run()
    return codeOf(lowered, nodes, name)
  })
  const at = (i: number): Node => elements?.original.get(nodes[i]) ?? nodes[i]
  const about = aboutOf(g)
  const kernels = code.kernels.map(k => {
    const own = { ...k, name: name + k.name.slice(code.name.length), about }
    return elements ? sized(own, elements) : own
  })
  return {
    ...code, kernels, roots: g.roots,
    nodes: code.slots.map(i => (i === null ? null : at(i))),
    reads: gathered(code.reads, at), writes: gathered(code.writes, at),
  }
}

function codeOf(lowered: Lowered, nodes: readonly Node[], name: string): GroupCode {
  const numbers = new Map(nodes.map((n, i) => [n, i]))
  const number = (n: Node): number => {
    const i = numbers.get(n)
    if (i === undefined) throw new Error(`the signature of a group knows no ${n.op} that its code touches`)
    return i
  }
  const { kernels, buffers, partial, status } = lowered
  return {
    name, kernels, buffers, partial, status,
    slots: lowered.nodes.map(n => (n ? number(n) : null)),
    reads: [...lowered.reads].map(([n, at]) => [number(n), at]),
    writes: [...lowered.writes].map(([n, at]) => [number(n), at]),
  }
}

/** By node: one may have several numbers. */
function gathered(
  lists: readonly (readonly [number, readonly string[]])[], at: (i: number) => Node,
): Map<Node, string[]> {
  const out = new Map<Node, string[]>()
  for (const [i, list] of lists) out.set(at(i), [...out.get(at(i)) ?? [], ...list])
  return out
}

/** The kernel for arrays of a size: what it costs is so much an element, and once. */
function sized(k: Kernel, { size }: Elements): Kernel {
  const scale = (n: number): number => Math.floor(n / anySize) * size + (n % anySize)
  return { ...k, total: size, flops: scale(k.flops), bytes: scale(k.bytes) }
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
  private readonly around: Surroundings
  private readonly target: Target
  private readonly name: string
  private readonly elements: boolean

  /** `elements`: the group is one that `elementsOf` rewrote. */
  constructor(g: Group, around: Surroundings, target: Target, name: string, elements: boolean) {
    this.g = g
    this.around = around
    this.target = target
    this.name = name
    this.elements = elements
  }

  run(): Lowered {
    const stores = this.elements ? this.rootStores() : refine(this.e, this.rootStores())
    const status = this.statusSlot(stores)
    const nest: Nest = {
      name: this.name,
      stores,
      buffers: this.buffers,
      exprs: this.e,
      ...(status === null ? {} : { status }),
    }
    const emitted = this.product(nest) ?? {
      ...(this.elements
        ? { kernels: [emitElements(nest, this.target)], buffers: this.buffers }
        : emitStaged(nest, this.target)),
      partial: false,
    }
    const nodes = emitted.buffers.map((_, i) => this.nodes[i] ?? null)
    return {
      ...emitted,
      nodes,
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
      const layout = this.around.layout(root)
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
    const strides = stridesOf(n.shape, this.around.layout(n))
    let at = new Index(0)
    index.forEach((i, axis) => { at = at.add(i.times(strides[axis])) })
    return at
  }

  /** The element of `n` at `index`, from memory or computed here. */
  private pull(n: Node, index: readonly Index[]): Expr {
    if (this.around.stored(n)) return this.e.load(this.slot(n), this.place(n, index), n.dtype)
    return this.compute(n, index)
  }

  private compute(n: Node, index: readonly Index[]): Expr {
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
    if (sums.size !== 1 || sum.combine !== 'add' || sum.dtype !== 'float32' || hasDouble(nest)) return null
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
      a: this.operand(a), b: this.operand(b),
      ...(nest.status === undefined ? {} : { status: nest.status }),
    }
    return emitContraction(c, this.target)
  }

  private operand({ buffer, index }: Expr): Operand {
    const node = this.nodes[buffer]
    return { buffer, index: index as Index, isConstant: node !== null && this.around.isConstant(node) }
  }

  private writesOf(stores: readonly Store[]): Map<Node, string[]> {
    const out = new Map<Node, string[]>()
    for (const s of stores) {
      const n = this.nodes[s.buffer] as Node
      out.set(n, [...(out.get(n) ?? []), s.index.key])
    }
    return out
  }

  private readsOf(stores: readonly Store[]): Map<Node, string[]> {
    const out = new Map<Node, string[]>()
    walkExprs(stores.map(s => s.value), x => {
      if (x.op !== 'load' || !x.index) return
      const n = this.nodes[x.buffer]
      if (!n) return
      const list = out.get(n)
      if (list) list.push(x.index.key)
      else out.set(n, [x.index.key])
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
