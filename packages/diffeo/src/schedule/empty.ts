/** @file Empty tensors: what has no elements is computed by nobody, and what is computed of nothing is a constant. */
import { apply, concat } from '../graph/build.ts'
import { is, sizeOf, type Node } from '../graph/node.ts'

const constant = (n: Node, value: number): Node => apply('constant', [], { value }, { shape: n.shape, dtype: n.dtype })
const isEmpty = (n: Node): boolean => sizeOf(n.shape) === 0

/** A simpler node of the same value when an input or the node itself is empty; else the node itself. */
export function simplifyEmpty(n: Node): Node {
  if (n.op === 'constant' || n.outputs) return n
  if (isEmpty(n)) return constant(n, 0)
  if (!n.inputs.some(isEmpty)) return n
  if (is(n, 'reduce')) return emptyReduce(n)
  if (is(n, 'pad')) return constant(n, n.attrs.value)
  if (is(n, 'concat')) return concat(n.inputs.filter(x => !isEmpty(x)), n.attrs.axis)
  switch (n.op) {
    case 'dot': case 'conv': case 'putWindow': return constant(n, 0)
    case 'scatter': case 'dynamicUpdate': return n.inputs[0]
    default: return n
  }
}

function emptyReduce(n: Node<'reduce'>): Node {
  const { combine } = n.attrs
  return combine === 'add' ? constant(n, 0) : combine === 'mul' ? constant(n, 1) : n
}
