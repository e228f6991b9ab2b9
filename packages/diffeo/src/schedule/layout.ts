/**
 * @file The physical order of a stored value: logical axes, outermost first. Files and users see the logical order
 * only.
 */
import { is, type Node } from '../graph/node.ts'

export type Layout = readonly number[]

const rowMajor = (rank: number): Layout => Array.from({ length: rank }, (_, i) => i)
const isRowMajor = (l: Layout): boolean => l.every((a, i) => a === i)

/** Element strides by logical axis. */
export function stridesOf(shape: readonly number[], layout: Layout): number[] {
  const out = new Array<number>(shape.length).fill(0)
  let stride = 1
  for (let i = layout.length - 1; i >= 0; i--) {
    out[layout[i]] = stride
    stride *= shape[layout[i]]
  }
  return out
}

/**
 * Chooses layouts: convolutions keep channels last, and what is computed elementwise or by windows from them follows,
 * so that images are converted only at the edges of a program.
 */
export class Layouts {
  private readonly memo = new Map<Node, Layout>()
  private readonly fixed: (n: Node) => boolean

  /** `fixed` nodes are row-major: leaves, and outputs that users see. */
  constructor(fixed: (n: Node) => boolean) { this.fixed = fixed }

  of(n: Node): Layout {
    const known = this.memo.get(n)
    if (known) return known
    const layout = this.fixed(n) ? rowMajor(n.shape.length) : this.choose(n)
    this.memo.set(n, layout)
    return layout
  }

  /** Sets what a node that is not fixed would otherwise choose. */
  set(n: Node, layout: Layout): void { if (!this.fixed(n)) this.memo.set(n, layout) }

  /** Must be called inputs first, since layouts follow them. */
  private choose(n: Node): Layout {
    const rank = n.shape.length
    if (is(n, 'conv')) return convLayout(n)
    if (n.inputs.length === 0) return rowMajor(rank)
    if (is(n, 'permute')) {
      const from = this.of(n.inputs[0])
      return from.map(axis => n.attrs.perm.indexOf(axis))
    }
    if (is(n, 'reduce')) {
      const kept = n.inputs[0].shape.map((_, i) => i).filter(i => !n.attrs.axes.includes(i))
      return this.of(n.inputs[0]).filter(a => kept.includes(a)).map(a => kept.indexOf(a))
    }
    if (n.op === 'reshape' || n.op === 'dot') return rowMajor(rank)
    for (const x of n.inputs) {
      if (x.shape.length !== rank) continue
      const l = this.of(x)
      if (!isRowMajor(l)) return l
    }
    return rowMajor(rank)
  }
}

/** [batch, space…, out]; for a weight gradient (its window is larger than its output) [space…, batch, out]. */
function convLayout(n: Node<'conv'>): Layout {
  const space = n.shape.slice(2).map((_, i) => i + 2)
  const window = n.inputs[1].shape.slice(2)
  const gradient = window.some((w, i) => w > n.shape[i + 2])
  return gradient ? [...space, 0, 1] : [0, ...space, 1]
}
