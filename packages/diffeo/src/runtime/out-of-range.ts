/** @file The error of a program whose status word says that an index was out of range. */
import { is, type Graph, type Node } from '../graph/node.ts'
import { topological } from '../graph/walk.ts'
import { DataError, IndexError } from '../util/errors.ts'

/** At most so many places are named. */
const shown = 3

/** The status word is the size of the axis: the places in the program with such an axis, of which one was left. */
export function outOfRange(size: number, outputs: readonly Node[], isLeaf: (n: Node) => boolean): DataError {
  const found = [...placesIn(outputs, size, isLeaf)]
  const tests = new Set(found.flatMap(n => (is(n, 'gather') && n.attrs.check) || []))
  const places = new Set(found.flatMap(n => (is(n, 'gather') && n.attrs.check ? [] : nameOf(n))))
  if (places.size === 0 && tests.size > 0) return new DataError(`${[...tests].join(', or ')}. Nothing was assigned.`)
  const named = [...places].slice(0, shown).join(', ') + (places.size > shown ? ', …' : '')
  return new IndexError(
    `an index is out of range: a class label, or an index of gather, scatter or an embedding, along an axis of ${size} is ` +
      `not one of 0 to ${size - 1}${named && ` (${named})`}. Nothing was assigned.` +
      [...tests].map(t => ` Or else: ${t}.`).join(''),
  )
}

function* placesIn(outputs: readonly Node[], size: number, isLeaf: (n: Node) => boolean): Iterable<Node> {
  for (const n of topological(outputs, isLeaf)) {
    if ((is(n, 'gather') || is(n, 'scatter')) && n.inputs[0].shape[n.attrs.axis] === size) yield n
    const { body } = n.attrs as { readonly body?: Graph }
    if (body) yield* placesIn(body.outputs, size, isLeaf)
  }
}

function nameOf({ op, inputs: [x], origin }: Node): string {
  const module = String(origin ?? '')
  return `${op} of ${x.dtype}[${x.shape.join(',')}]${module && ` in '${module}'`}`
}
