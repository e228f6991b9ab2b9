/**
 * @file From the graph as it was written to the graph that is scheduled: composites inlined, equal nodes made one,
 * algebra that is exact, and the few shapes of primitives that schedules know.
 */
import { apply, expand, pad, pick, reduce, reshape } from '../graph/build.ts'
import { isFloat } from '../graph/dtype.ts'
import { nodeText } from '../graph/structure.ts'
import { inline, withInputs } from '../graph/substitute.ts'
import { is, Node, type Attrs, type Graph } from '../graph/node.ts'
import { inOrigin } from '../graph/origin.ts'
import { topological } from '../graph/walk.ts'
import { compositeOf } from './composites.ts'
import { hasPhases, splitPhases } from './phases.ts'
import { simplifyEmpty } from './empty.ts'
import { piecewiseSum } from './running.ts'
import { optimizeScans, shortScan } from './scan.ts'
import { widenSums } from './widen.ts'

/** Interned, inlined and simplified outputs. `leaf` nodes are left as they are. */
export function prepare(outputs: readonly Node[], leaf: (n: Node) => boolean, inLoop = false): Node[] {
  const bodies = new Map<Graph, Graph>()
  let pass = new Pass(leaf, bodies, inLoop)
  const intern = (nodes: readonly Node[]): Node[] => {
    pass = new Pass(leaf, bodies, inLoop)
    return nodes.map(n => pass.visit(n))
  }
  const first = intern(outputs)
  return shareMasks(pass.loops ? intern(optimizeScans(first, leaf, intern)) : first, pass)
}

class Pass {
  private readonly leaf: (n: Node) => boolean
  private readonly done = new Map<Node, readonly Node[]>()
  private readonly interned = new Map<string, Node>()
  private readonly ids = new Map<Node, number>()

  /** Bodies of loops as they were and as they are now; those of the second kind stand for themselves. */
  private readonly bodies: Map<Graph, Graph>
  private readonly inLoop: boolean
  /** Whether there are any. */
  loops = false

  constructor(leaf: (n: Node) => boolean, bodies: Map<Graph, Graph>, inLoop: boolean) {
    this.leaf = leaf
    this.bodies = bodies
    this.inLoop = inLoop
  }

  visit(output: Node): Node {
    const known = (n: Node) => this.leaf(n) || this.done.has(n)
    for (const n of topological([output], known))
      if (!this.done.has(n)) this.done.set(n, inOrigin(n.origin, () => this.rewrite(n)))
    return (this.done.get(output) as readonly Node[])[0]
  }

  /** The outputs of a node after rewriting. */
  private rewrite(n: Node): readonly Node[] {
    if (this.leaf(n)) return [this.intern(n)]
    const inputs = n.inputs.map(x => (this.done.get(x) as readonly Node[])[0])
    if (is(n, 'call') && compositeOf(n)) return this.composite(n, inputs)
    if (is(n, 'call')) return inline(n.attrs.body, this.entering(n, inputs)).map(o => this.visit(o))
    if (is(n, 'scan')) return this.scan(n, inputs)
    if (is(n, 'barrier')) return this.held(n, inputs)
    if (is(n, 'pick')) return [(this.done.get(n.inputs[0]) as readonly Node[])[n.attrs.index]]
    if (is(n, 'stopGradient')) return [inputs[0]]
    const copy = inputs.every((x, i) => x === n.inputs[i]) ? n : new Node(n.op, inputs, n.attrs, n)
    const simpler = simplify(copy)
    if (simpler === copy) return [this.intern(copy)]
    return [this.visit(simpler)]
  }

  /**
   * What a barrier holds back, as values of their own: what is computed from them is not what was computed before, and
   * comes after the token. Cells are there anyway.
   */
  private held({ attrs }: Node<'barrier'>, inputs: readonly Node[]): readonly Node[] {
    return inputs.slice(0, -1).map(x => this.behind(x, attrs.id, inputs[inputs.length - 1]))
  }

  private behind(x: Node, id: number, ...token: Node[]): Node {
    if (is(x, 'read') || is(x, 'constant')) return x
    return this.intern(new Node('bitcast', [x, ...token], { behind: id }, x))
  }

  /** A checkpoint in a loop's body is held too, so that the loop keeps it (schedule/hoist.ts). */
  private entering({ attrs: { name } }: Node<'call'>, inputs: readonly Node[]): readonly Node[] {
    return this.inLoop && name === 'checkpoint' ? inputs.map(x => this.behind(x, 0)) : inputs
  }

  /** A composite that has a kernel stays a node. */
  private composite(n: Node<'call'>, inputs: readonly Node[]): readonly Node[] {
    const { name, body, options } = n.attrs
    const call = this.intern(new Node('call', inputs, { name, body, ...(options ? { options } : {}) }, n, n.outputs))
    const picks = body.outputs.map((_, i) => this.intern(pick(call, i)))
    this.done.set(call, picks)
    return picks
  }

  private scan(n: Node<'scan'>, inputs: readonly Node[]): readonly Node[] {
    if (n.attrs.length < 2) return shortScan(n, inputs).map(o => this.visit(o))
    const body = this.body(n.attrs.body)
    this.loops = true
    const attrs = body === n.attrs.body ? n.attrs : { ...n.attrs, body }
    const loop = this.intern(new Node('scan', inputs, attrs, n, n.outputs))
    const picks = body.outputs.map((_, i) => this.intern(pick(loop, i)))
    this.done.set(loop, picks)
    return picks
  }

  private body(given: Graph): Graph {
    let body = this.bodies.get(given)
    if (!body) {
      const places = new Set(given.inputs)
      body = { inputs: given.inputs, outputs: prepare(given.outputs, x => places.has(x), true) }
      this.bodies.set(given, body)
      this.bodies.set(body, body)
    }
    return body
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
    for (const x of n.inputs) this.id(x)
    return nodeText(n, this.ids)
  }

  private id(n: Node): number {
    let id = this.ids.get(n)
    if (id === undefined) this.ids.set(n, id = this.ids.size)
    return id
  }
}

const constantOf = (n: Node): number | null =>
  is(n, 'constant') ? n.attrs.value : is(n, 'expand') || is(n, 'reshape') ? constantOf(n.inputs[0]) : null

/** One step of rewriting; the node itself when there is nothing to do. Only what is exact in floating point. */
function simplify(n: Node): Node {
  const full = simplifyEmpty(n)
  if (full !== n) return full
  const wide = widenSums(n)
  if (wide !== n) return wide
  const [a, b] = n.inputs
  switch (n.op) {
    case 'reshape': return a.op === 'reshape' ? reshape(a.inputs[0], n.shape) : foldConstant(n, a)
    case 'expand': return a.op === 'expand' ? expand(a.inputs[0], n.shape) : foldConstant(n, a)
    case 'permute': return simplifyPermute(n as Node<'permute'>)
    case 'add': return isZero(b) ? a : isZero(a) ? b : n
    case 'mul': return constantOf(b) === 1 ? a : constantOf(a) === 1 ? b : n
    case 'neg': return a.op === 'neg' ? a.inputs[0] : n
    case 'conv': return plainConv(n as Node<'conv'>)
    case 'reduce': return orderedReduce(n as Node<'reduce'>)
    case 'cumulative': return piecewiseSum(n as Node<'cumulative'>)
    case 'pad': return isEmptyPad(n as Node<'pad'>) ? a : n
    default: return n
  }
}

/** x + 0 is x for every x but −0, which becomes +0: so only −0 is dropped. */
const isZero = (n: Node): boolean => {
  const c = constantOf(n)
  return c !== null && (Object.is(c, -0) || (c === 0 && !isFloat(n.dtype)))
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

function orderedReduce(n: Node<'reduce'>): Node {
  const axes = [...n.attrs.axes].sort((p, q) => p - q)
  return axes.some((a, i) => a !== n.attrs.axes[i]) ? reduce(n.attrs.combine, n.inputs[0], axes) : n
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
    const copy = withInputs(n, inputs)
    if (copy !== n) replaced.set(n, pass.intern(copy))
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
