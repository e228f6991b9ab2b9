/** @file Where an operand's elements lie in what is stored: a base, an offset and a stride an axis. */
import { Index, indexVar } from '../expr/index.ts'
import { Exprs } from '../expr/scalar.ts'
import type { Node } from '../graph/node.ts'
import { recordOf } from '../ops/index.ts'
import { stridesOf, type Layout } from './layout.ts'
import { views } from './rules.ts'

export interface View {
  readonly base: Node
  /** For each axis of the base, its index as a function of the operand's axes. */
  readonly index: readonly Index[]
  readonly vars: readonly ReturnType<typeof indexVar>[]
}

/**
 * The operand as a view of the value that is farthest behind it and still walked with one stride an axis, the last of
 * them along the base's last axis.
 */
export function viewOf(x: Node, leaf: (n: Node) => boolean): View {
  const e = new Exprs(indexVar)
  const vars = x.shape.map(indexVar)
  let node = x
  let index: readonly Index[] = vars.map(v => Index.of(v))
  let best: View = { base: x, index, vars }
  while (!leaf(node) && views.has(node.op)) {
    const { lower } = recordOf(node.op)
    let inner: readonly Index[] = []
    const [dtype] = [node.dtype]
    lower!(e, [i => { inner = i; return e.constant(0, dtype) }], index, node)
    ;[node] = node.inputs
    index = inner
    if (isWalked({ base: node, index, vars })) best = { base: node, index, vars }
  }
  return best
}

/** Whether strides say it all, and the last axis is contiguous in a row-major base. */
function isWalked({ base, index, vars }: View): boolean {
  if (!index.every(i => i.atoms.every(a => a.kind === 'var'))) return false
  const last = vars[vars.length - 1]
  return last.extent === 1 || placeOf({ base, index, vars }, base.shape.map((_, i) => i)).strides.at(-1) === 1
}

/** Offset and strides in elements, the base being stored in the layout. */
export function placeOf({ base, index, vars }: View, layout: Layout): { offset: number; strides: number[] } {
  const strides = stridesOf(base.shape, layout)
  let at = new Index(0)
  index.forEach((i, axis) => { at = at.add(i.times(strides[axis])) })
  return { offset: at.offset, strides: vars.map(v => at.coefficient(v)) }
}
