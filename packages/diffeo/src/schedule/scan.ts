/**
 * @file Loops before they are scheduled, a mapping from graphs to graphs that no backend sees: loops over the same
 * inputs are made one (a gradient asks the loop it belongs to for more), what nobody reads is dropped, and what need
 * not be in a loop leaves it (schedule/hoist.ts).
 */
import { apply, pick, reshape } from '../graph/build.ts'
import { is, type Node } from '../graph/node.ts'
import { structureOf } from '../graph/structure.ts'
import { inline, substitute, withInputs } from '../graph/substitute.ts'
import { topological } from '../graph/walk.ts'
import { open, type Loop } from '../ops/support/loop.ts'
import { hoist } from './hoist.ts'

/** Makes equal nodes one. */
export type Intern = (outputs: readonly Node[]) => Node[]
type Leaf = (n: Node) => boolean

export function optimizeScans(outputs: readonly Node[], leaf: Leaf, intern: Intern): Node[] {
  let now = [...outputs]
  for (let next = mergeTwo(now, leaf); next; next = mergeTwo(now, leaf)) now = intern(next)
  return rework(now, leaf)
}

/** The loop without a loop: of no turn, or of one. */
export function shortScan(n: Node<'scan'>, inputs: readonly Node[]): Node[] {
  const { body, carries, sequences, length } = n.attrs
  if (length === 0) {
    const ys = (n.outputs ?? []).slice(carries)
    return [...inputs.slice(0, carries), ...ys.map(y => apply('constant', [], { value: 0 }, y))]
  }
  const isSequence = (i: number): boolean => i >= carries && i < carries + sequences
  const out = inline(body, inputs.map((x, i) => (isSequence(i) ? reshape(x, x.shape.slice(1)) : x)))
  return out.map((y, i) => (i < carries ? y : reshape(y, [1, ...y.shape])))
}

const scansOf = (order: readonly Node[]): Node<'scan'>[] => order.filter((n): n is Node<'scan'> => is(n, 'scan'))

// ---- loops over the same inputs

/** Two loops with the same inputs and the same carries as one with the ys of both; null where there are no two. */
function mergeTwo(outputs: readonly Node[], leaf: Leaf): Node[] | null {
  const order = topological(outputs, leaf)
  const numbers = new Map(order.map((n, i) => [n, i]))
  const known = new Map<string, Node<'scan'>>()
  for (const n of scansOf(order)) {
    const { body, carries, sequences, length, reverse } = n.attrs
    const steps = structureOf({ inputs: body.inputs, outputs: body.outputs.slice(0, carries) }).join(';')
    const key = [n.inputs.map(x => numbers.get(x)), carries, sequences, length, reverse, steps].join('|')
    const other = known.get(key)
    if (other) return merged(outputs, order, other, n)
    known.set(key, n)
  }
  return null
}

function merged(outputs: readonly Node[], order: readonly Node[], a: Node<'scan'>, b: Node<'scan'>): Node[] {
  const { body, carries } = a.attrs
  const more = inline(b.attrs.body, body.inputs).slice(carries)
  const both = apply('scan', a.inputs, { ...a.attrs, body: { ...body, outputs: [...body.outputs, ...more] } })
  const places = new Map<Node, Node>()
  for (const n of order) {
    if (!is(n, 'pick')) continue
    const { index } = n.attrs
    if (n.inputs[0] === a) places.set(n, pick(both, index))
    else if (n.inputs[0] === b)
      places.set(n, pick(both, index < carries ? index : index - carries + body.outputs.length))
  }
  return substitute(outputs, places)
}

// ---- what is read, and what may leave

function rework(outputs: readonly Node[], leaf: Leaf): Node[] {
  const order = topological(outputs, leaf)
  const needed = neededOutputs(order, outputs, leaf)
  const done = new Map<Node, Node>()
  const results = new Map<Node, ReadonlyMap<number, Node>>()
  for (const n of order) {
    if (leaf(n)) { done.set(n, n); continue }
    if (is(n, 'scan')) {
      const used = needed.get(n)
      // an input that is not there is one that the loop will not read
      if (used) results.set(n, reworked(withInputs(n, n.inputs.map(x => done.get(x) ?? x)) as Node<'scan'>, used))
    } else if (is(n, 'pick') && is(n.inputs[0], 'scan')) {
      const value = results.get(n.inputs[0])?.get(n.attrs.index)
      if (value) done.set(n, value)
    } else if (n.inputs.every(x => done.has(x))) done.set(n, withInputs(n, n.inputs.map(x => done.get(x) as Node)))
  }
  return outputs.map(n => done.get(n) as Node)
}

/** Which outputs of each loop are read, by what is itself read. */
function neededOutputs(order: readonly Node[], outputs: readonly Node[], leaf: Leaf): Map<Node, Set<number>> {
  const live = new Set(outputs)
  const needed = new Map<Node, Set<number>>()
  for (let i = order.length - 1; i >= 0; i--) {
    const n = order[i]
    if (!live.has(n) || leaf(n)) continue
    if (is(n, 'pick')) {
      const [scan] = n.inputs
      const used = needed.get(scan)
      if (used) used.add(n.attrs.index)
      else needed.set(scan, new Set([n.attrs.index]))
      live.add(scan)
    } else if (is(n, 'scan')) {
      const body = readInBody(n, needed.get(n) as Set<number>)
      n.inputs.forEach((x, k) => { if (body.has(n.attrs.body.inputs[k])) live.add(x) })
    } else for (const x of n.inputs) live.add(x)
  }
  return needed
}

/** What the body must compute for some of the loop's outputs: with a carry, what the carry is made of. */
function readInBody(n: Node<'scan'>, used: ReadonlySet<number>): Set<Node> {
  const { body, carries } = n.attrs
  const wanted = new Set(used)
  for (;;) {
    const read = new Set(topological(body.outputs.filter((_, i) => wanted.has(i))))
    const before = wanted.size
    for (let c = 0; c < carries; c++) {
      if (read.has(body.inputs[c])) wanted.add(c)
      if (wanted.has(c)) read.add(body.inputs[c])
    }
    if (wanted.size === before) return read
  }
}

/** The wanted outputs of a loop, by number, with all that may leave it outside. */
function reworked(n: Node<'scan'>, used: ReadonlySet<number>): Map<number, Node> {
  const { carries, length, reverse } = n.attrs
  const read = readInBody(n, used)
  const whole = open(n)
  const kept = whole.carries.flatMap((c, i) => (read.has(c.place) ? [i] : []))
  const ys = whole.ys.flatMap((_, i) => (used.has(carries + i) ? [i] : []))
  const trimmed: Loop = {
    ...whole, carries: kept.map(i => whole.carries[i]), ys: ys.map(i => whole.ys[i]),
  }
  const left = hoist(trimmed, length, reverse)
  const out = new Map<number, Node>()
  kept.forEach((i, k) => out.set(i, left.carries[k]))
  ys.forEach((i, k) => out.set(carries + i, left.ys[k]))
  return out
}
