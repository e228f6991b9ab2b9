/**
 * @file `scan`: a loop over the leading axis. Derivatives and batches of loops are loops over the derivative or batch
 * of the body, so that they compose like those of any primitive.
 */
import { add, apply, concat, permute, pick, reshape, slice } from '../graph/build.ts'
import { dtypeBytes, isFloat } from '../graph/dtype.ts'
import { is, sizeOf, type Attrs, type Aval, type Node } from '../graph/node.ts'
import { topological } from '../graph/walk.ts'
import { ShapeError } from '../util/errors.ts'
import { picks } from './call.ts'
import type { Batched, BatchWalk, EvaluateWalk, GradientWalk, NDArray, OpRecord, TangentWalk } from './record.ts'
import { ndarray } from './support/array.ts'
import { repeatFront } from './support/batch.ts'
import { show } from './support/check.ts'
import { close, rowOf, split, stand } from './support/loop.ts'
import { minCut } from './support/min-cut.ts'
import { orZeros, zerosLike } from './support/rules.ts'

type ScanAttrs = Attrs['scan']

/** Finds which carries are touched, given a step that says so of the carries after it, starting from those before. */
function touchedCarries(
  start: readonly boolean[],
  step: (touched: readonly boolean[]) => readonly boolean[],
): boolean[] {
  let touched = [...start]
  for (;;) {
    const after = step(touched)
    if (touched.every((t, i) => t || !after[i])) return touched
    touched = touched.map((t, i) => t || after[i])
  }
}

// ---- shapes ----

function checkSequences(sequences: readonly Aval[], length: number): void {
  sequences.forEach((x, i) => {
    if (x.shape.length === 0 || x.shape[0] !== length) {
      throw new ShapeError(
        `scan: sequence ${i} is ${show(x)}, but the loop has ${length} steps; its leading axis must be that long`,
      )
    }
  })
}

function inferScan(inputs: readonly Aval[], a: ScanAttrs): Aval[] {
  if (inputs.length !== a.body.inputs.length) {
    throw new ShapeError(
      `scan: the body takes ${a.body.inputs.length} inputs, but ${inputs.length} were given `
        + '(carries, sequences, constants)',
    )
  }
  const { carries, sequences, rest } = split(inputs, a)
  checkSequences(sequences, a.length)
  const steps = [...carries, ...sequences.map(rowOf), ...rest]
  steps.forEach((got, i) => {
    const want = a.body.inputs[i]
    if (show(want) !== show(got))
      throw new ShapeError(`scan: input ${i} of the body is ${show(want)}, but it would be given ${show(got)}`)
  })
  carries.forEach((before, i) => {
    const after = a.body.outputs[i]
    if (!after || show(after) !== show(before)) {
      throw new ShapeError(
        `scan: carry ${i} starts as ${show(before)}, but the body returns ${after ? show(after) : 'nothing for it'}; `
          + 'a carry keeps its shape and dtype',
      )
    }
  })
  const ys = a.body.outputs.slice(a.carries).map(y => ({ shape: [a.length, ...y.shape], dtype: y.dtype }))
  return [...carries.map(({ shape, dtype }) => ({ shape, dtype })), ...ys]
}

// ---- the reference ----

const rowAt = (x: NDArray, i: number): NDArray => {
  const shape = x.shape.slice(1)
  return ndarray(shape, x.dtype, x.data.slice(i * sizeOf(shape), (i + 1) * sizeOf(shape)))
}

function evaluateScan(inputs: readonly NDArray[], node: Node<'scan'>, walk: EvaluateWalk): NDArray[] {
  const { body, length, reverse, carries: count } = node.attrs
  const { carries, sequences, rest } = split(inputs, node.attrs)
  const ys = node.outputs!.slice(count).map(y => ndarray(y.shape, y.dtype))
  let state: readonly NDArray[] = carries
  for (let n = 0; n < length; n++) {
    const i = reverse ? length - 1 - n : n
    const out = walk(body, [...state, ...sequences.map(x => rowAt(x, i)), ...rest])
    state = out.slice(0, count)
    ys.forEach((y, j) => y.data.set(out[count + j].data, i * sizeOf(y.shape.slice(1))))
  }
  return [...state, ...ys]
}

// ---- forward mode: a loop over values and tangents at once ----

function tangentScan(tangents: readonly (Node | null)[], node: Node<'scan'>, walk: TangentWalk): (Node | null)[] {
  const { attrs, inputs } = node
  const { body, carries } = attrs
  const step = (touched: readonly boolean[]): { dots: (Node | null)[]; out: (Node | null)[] } => {
    const dots = body.inputs.map((x, i) => ((i < carries ? touched[i] : tangents[i]) ? stand(x) : null))
    return { dots, out: walk(body.outputs, body.inputs, dots) }
  }
  const isThere = (list: readonly (Node | null)[]): boolean[] => list.slice(0, carries).map(t => t !== null)
  const touched = touchedCarries(isThere(tangents), t => isThere(step(t).out))
  const { dots, out } = step(touched)

  const states = body.inputs.slice(0, carries).map((place, i) => ({ place, init: inputs[i], next: body.outputs[i] }))
  const rates = states.flatMap(({ init, next }, i) => {
    const place = dots[i]
    return place ? [{ place, init: orZeros(tangents[i], init), next: orZeros(out[i], next) }] : []
  })
  const values = body.inputs.map((place, i) => ({ place, value: inputs[i] }))
  const seeds = dots.map((place, i) => (place && i >= carries ? { place, value: tangents[i]! } : null))
  const both = (list: typeof values, more: typeof seeds): typeof values => [...list, ...more.filter(m => m !== null)]
  const outer = split(values, attrs)
  const outerSeeds = split(seeds, attrs)
  const scan = close(
    {
      carries: [...states, ...rates],
      sequences: both(outer.sequences, outerSeeds.sequences),
      constants: both(outer.rest, outerSeeds.rest),
      ys: out.slice(carries).filter(t => t !== null),
    },
    attrs.length,
    attrs.reverse,
  )
  let next = carries
  return out.map((t, i) => ((i < carries ? touched[i] : t) ? pick(scan, next++) : null))
}

// ---- reverse mode: a loop the other way over the body's gradient ----

/** Not computed again for the gradient: it, or what is made of it, is kept. */
const onceOnly: ReadonlySet<string> = new Set([
  'dot', 'conv', 'reduce', 'argReduce', 'reduceWindow', 'argReduceWindow', 'gather', 'scatter', 'cumulative', 'argSort',
  'scan', 'randomBits',
])
const isOnceOnly = (n: Node): boolean =>
  onceOnly.has(n.op) || (is(n, 'call') && topological(n.attrs.body.outputs).some(isOnceOnly))

/**
 * The values of each turn that the loop keeps for its gradient, which is written in terms of the body's nodes: the
 * fewest bytes from which, with the sequences and constants, the rest follows without computing a product again.
 */
function keptFor(grads: readonly Node[], given: readonly Node[], node: Node<'scan'>): Node[] {
  const { body, carries } = node.attrs
  const order = topological(grads)
  const later = dependentOn(given, order)
  const carried = dependentOn(body.inputs.slice(0, carries), order)
  const nodes = order.filter(n => carried.has(n) && !later.has(n))
  const known = new Set(nodes)
  const needed = new Set(order.filter(n => later.has(n)).flatMap(n => n.inputs.filter(x => known.has(x))))
  for (const g of grads) if (known.has(g)) needed.add(g)
  const states = new Set(body.inputs.slice(0, carries))
  const stacked = new Set(body.outputs.slice(carries))
  const cost = (n: Node): number => {
    if (n.outputs) return Infinity
    if (stacked.has(n)) return 0
    // of a view and what it shows, the latter
    return (sizeOf(n.shape) + 1) * dtypeBytes[n.dtype] * (isView.has(n.op) ? 1.01 : 1)
  }
  return minCut({ nodes, needed, cost, isSource: n => states.has(n) || isOnceOnly(n) })
}

const isView: ReadonlySet<string> = new Set(['reshape', 'permute', 'expand', 'slice', 'flip', 'pad', 'concat'])

function dependentOn(given: readonly Node[], order: readonly Node[]): Set<Node> {
  const out = new Set(given)
  for (const n of order) if (n.inputs.some(x => out.has(x))) out.add(n)
  return out
}

/** Values of the body before or in each step, stacked. */
function residuals(node: Node<'scan'>, kept: readonly Node[]): Node[] {
  const { attrs } = node
  const { body, carries } = attrs
  const ys = body.outputs.slice(carries)
  const extra: Node[] = []
  const found = kept.map((n): ((more: Node) => Node) => {
    const there = ys.indexOf(n)
    if (there >= 0) return () => pick(node, carries + there)
    const carry = body.inputs.indexOf(n)
    const after = carry < 0 ? -1 : ys.indexOf(body.outputs[carry])
    if (after >= 0) return () => delayed(pick(node, carries + after), node.inputs[carry], attrs.reverse)
    const place = body.outputs.length + extra.length
    extra.push(n)
    return more => pick(more, place)
  })
  // the same loop with more outputs: its first outputs are the node's own, so that the two can be made one
  const longer =
    extra.length === 0
      ? node
      : apply('scan', node.inputs, { ...attrs, body: { inputs: body.inputs, outputs: [...body.outputs, ...extra] } })
  return found.map(f => f(longer))
}

/** What was stacked after each step, before each step. */
function delayed(after: Node, init: Node, reverse: boolean): Node {
  const first = reshape(init, [1, ...init.shape])
  const start = after.shape.map((_, i) => (i === 0 && reverse ? 1 : 0))
  const stop = after.shape.map((d, i) => (i === 0 && !reverse ? d - 1 : d))
  const rest = slice(after, start, stop)
  return concat(reverse ? [rest, first] : [first, rest], 0)
}

function gradientScan(cotangents: readonly (Node | null)[], node: Node<'scan'>, walk: GradientWalk): (Node | null)[] {
  const { attrs, inputs } = node
  const { body, carries } = attrs
  const ctYs = cotangents.slice(carries).map((g, j) => (g ? stand(body.outputs[carries + j]) : null))
  const step = (touched: readonly boolean[]): { cts: (Node | null)[]; grads: (Node | null)[] } => {
    const cts = touched.map((t, i) => (t ? stand(body.inputs[i]) : null))
    return { cts, grads: walk(body.outputs, [...cts, ...ctYs], body.inputs) }
  }
  const touched = touchedCarries(
    cotangents.slice(0, carries).map(g => g !== null),
    t =>
      step(t)
        .grads.slice(0, carries)
        .map(g => g !== null),
  )
  const { cts, grads } = step(touched)
  const given = [...cts, ...ctYs].filter(g => g !== null)
  const kept = keptFor(grads.filter(g => g !== null), given, node)
  const states = residuals(node, kept)

  const values = split(
    body.inputs.map((place, i) => ({ place, value: inputs[i] })),
    attrs,
  )
  const flows = cts.flatMap((place, i) =>
    place ? [{ place, init: orZeros(cotangents[i], inputs[i]), next: orZeros(grads[i], inputs[i]) }] : [],
  )
  const gradsOf = split(grads, attrs)
  const sums = gradsOf.rest.flatMap(g => {
    if (!g) return []
    const place = stand(g)
    return [{ place, init: zerosLike(g), next: add(place, g) }]
  })
  const stacked = [
    ...states.map((value, i) => ({ place: kept[i], value })),
    ...values.sequences,
    ...ctYs.flatMap((place, j) => (place ? [{ place, value: cotangents[carries + j]! }] : [])),
  ]
  const ys = gradsOf.sequences.filter(g => g !== null)
  const scan = close(
    { carries: [...flows, ...sums], sequences: stacked, constants: values.rest, ys },
    attrs.length,
    !attrs.reverse,
  )
  let [flow, y, total] = [0, flows.length + sums.length, flows.length]
  return [
    ...touched.map(t => (t ? pick(scan, flow++) : null)),
    ...gradsOf.sequences.map(g => (g ? pick(scan, y++) : null)),
    ...gradsOf.rest.map(g => (g ? pick(scan, total++) : null)),
  ]
}

// ---- batching ----

/** Exchanges the batch axis and the axis of steps. */
const exchange = (a: Node): Node => permute(a, [1, 0, ...a.shape.slice(2).map((_, i) => i + 2)])

function batchScan(
  inputs: readonly Node[],
  batched: readonly boolean[],
  node: Node<'scan'>,
  size: number,
  walk: BatchWalk,
): Node[] {
  const { attrs } = node
  const { body, carries } = attrs
  const step = (touched: readonly boolean[]): Batched =>
    walk(body, [...touched, ...batched.slice(carries)], size)
  const touched = touchedCarries(batched.slice(0, carries), t => step(t).batched.slice(0, carries))
  const mapped = step(touched)
  const outputs = mapped.graph.outputs.map((y, i) =>
    i < carries && touched[i] && !mapped.batched[i] ? repeatFront(y, size) : y,
  )
  const given = inputs.map((x, i) => {
    if (i < carries) return touched[i] && !batched[i] ? repeatFront(x, size) : x
    return batched[i] && i < carries + attrs.sequences ? exchange(x) : x
  })
  const scan = apply('scan', given, { ...attrs, body: { inputs: mapped.graph.inputs, outputs } })
  return picks(scan).map((y, i) => {
    const has = i < carries ? touched[i] : mapped.batched[i]
    return !has ? repeatFront(y, size) : i < carries ? y : exchange(y)
  })
}

export const scan: OpRecord<'scan'> = {
  infer: inferScan,
  evaluate: evaluateScan,
  vjp(cotangents, node, walk) {
    // no step: the carries are handed through
    if (node.attrs.length === 0)
      return node.inputs.map((x, i) => (i < node.attrs.carries && isFloat(x.dtype) ? cotangents[i] : null))
    return gradientScan(cotangents, node, walk)
  },
  jvp: tangentScan,
  batch: batchScan,
}
