/** @file A loop being written: what stands for what inside its body, until it is a `scan` node. */
import { apply, placeholder } from '../../graph/build.ts'
import type { Aval, Node } from '../../graph/node.ts'
import { inline } from '../../graph/substitute.ts'
import { topological } from '../../graph/walk.ts'

/** Each place is a node (a placeholder, mostly) that stands, inside the body, for what it is given. */
export interface Loop {
  readonly carries: readonly { readonly place: Node; readonly init: Node; readonly next: Node }[]
  readonly sequences: readonly Given[]
  readonly constants: readonly Given[]
  readonly ys: readonly Node[]
}
export interface Given { readonly place: Node; readonly value: Node }

export const stand = (a: Aval): Node => placeholder(0, a.shape, a.dtype)

/** What one step sees of a value with one row a step. */
export const rowOf = (a: Aval): Aval => ({ shape: a.shape.slice(1), dtype: a.dtype })

/** A list split into its carries, its sequences (or slices, or ys), and what does not change. */
export const split = <T>(
  all: readonly T[], a: { readonly carries: number; readonly sequences: number },
): { carries: T[]; sequences: T[]; rest: T[] } => ({
  carries: all.slice(0, a.carries),
  sequences: all.slice(a.carries, a.carries + a.sequences),
  rest: all.slice(a.carries + a.sequences),
})

/** A `scan` node taken apart. */
export function open(node: Node<'scan'>): Loop {
  const { body, carries } = node.attrs
  const given = split(body.inputs.map((place, i) => ({ place, value: node.inputs[i] })), node.attrs)
  return {
    carries: given.carries.map(({ place, value }, i) => ({ place, init: value, next: body.outputs[i] })),
    sequences: given.sequences,
    constants: given.rest,
    ys: body.outputs.slice(carries),
  }
}

/** Closes the loop: drops what the body does not read, numbers the places, and writes the node. */
export function close(loop: Loop, length: number, reverse: boolean): Node<'scan'> {
  const written = [...loop.carries.map(c => c.next), ...loop.ys]
  const all = new Set([...loop.carries, ...loop.sequences, ...loop.constants].map(p => p.place))
  const read = new Set(topological(written, n => all.has(n)))
  const sequences = loop.sequences.filter(s => read.has(s.place))
  const constants = loop.constants.filter(s => read.has(s.place))
  const places = [...loop.carries, ...sequences, ...constants].map(p => p.place)
  const inputs = places.map((p, i) => placeholder(i, p.shape, p.dtype))
  const body = { inputs, outputs: inline({ inputs: places, outputs: written }, inputs) }
  const given = [...loop.carries.map(c => c.init), ...sequences.map(s => s.value), ...constants.map(s => s.value)]
  return apply('scan', given, { body, carries: loop.carries.length, sequences: sequences.length, length, reverse })
}
