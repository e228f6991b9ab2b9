/**
 * @file From the graph as it was written to the graph that is scheduled: composites inlined, equal nodes made one,
 * algebra that is exact, and the few shapes of primitives that schedules know.
 */
import { apply, concat, expand, pad, reduce, reshape, slice } from '../graph/build.ts'
import { inline } from '../graph/substitute.ts'
import { is, Node, sizeOf, type Attrs } from '../graph/node.ts'
import { topological } from '../graph/walk.ts'
import { hasPhases, splitPhases } from './phases.ts'
import { simplifyEmpty } from './empty.ts'

/** Interned, inlined and simplified outputs. `leaf` nodes are left as they are. */
export function prepare(outputs: readonly Node[], leaf: (n: Node) => boolean): Node[] {
  const pass = new Pass(leaf)
  const first = outputs.map(n => pass.visit(n))
  return shareMasks(first, pass)
}

class Pass {
  private readonly leaf: (n: Node) => boolean
  private readonly done = new Map<Node, readonly Node[]>()
  private readonly interned = new Map<string, Node>()
  private readonly ids = new Map<Node, number>()

  constructor(leaf: (n: Node) => boolean) { this.leaf = leaf }

  visit(output: Node): Node {
    for (const n of topological([output], this.leaf)) if (!this.done.has(n)) this.done.set(n, this.rewrite(n))
    return (this.done.get(output) as readonly Node[])[0]
  }

  /** The outputs of a node after rewriting. */
  private rewrite(n: Node): readonly Node[] {
    if (this.leaf(n)) return [this.intern(n)]
    const inputs = n.inputs.map(x => (this.done.get(x) as readonly Node[])[0])
    if (is(n, 'call')) return inline(n.attrs.body, inputs).map(o => this.visit(o))
    if (is(n, 'scan')) return unrolledScan(n, inputs).map(o => this.visit(o))
    if (is(n, 'barrier')) return inputs.slice(0, -1)
    if (is(n, 'pick')) return [(this.done.get(n.inputs[0]) as readonly Node[])[n.attrs.index]]
    if (is(n, 'stopGradient')) return [inputs[0]]
    const copy = inputs.every((x, i) => x === n.inputs[i]) ? n : new Node(n.op, inputs, n.attrs, n)
    const simpler = simplify(copy)
    if (simpler === copy) return [this.intern(copy)]
    return [this.visit(simpler)]
  }

  intern(n: Node): Node {
    const key = this.key(n)
    const known = this.interned.get(key)
    if (known) return known
    this.interned.set(key, n)
    this.id(n)
    this.done.set(n, [n])
    return n
  }

  private key(n: Node): string {
    if (is(n, 'read')) return `read ${n.attrs.cell.id} ${n.attrs.version}`
    if (this.leaf(n) || n.op === 'buffer') return `leaf ${this.id(n)}`
    return `${n.op} ${n.dtype} [${n.shape}] ${n.inputs.map(x => this.id(x))} ${attrKey(n)}`
  }

  private id(n: Node): number {
    let id = this.ids.get(n)
    if (id === undefined) this.ids.set(n, id = this.ids.size)
    return id
  }
}

/** Numbers as text, −0 and NaN told apart. */
const attrKey = (n: Node): string =>
  JSON.stringify(n.attrs, (_, v) =>
    typeof v === 'number' && (v === 0 || !Number.isFinite(v)) ? (Object.is(v, -0) ? '-0' : String(v)) : v,
  )

/** The loop written out; each turn's slices are views. */
function unrolledScan(n: Node<'scan'>, inputs: readonly Node[]): Node[] {
  const { body, carries, sequences, length, reverse } = n.attrs
  let carry = inputs.slice(0, carries)
  const xs = inputs.slice(carries, carries + sequences)
  const consts = inputs.slice(carries + sequences)
  const ys: Node[][] = body.outputs.slice(carries).map(() => [])
  for (let turn = 0; turn < length; turn++) {
    const t = reverse ? length - 1 - turn : turn
    const at = xs.map(x =>
      reshape(
        slice(
          x,
          x.shape.map((_, i) => (i ? 0 : t)),
          x.shape.map((d, i) => (i ? d : t + 1)),
        ),
        x.shape.slice(1),
      ),
    )
    const out = inline(body, [...carry, ...at, ...consts])
    carry = out.slice(0, carries)
    out.slice(carries).forEach((y, i) => ys[i].push(reshape(y, [1, ...y.shape])))
  }
  const stacked = ys.map((parts, i) => {
    if (parts.length === 0)
      return apply(
        'constant',
        [],
        { value: 0 },
        (n.outputs as readonly { shape: readonly number[]; dtype: Node['dtype'] }[])[carries + i],
      )
    return concat(reverse ? parts.reverse() : parts, 0)
  })
  return [...carry, ...stacked]
}

const constantOf = (n: Node): number | null =>
  is(n, 'constant') ? n.attrs.value : is(n, 'expand') || is(n, 'reshape') ? constantOf(n.inputs[0]) : null

/** One step of rewriting; the node itself when there is nothing to do. Only what is exact in floating point. */
function simplify(n: Node): Node {
  const full = simplifyEmpty(n)
  if (full !== n) return full
  const [a, b] = n.inputs
  switch (n.op) {
    case 'reshape': return a.op === 'reshape' ? reshape(a.inputs[0], n.shape) : foldConstant(n, a)
    case 'expand': return a.op === 'expand' ? expand(a.inputs[0], n.shape) : foldConstant(n, a)
    case 'permute': return simplifyPermute(n as Node<'permute'>)
    case 'add': return isZero(b) ? a : isZero(a) ? b : n
    case 'mul': return constantOf(b) === 1 ? a : constantOf(a) === 1 ? b : n
    case 'neg': return a.op === 'neg' ? a.inputs[0] : n
    case 'conv': return plainConv(n as Node<'conv'>)
    case 'reduce': return stagedReduce(n as Node<'reduce'>)
    case 'pad': return isEmptyPad(n as Node<'pad'>) ? a : n
    default: return n
  }
}

/** x + 0 is x for every x but −0, which becomes +0: so only −0 is dropped. */
const isZero = (n: Node): boolean => {
  const c = constantOf(n)
  return c !== null && (Object.is(c, -0) || (c === 0 && n.dtype !== 'float32'))
}

const isEmptyPad = (n: Node<'pad'>): boolean =>
  n.attrs.pads.every(([x, y]) => x === 0 && y === 0) &&
  n.attrs.inner.every((v, i) => v === 0 || n.inputs[0].shape[i] <= 1)

function foldConstant(n: Node, a: Node): Node {
  return is(a, 'constant') ? apply('constant', [], a.attrs, { shape: n.shape, dtype: n.dtype }) : n
}

function simplifyPermute(n: Node<'permute'>): Node {
  const [a] = n.inputs
  if (is(a, 'constant')) return foldConstant(n, a)
  if (!is(a, 'permute')) return n
  const perm = n.attrs.perm.map(p => a.attrs.perm[p])
  return perm.every((p, i) => p === i) ? a.inputs[0] : apply('permute', [a.inputs[0]], { perm })
}

/** Padding and inserted zeros become a tensor of their own, so that the convolution reads without conditions. */
function plainConv(n: Node<'conv'>): Node {
  const [x, w] = n.inputs
  const { pad: pads, dilateInput } = n.attrs
  if (hasPhases(n.attrs)) return splitPhases(n)
  if (pads.every(([p, q]) => p === 0 && q === 0) && dilateInput.every(d => d === 1)) return n
  const padded = pad(x, [[0, 0], [0, 0], ...pads], 0, [0, 0, ...dilateInput.map(d => d - 1)])
  const attrs: Attrs['conv'] = {
    ...n.attrs,
    pad: pads.map(() => [0, 0] as const),
    dilateInput: dilateInput.map(() => 1),
  }
  return apply('conv', [padded, w], attrs)
}

/**
 * A large reduction to few elements in two stages: its leading axis (or a piece of it) is kept by the first, so that
 * there are independent turns, the same ones whatever the number of threads.
 */
function stagedReduce(n: Node<'reduce'>): Node {
  const [x] = n.inputs
  const { combine } = n.attrs
  const axes = [...n.attrs.axes].sort((p, q) => p - q)
  if (axes.some((a, i) => a !== n.attrs.axes[i])) return reduce(combine, x, axes)
  const depth = axes.reduce((d, a) => d * x.shape[a], 1)
  if (depth < 32768 || sizeOf(n.shape) >= 4096) return n
  const first = Math.min(...axes)
  if (axes.length > 1 && x.shape[first] >= 8 && depth / x.shape[first] >= 64) {
    const kept = reduce(combine, x, axes.filter(a => a !== first))
    return reduce(combine, kept, [first - axes.filter(a => a < first).length])
  }
  if (axes.length > 1) return n
  const pieces = pieceCount(x.shape[first])
  if (pieces === 1) return n
  const split = reshape(x, x.shape.flatMap((d, i) => (i === first ? [pieces, d / pieces] : [d])))
  return reduce(combine, reduce(combine, split, [first + 1]), [first])
}

/** A divisor of n near 64, at least 8; 1 when there is none. */
function pieceCount(n: number): number {
  for (let d = 64; d >= 8; d--) if (n % d === 0 && n / d >= 64) return d
  return 1
}

/**
 * `where(f(x), 0, x)` with f(0) true (relu) lets f be asked of the result: f(y) = f(x). The input of a relu then
 * need not be stored for its gradient.
 */
function shareMasks(outputs: readonly Node[], pass: Pass): Node[] {
  const order = topological(outputs)
  const masks = new Map<Node, { x: Node; y: Node }>()
  for (const n of order) {
    if (n.op !== 'where') continue
    const [f, zero, x] = n.inputs
    if (constantOf(zero) === 0 && !is(x, 'constant') && x.inputs.length > 0 && predicateAtZero(f, x) === true)
      masks.set(f, { x, y: n })
  }
  if (masks.size === 0) return [...outputs]
  const replaced = new Map<Node, Node>()
  const at = (n: Node): Node => replaced.get(n) ?? n
  for (const n of order) {
    const inputs = n.inputs.map(i => {
      const mask = masks.get(i)
      if (!mask || n === mask.y) return at(i)
      return at(predicateOf(i, mask.x, at(mask.y), pass))
    })
    if (inputs.some((x, i) => x !== n.inputs[i]))
      replaced.set(n, pass.intern(new Node(n.op, inputs, n.attrs, n, n.outputs)))
  }
  return outputs.map(at)
}

/** The value of a predicate made of comparisons of x with constants at x = 0; null when it is not of that form. */
function predicateAtZero(f: Node, x: Node): boolean | null {
  const value = (n: Node): number | null => (n === x ? 0 : constantOf(n))
  if (f.op === 'less' || f.op === 'equal') {
    const [a, b] = f.inputs.map(value)
    if (a === null || b === null || !f.inputs.includes(x)) return null
    return f.op === 'less' ? a < b : a === b
  }
  if (f.op !== 'or' && f.op !== 'and' && f.op !== 'not') return null
  const parts = f.inputs.map(i => predicateAtZero(i, x))
  if (parts.some(p => p === null)) return null
  return f.op === 'not' ? !parts[0] : f.op === 'or' ? parts.some(p => p) : parts.every(p => p)
}

function predicateOf(f: Node, x: Node, y: Node, pass: Pass): Node {
  if (f === x) return y
  if (f.inputs.length === 0 || constantOf(f) !== null) return f
  return pass.intern(new Node(f.op, f.inputs.map(i => predicateOf(i, x, y, pass)), f.attrs, f))
}
