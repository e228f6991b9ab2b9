/** @file Sums of float16 and bfloat16 are made in float32: the terms are widened before, and the sum rounded once. */
import { apply, cast as castTo } from '../graph/build.ts'
import { isHalf } from '../graph/dtype.ts'
import { is, type Node } from '../graph/node.ts'

/** The node itself when it is no sum of halves. */
export function widenSums(n: Node): Node {
  if (!isHalf(n.dtype) || !accumulates(n)) return n
  const inputs = n.inputs.map(x => (isHalf(x.dtype) ? castTo(x, 'float32') : x))
  return castTo(apply(n.op, inputs, n.attrs, { shape: n.shape, dtype: 'float32' }), n.dtype)
}

function accumulates(n: Node): boolean {
  if (is(n, 'reduce') || is(n, 'reduceWindow')) return n.attrs.combine === 'add' || n.attrs.combine === 'mul'
  if (is(n, 'scatter')) return n.attrs.mode === 'add'
  return n.op === 'dot' || n.op === 'conv' || n.op === 'cumulative' || n.op === 'putWindow'
}
