/**
 * @file A running sum along a long axis in two levels, as the scan of Blelloch (*Prefix sums and their applications*,
 * 1990): of pieces, of their totals, and the two added. Pieces are turns for threads, the same ones for any number of
 * them, and the error of a float grows with a piece's length alone.
 */
import { add, apply, expand, pad, reshape, slice } from '../graph/build.ts'
import { isFloat } from '../graph/dtype.ts'
import { sizeOf, type Node } from '../graph/node.ts'

const pieces = 64
const long = 1 << 15

/** The node itself where it is short, or where there are many. */
export function piecewiseSum(n: Node<'cumulative'>): Node {
  const { axis, combine, reverse } = n.attrs
  const [x] = n.inputs
  const { shape } = x
  const steps = shape[axis]
  if (combine !== 'add' || steps < long || sizeOf(shape) / steps >= pieces) return n
  const length = Math.ceil(steps / pieces)
  /** −0 + x = x for every float x. */
  const none = isFloat(n.dtype) ? -0 : 0
  const split = (d: readonly number[]) => shape.flatMap((s, i) => (i === axis ? d : [s]))
  const padded = length * pieces === steps ? x : pad(x, along(shape, axis, [0, length * pieces - steps]), none)
  const within = apply('cumulative', [reshape(padded, split([pieces, length]))], { axis: axis + 1, combine, reverse })
  const totals = reshape(part(within, axis + 1, reverse ? 0 : length - 1, 1), split([pieces]))
  const running = apply('cumulative', [totals], { axis, combine, reverse })
  const others = part(running, axis, reverse ? 1 : 0, pieces - 1)
  const before = pad(others, along(shape, axis, reverse ? [0, 1] : [1, 0]), none)
  const sum = add(within, expand(reshape(before, split([pieces, 1])), within.shape))
  return part(reshape(sum, split([pieces * length])), axis, 0, steps)
}

/** `count` elements of an axis from `start` on. */
function part(x: Node, axis: number, start: number, count: number): Node {
  if (count === x.shape[axis]) return x
  return slice(
    x,
    x.shape.map((_, i) => (i === axis ? start : 0)),
    x.shape.map((d, i) => (i === axis ? start + count : d)),
  )
}

const along = (shape: readonly number[], axis: number, pads: readonly [number, number]): [number, number][] =>
  shape.map((_, i) => (i === axis ? [...pads] : [0, 0]))
