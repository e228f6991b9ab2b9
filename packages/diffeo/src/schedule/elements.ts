/**
 * @file Groups that are one map over the elements of arrays of one size, whatever their shape: an optimizer's update,
 * random initial values, zeros. They are rewritten over a single axis of a size that stands for any, so that all that
 * compute the same share one kernel.
 */
import { Node, sizeOf } from '../graph/node.ts'
import { topological } from '../graph/walk.ts'
import type { Group } from './group.ts'
import { isMap, views } from './rules.ts'
import type { Surroundings } from './signature.ts'

/** The size that stands for any. */
export const anySize = 2 ** 20
/** Larger arrays are not computed again in each turn. */
const mostUniform = 16

export interface Elements {
  readonly group: Group
  readonly around: Surroundings
  /** What a node of the rewritten group is in the graph. */
  readonly original: ReadonlyMap<Node, Node>
  readonly size: number
}

/** The group over one axis; null when it is not such a map. */
export function elementsOf(g: Group, around: Surroundings): Elements | null {
  if (g.kind !== 'map' || g.rows || g.contraction) return null
  const size = sizeOf(g.roots[0].shape)
  if (size < 2 || size >= 2 ** 31) return null
  return new Rewriting(g, around, size).run()
}

class Rewriting {
  private readonly g: Group
  private readonly around: Surroundings
  private readonly size: number
  private readonly order: readonly Node[]
  /** Nodes with a value an element, and nodes that are the same for all of them. */
  private readonly varying = new Set<Node>()
  private readonly uniform = new Set<Node>()
  private readonly elements = new Map<Node, Node>()
  private readonly same = new Map<Node, Node>()
  private readonly original = new Map<Node, Node>()
  private readonly leaves = new Set<Node>()
  /** Places are counted row by row, not only compared. */
  private counted = false

  constructor(g: Group, around: Surroundings, size: number) {
    this.g = g
    this.around = around
    this.size = size
    this.order = topological(g.roots, n => this.stored(n))
  }

  run(): Elements | null {
    for (const r of this.g.roots) {
      if (sizeOf(r.shape) !== this.size || r.op === 'reshape') return null
      this.varying.add(r)
    }
    for (let i = this.order.length - 1; i >= 0; i--) {
      const n = this.order[i]
      if (this.varying.has(n) && !this.markVarying(n)) return null
      if (this.uniform.has(n) && !this.markUniform(n)) return null
    }
    if (!this.sameOrder()) return null
    for (const n of this.order) {
      if (this.uniform.has(n)) this.same.set(n, this.copyUniform(n))
      if (this.varying.has(n)) this.elements.set(n, this.copyVarying(n))
    }
    const roots = this.g.roots.map(r => this.elements.get(r) as Node)
    this.g.roots.forEach((r, i) => this.original.set(roots[i], r))
    if (new Set(roots).size < roots.length) return null
    return {
      group: { ...this.g, roots }, original: this.original, size: this.size,
      around: {
        stored: n => this.leaves.has(n), layout: n => n.shape.map((_, i) => i), isConstant: () => false,
      },
    }
  }

  private stored(n: Node): boolean { return !this.g.roots.includes(n) && this.around.stored(n) }

  /** What one element is, whatever its rank. */
  private scalar(n: Node): Node {
    while (n.op === 'reshape' && !this.stored(n)) [n] = n.inputs
    return n
  }

  private markVarying(n: Node): boolean {
    if (this.stored(n) || n.op === 'constant') return true
    if (isMap(n)) return this.mark(this.varying, n.inputs)
    if (n.op === 'reshape') { this.counted = true; return this.mark(this.varying, n.inputs) }
    if (n.op === 'expand' && sizeOf(n.inputs[0].shape) === 1) return this.mark(this.uniform, [this.scalar(n.inputs[0])])
    if (n.op !== 'randomBits') return false
    this.counted = true
    return this.mark(this.uniform, n.inputs)
  }

  private markUniform(n: Node): boolean {
    if (sizeOf(n.shape) > mostUniform && !this.stored(n)) return false
    if (this.stored(n)) return isRowMajor(this.around.layout(n))
    return (
      (isMap(n) || views.has(n.op) || n.op === 'concat' || n.op === 'constant') && this.mark(this.uniform, n.inputs)
    )
  }

  private mark(set: Set<Node>, inputs: readonly Node[]): true {
    for (const x of inputs) set.add(x)
    return true
  }

  /** Whether element i of one array in memory belongs to element i of every other. */
  private sameOrder(): boolean {
    const [first] = this.g.roots
    const layout = this.around.layout(first)
    for (const n of this.varying) {
      if (!this.stored(n) && !this.g.roots.includes(n)) continue
      const own = this.around.layout(n)
      if (this.counted ? !isRowMajor(own) : own.join() !== layout.join() || n.shape.join() !== first.shape.join())
        return false
    }
    return true
  }

  private copyUniform(n: Node): Node {
    if (this.stored(n)) return this.leaf(n, n.shape)
    return new Node(n.op, n.inputs.map(x => this.same.get(x) as Node), n.attrs, n)
  }

  private copyVarying(n: Node): Node {
    const out = { shape: [anySize], dtype: n.dtype }
    if (this.stored(n)) return this.leaf(n, out.shape)
    if (n.op === 'expand') {
      const [x] = n.inputs
      const one = new Node('reshape', [this.same.get(this.scalar(x)) as Node], {}, { shape: [1], dtype: x.dtype })
      return new Node('expand', [one], {}, out)
    }
    const copies = n.op === 'randomBits' ? this.same : this.elements
    const inputs = n.inputs.map(x => copies.get(x) as Node)
    return n.op === 'reshape' ? inputs[0] : new Node(n.op, inputs, n.attrs, out)
  }

  private leaf(n: Node, shape: readonly number[]): Node {
    const copy = new Node('buffer', [], {}, { shape, dtype: n.dtype })
    this.original.set(copy, n)
    this.leaves.add(copy)
    return copy
  }
}

const isRowMajor = (layout: readonly number[]): boolean => layout.every((axis, i) => axis === i)
