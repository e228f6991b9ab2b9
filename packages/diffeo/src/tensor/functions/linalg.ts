/** @file Products: matmul, dot, outer, einsum. */
import * as g from '../../graph/build.ts'
import type { Node } from '../../graph/node.ts'
import { ShapeError } from '../../util/errors.ts'
import { factors } from './autocast.ts'
import { contractionOrder, operandsOf, type Order } from './contraction-order.ts'
import { broadcastShape, broadcastTo, promoted, shapeText } from './promote.ts'
import { diagonal } from './movement.ts'

function sameType(a: Node, b: Node): [Node, Node] {
  const common = promoted(a.dtype, b.dtype)
  return factors(a, b, common === 'bool' ? 'int32' : common)
}

/** PyTorch's matmul: vectors are rows on the left and columns on the right; axes before the last two broadcast. */
export function matmul(x: Node, y: Node): Node {
  const [a, b] = sameType(x, y)
  const [m, n] = [a.shape.length, b.shape.length]
  if (m === 0 || n === 0) throw new ShapeError('matmul takes vectors or matrices, got a 0-d tensor: use mul')
  const inner = n === 1 ? 0 : n - 2
  if (a.shape[m - 1] !== b.shape[inner]) {
    throw new ShapeError(
      `matmul: shapes ${shapeText(x.shape)} and ${shapeText(y.shape)}: the last axis of the first is ${a.shape[m - 1]}, axis ${inner} of the second is ${b.shape[inner]}`,
    )
  }
  // without batch axes on the right one product does all rows
  if (n <= 2) return g.dot(a, b, [[m - 1, inner]])
  if (m === 1) return g.dot(b, a, [[inner, 0]])
  const [left, right] = [a.shape.slice(0, -2), b.shape.slice(0, -2)]
  const batch = broadcastShape('matmul', [left, right])
  const wideA = broadcastTo(a, [...batch, ...a.shape.slice(-2)])
  const wideB = broadcastTo(b, [...batch, ...b.shape.slice(-2)])
  const r = batch.length
  return g.dot(wideA, wideB, [[r + 1, r]], batch.map((_, i) => [i, i] as const))
}

/** Of two vectors: Σ aᵢbᵢ. */
export function dot(x: Node, y: Node): Node {
  if (x.shape.length !== 1 || y.shape.length !== 1 || x.shape[0] !== y.shape[0]) {
    throw new ShapeError(
      `dot takes two vectors of one size, got ${shapeText(x.shape)} and ${shapeText(y.shape)}: use matmul or einsum`,
    )
  }
  return g.dot(...sameType(x, y), [[0, 0]])
}
export function outer(x: Node, y: Node): Node {
  if (x.shape.length !== 1 || y.shape.length !== 1) {
    throw new ShapeError(`outer takes two vectors, got ${shapeText(x.shape)} and ${shapeText(y.shape)}`)
  }
  return g.dot(...sameType(x, y), [])
}
export const trace = (a: Node): Node => {
  if (a.shape.length !== 2) throw new ShapeError(`trace takes a matrix, got ${shapeText(a.shape)}`)
  return g.sum(diagonal(a), [0])
}

/** A tensor with a name for each axis. */
interface Named { readonly node: Node; readonly names: readonly string[] }

/**
 * Sums of products by Einstein's rule: `einsum('bij,bjk->bik', a, b)`. Without `->` the result has the names that occur
 * once, in the order of the alphabet; `...` stands for axes that broadcast.
 */
export function einsum(expression: string, operands: readonly Node[]): Node {
  const [inputs, wanted] = parse(expression, operands)
  const output = wanted ?? implied(inputs)
  const named = operands.map((node, k) => distinct({ node, names: inputs[k] }))
  checkSizes(expression, named)
  const terms = broadcastOnes(named).map((t, k, all) =>
    sumUnused(t, [...output, ...all.flatMap((o, j) => (j === k ? [] : o.names))]),
  )
  const sizes = new Map(terms.flatMap(({ node, names }) => names.map((n, k) => [n, node.shape[k]] as const)))
  const product = (order: Order): Named => {
    if (typeof order === 'number') return terms[order]
    const within = operandsOf(order)
    const needed = new Set([...output, ...terms.flatMap((t, k) => (within.includes(k) ? [] : t.names))])
    return contract(product(order[0]), product(order[1]), needed)
  }
  const last = sumUnused(product(contractionOrder(terms.map(t => t.names), sizes, output)), output)
  return g.permute(last.node, output.map(n => last.names.indexOf(n)))
}

function parse(expression: string, operands: readonly Node[]): [string[][], string[] | null] {
  const [left, right, more] = expression.replace(/\s/g, '').split('->')
  const parts = left.split(',')
  if (more !== undefined || parts.length !== operands.length) {
    throw new ShapeError(`einsum: '${expression}' names ${parts.length} tensors, got ${operands.length}`)
  }
  const dotted = parts.map((p, k) => (p.includes('...') ? operands[k].shape.length - (p.length - 3) : 0))
  const width = Math.max(0, ...dotted)
  const letters = (text: string, dots: number): string[] => {
    const [before, after = ''] = text.split('...')
    if (!/^[A-Za-z]*$/.test(before + after))
      throw new ShapeError(`einsum: '${text}' in '${expression}' is not made of letters`)
    // the axes of `...` are named from the back: they broadcast
    const middle = text.includes('...') ? Array.from({ length: dots }, (_, i) => `.${dots - i}`) : []
    return [...before, ...middle, ...after]
  }
  const inputs = parts.map((p, k) => letters(p, dotted[k]))
  inputs.forEach((names, k) => {
    if (names.length === operands[k].shape.length) return
    throw new ShapeError(
      `einsum: '${parts[k]}' has ${names.length} axes, tensor ${k} has shape ${shapeText(operands[k].shape)}`,
    )
  })
  if (right === undefined) return [inputs, null]
  const output = letters(right, width)
  for (const n of output) {
    if (!inputs.some(names => names.includes(n)) || output.indexOf(n) !== output.lastIndexOf(n)) {
      throw new ShapeError(`einsum: '${n}' in the result of '${expression}' is not in the inputs, or is there twice`)
    }
  }
  return [inputs, output]
}

function implied(inputs: readonly (readonly string[])[]): string[] {
  const all = inputs.flat()
  const dots = [...new Set(all.filter(n => n.startsWith('.')))].sort((p, q) => Number(q.slice(1)) - Number(p.slice(1)))
  return [...dots, ...all.filter(n => !n.startsWith('.') && all.indexOf(n) === all.lastIndexOf(n)).sort()]
}

/** A name that stands twice on one tensor is its diagonal. */
function distinct(t: Named): Named {
  const second = t.names.findIndex((n, k) => t.names.indexOf(n) < k)
  if (second < 0) return t
  const name = t.names[second]
  const first = t.names.indexOf(name)
  if (t.node.shape[first] !== t.node.shape[second]) {
    throw new ShapeError(`einsum: '${name}' is ${t.node.shape[first]} and ${t.node.shape[second]} on one tensor`)
  }
  return distinct({ node: diagonal(t.node, 0, first, second), names: [...t.names.filter(n => n !== name), name] })
}

function checkSizes(expression: string, terms: readonly Named[]): void {
  const sizes = new Map<string, number>()
  for (const { node, names } of terms) {
    names.forEach((n, k) => {
      const d = node.shape[k]
      const known = sizes.get(n)
      if (known === undefined || known === 1) sizes.set(n, d)
      else if (d !== 1 && d !== known) throw new ShapeError(`einsum: '${n}' in '${expression}' is ${known} and ${d}`)
    })
  }
}

/** Axes of size 1 that are larger elsewhere are dropped: what is left repeats along them by itself. */
function broadcastOnes(terms: readonly Named[]): Named[] {
  const largest = new Map<string, number>()
  for (const { node, names } of terms)
    names.forEach((n, k) => largest.set(n, Math.max(largest.get(n) ?? 0, node.shape[k])))
  return terms.map(({ node, names }) => {
    const stays = names.map((n, k) => node.shape[k] === largest.get(n))
    return { node: g.reshape(node, node.shape.filter((_, k) => stays[k])), names: names.filter((_, k) => stays[k]) }
  })
}

function sumUnused(t: Named, used: readonly string[]): Named {
  const gone = t.names.flatMap((n, k) => (used.includes(n) ? [] : [k]))
  return gone.length === 0 ? t : { node: g.sum(t.node, gone), names: t.names.filter(n => used.includes(n)) }
}

/** The product of two, summed over the names they share that nobody needs any more. */
function contract(x: Named, y: Named, needed: ReadonlySet<string>): Named {
  const [a, b] = sameType(x.node, y.node)
  const shared = x.names.filter(n => y.names.includes(n))
  const pair = (n: string): readonly [number, number] => [x.names.indexOf(n), y.names.indexOf(n)]
  const batch = shared.filter(n => needed.has(n))
  const summed = shared.filter(n => !needed.has(n))
  const free = (t: Named): string[] => t.names.filter(n => !shared.includes(n))
  return { node: g.dot(a, b, summed.map(pair), batch.map(pair)), names: [...batch, ...free(x), ...free(y)] }
}
