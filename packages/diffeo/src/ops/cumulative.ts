/** @file Running sums, products and extremes along an axis. */
import { apply, binary, constantLike, equal, gather, iota, mul, not, scatter, where } from '../graph/build.ts'
import type { Attrs, Node } from '../graph/node.ts'
import type { NDArray, OpRecord } from './record.ts'
import { around, ndarray } from './support/array.ts'
import { batchUnary } from './support/batch.ts'
import { checkAxis, checkCount, checkKind } from './support/check.ts'
import { combiner, identityOf } from './support/combine.ts'
import { exclusiveProduct, recurrence, shiftAlong } from './support/product.ts'
import { zerosLike } from './support/rules.ts'

const run = (a: Node, attrs: Attrs['cumulative']): Node => apply('cumulative', [a], attrs)

function evaluateCumulative([a]: readonly NDArray[], { combine, axis, reverse }: Attrs['cumulative']): NDArray {
  const out = ndarray(a.shape, a.dtype)
  const step = combiner(combine, a.dtype)
  const { outer, n, inner } = around(a.shape, axis)
  for (let row = 0; row < outer * inner; row++) {
    const base = Math.floor(row / inner) * n * inner + (row % inner)
    let value = identityOf[combine]
    for (let k = 0; k < n; k++) {
      const at = base + (reverse ? n - 1 - k : k) * inner
      out.data[at] = value = step(value, a.data[at])
    }
  }
  return out
}

/** Where each running extreme was attained: the latest element so far that equals it (or is NaN). */
function attained(node: Node<'cumulative'>): Node {
  const { inputs: [a], attrs: { axis, reverse } } = node
  const attains = binary('or', equal(a, node), not(equal(a, a)))
  const places = iota(axis, a.shape)
  const first = constantLike(places, reverse ? a.shape[axis] - 1 : 0)
  return run(where(attains, places, first), { combine: reverse ? 'min' : 'max', axis, reverse })
}

/**
 * y[i] = x[0]·…·x[i]: dx[k] = (x[0]·…·x[k−1])·S[k] with S[k] = g[k] + x[k+1]·S[k+1].
 */
function productTranspose(g: Node, { inputs: [x], attrs: { axis, reverse } }: Node<'cumulative'>): Node {
  const following = shiftAlong(x, axis, reverse ? 1 : -1, 0)
  return mul(exclusiveProduct(x, axis, reverse), recurrence(following, g, axis, !reverse))
}

/** dy[i] = x[i]·dy[i−1] + dx[i]·(x[0]·…·x[i−1]) */
const productTangent = (t: Node, { inputs: [x], attrs: { axis, reverse } }: Node<'cumulative'>): Node =>
  recurrence(x, mul(t, exclusiveProduct(x, axis, reverse)), axis, reverse)

const cumulative: OpRecord<'cumulative'> = {
  infer(inputs, { combine, axis }) {
    checkCount('cumulative', inputs, 1)
    const name = `cumulative ${combine}`
    checkKind(name, inputs[0], 'numbers')
    checkAxis(name, inputs[0], axis)
    return { shape: inputs[0].shape, dtype: inputs[0].dtype }
  },
  evaluate: (inputs, { attrs }) => evaluateCumulative(inputs, attrs),
  vjp: ([g], node) => {
    const { inputs: [x], attrs } = node
    if (!g) return [null]
    if (attrs.combine === 'add') return [run(g, { ...attrs, reverse: !attrs.reverse })]
    if (attrs.combine === 'mul') return [productTranspose(g, node)]
    return [scatter(zerosLike(x), attained(node), g, attrs.axis, 'add')]
  },
  jvp: ([t], node) => {
    const { attrs } = node
    if (!t) return [null]
    if (attrs.combine === 'add') return [run(t, attrs)]
    return [attrs.combine === 'mul' ? productTangent(t, node) : gather(t, attained(node), attrs.axis)]
  },
  batch: batchUnary<'cumulative'>((a, { attrs }) => run(a, { ...attrs, axis: attrs.axis + 1 })),
}

export const cumulativeRecords = { cumulative }
