/**
 * @file What need not be in a loop leaves it: what does not depend on the carry is computed before, for all turns at
 * once (x·W); what feeds only the ys comes after, as one product; a carry that only sums products over the turns is one
 * product over all of them (dW = Σ hᵗg). What is then left is a smaller loop, perhaps none.
 *
 * What a checkpoint computes stays (it is behind a barrier): it was written to hold the values of one turn at a time.
 */
import { add, constantLike, dot, expand, mul, pick, reduce, reshape } from '../graph/build.ts'
import { is, type Node } from '../graph/node.ts'
import { substitute, withInputs } from '../graph/substitute.ts'
import { topological } from '../graph/walk.ts'
import { close, type Given, type Loop } from '../ops/support/loop.ts'
import { batchNodes } from '../transform/index.ts'
import { views } from './rules.ts'

/** The loop's last carries and its ys. */
export interface Left { readonly carries: readonly Node[]; readonly ys: readonly Node[] }

/** What a node of the body depends on: nothing, what never changes, the slices of this turn, or the carries. */
type Dependence = 'none' | 'constant' | 'slice' | 'carry'
const ranks: readonly Dependence[] = ['none', 'constant', 'slice', 'carry']

/** Better done once for all turns, even where its value must be stored. */
const worthHoisting: ReadonlySet<string> = new Set([
  'dot', 'conv', 'gather', 'reduce', 'argReduce', 'reduceWindow', 'argReduceWindow', 'cumulative', 'argSort', 'scatter',
  'scan', 'call', 'randomBits',
])
/** Better done once for all turns, even where what it reads must be stored. */
const worthSinking: ReadonlySet<string> = new Set(['dot', 'conv'])

export function hoist(loop: Loop, length: number, reverse: boolean): Left {
  // a carry that stays as it is never changes
  const [still, moving] = [loop.carries.filter(c => c.next === c.place), loop.carries.filter(c => c.next !== c.place)]
  const constants = [...loop.constants, ...still.map(c => ({ place: c.place, value: c.init }))]
  const { carries, ys } = new Hoist({ ...loop, carries: moving, constants }, length, reverse).run()
  return { carries: loop.carries.map(c => (c.next === c.place ? c.init : carries[moving.indexOf(c)])), ys }
}

/** A carry c whose next value is c + v, where nothing else reads c: its terms that can be summed outside. */
interface Sum { readonly terms: readonly Node[]; readonly rest: readonly Node[] }

class Hoist {
  private readonly loop: Loop
  private readonly length: number
  private readonly reverse: boolean
  private readonly order: readonly Node[]
  private readonly depends = new Map<Node, Dependence>()
  private readonly places: ReadonlySet<Node>
  /** What is computed from values behind a barrier. */
  private readonly held = new Set<Node>()
  /** By place. */
  private readonly sums = new Map<Node, Sum>()
  /** What stays in the loop because a carry needs it. */
  private readonly core: Set<Node>
  /** What is computed after the loop although it depends on the carries. */
  private readonly sunk = new Set<Node>()
  /** Values of each turn that what comes after the loop reads. */
  private readonly stacked = new Set<Node>()

  constructor(loop: Loop, length: number, reverse: boolean) {
    this.loop = loop
    this.length = length
    this.reverse = reverse
    const all = [...loop.carries, ...loop.sequences, ...loop.constants].map(p => p.place)
    this.places = new Set(all)
    this.order = topological([...loop.carries.map(c => c.next), ...loop.ys], n => this.places.has(n))
    this.setDependence()
    const summing = this.summingCarries()
    // products first: what they make stacked, other sums may read too
    for (const may of [worthSinking, new Set([...worthSinking, 'reduce'])]) {
      for (const [place, terms] of summing) this.planSum(place, terms, may)
    }
    this.core = new Set(topological(
      loop.carries.flatMap(c => this.stayingNext(c.place, c.next)).filter(n => n !== null), n => this.places.has(n),
    ))
    this.planSinking()
  }

  run(): Left {
    const { loop, length, reverse } = this
    const kept = loop.carries.filter(c => this.stayingNext(c.place, c.next) !== null)
    const ys = loop.ys.filter(y => this.of(y) === 'carry' && !this.sunk.has(y))
    const out = [...new Set([...ys, ...this.stacked])]
    const carries = kept.map(c => ({ ...c, next: this.stayingNext(c.place, c.next) as Node }))
    const before = this.hoisted([...carries.map(c => c.next), ...out])
    const sequences = [...loop.sequences, ...before.filter(b => this.of(b.place) === 'slice')]
    const constants = [...loop.constants, ...before.filter(b => this.of(b.place) !== 'slice')]
    const isLeft = carries.length > 0 || out.length > 0
    const scan = isLeft ? close({ carries, sequences, constants, ys: out }, length, reverse) : null
    const after = new After(
      new Map([
        ...sequences.map(s => [s.place, s.value] as const),
        ...out.map((y, i) => [y, pick(scan as Node, carries.length + i)] as const),
      ]),
      new Map(constants.map(s => [s.place, s.value])),
      length,
    )
    const last = loop.carries.map(c => {
      const i = kept.indexOf(c)
      const value = i < 0 ? c.init : pick(scan as Node, i)
      return (this.sums.get(c.place)?.terms ?? []).reduce((sum, v) => add(sum, after.total(v)), value)
    })
    return { carries: last, ys: after.all(loop.ys) }
  }

  private of(n: Node): Dependence { return this.depends.get(n) ?? 'none' }

  private setDependence(): void {
    const { carries, sequences, constants } = this.loop
    for (const c of constants) this.depends.set(c.place, 'constant')
    for (const s of sequences) this.depends.set(s.place, 'slice')
    for (const c of carries) this.depends.set(c.place, 'carry')
    for (const n of this.order) {
      if (this.places.has(n)) continue
      if (is(n, 'bitcast') && n.attrs.behind !== undefined || n.inputs.some(x => this.held.has(x))) this.held.add(n)
      const rank = Math.max(0, ...n.inputs.map(x => ranks.indexOf(this.of(x))))
      this.depends.set(n, this.held.has(n) ? 'carry' : ranks[rank])
    }
  }

  // ---- sums over the turns

  /** Carries that only gather a sum, with its terms. */
  private summingCarries(): [Node, Node[]][] {
    const { carries, ys } = this.loop
    const uses = new Map<Node, number>()
    const count = (n: Node) => uses.set(n, (uses.get(n) ?? 0) + 1)
    for (const n of this.order) if (!this.places.has(n)) n.inputs.forEach(count)
    for (const n of [...carries.map(c => c.next), ...ys]) count(n)
    return carries.flatMap(({ place, next }): [Node, Node[]][] => {
      if (next.op !== 'add' || !next.inputs.includes(place) || uses.get(place) !== 1 || uses.get(next) !== 1) return []
      return [[place, addends(next.inputs[0] === place ? next.inputs[1] : next.inputs[0])]]
    })
  }

  private planSum(place: Node, terms: readonly Node[], may: ReadonlySet<string>): void {
    const fits = terms.map(v => this.isTotal(v, may))
    if (!fits.includes(true)) return
    this.sums.set(place, { terms: terms.filter((_, i) => fits[i]), rest: terms.filter((_, i) => !fits[i]) })
    for (const v of terms.filter((_, i) => fits[i])) for (const x of operandsOfTotal(v)) this.stack(x)
  }

  /** Whether the sum of a value over the turns is better taken outside. */
  private isTotal(v: Node, may: ReadonlySet<string>): boolean {
    if (this.of(v) !== 'carry') return true
    if (linear.has(v.op)) return this.isTotal(v.inputs[0], may)
    if (!may.has(v.op) || v.inputs.some(x => this.held.has(x))) return false
    if (is(v, 'dot')) return true
    return is(v, 'reduce') && v.attrs.combine === 'add' && this.stacked.has(bare(v.inputs[0]))
  }

  /** The next value of a carry as far as the loop must compute it; null: not at all. */
  private stayingNext(place: Node, next: Node): Node | null {
    const sum = this.sums.get(place)
    if (!sum) return next
    return sum.rest.length === 0 ? null : sum.rest.reduce(add, place)
  }

  // ---- what comes after the loop

  private planSinking(): void {
    for (const n of this.order) {
      if (this.of(n) !== 'carry' || this.core.has(n) || this.places.has(n)) continue
      if (n.inputs.some(x => this.held.has(x))) continue
      if (worthSinking.has(n.op) || n.inputs.some(x => this.sunk.has(x))) this.sunk.add(n)
    }
    const wanted = new Set(this.stacked)
    this.stacked.clear()
    for (const n of [...wanted, ...this.loop.ys]) if (this.sunk.has(n)) this.stackOperands(n)
    for (const n of wanted) if (!this.sunk.has(n)) this.stack(n)
  }

  private stackOperands(n: Node): void {
    for (const x of topological([n], y => !this.sunk.has(y))) if (!this.sunk.has(x)) this.stack(x)
  }

  private stack(x: Node): void {
    const b = bare(x)
    if (this.of(b) === 'carry') this.stacked.add(b)
  }

  // ---- what comes before it

  /** What the loop need not compute of what it computes, with its values outside. */
  private hoisted(computed: readonly Node[]): Given[] {
    const heavy = new Set<Node>()
    for (const n of this.order) {
      if (this.of(n) !== 'carry' && (worthHoisting.has(n.op) || n.inputs.some(x => heavy.has(x)))) heavy.add(n)
    }
    const found = new Set<Node>()
    const seen = new Set<Node>()
    const stack = [...computed]
    for (let n = stack.pop(); n; n = stack.pop()) {
      if (seen.has(n) || this.places.has(n)) continue
      seen.add(n)
      const b = this.of(n) === 'carry' ? n : bare(n)
      if (this.places.has(b)) continue
      if (this.of(b) === 'constant' || heavy.has(b)) found.add(b)
      else stack.push(...b.inputs)
    }
    const { sequences, constants } = this.loop
    const shared = new Map(constants.map(c => [c.place, c.value]))
    const places = [...found]
    const values = batchNodes(places, new Map(sequences.map(s => [s.place, s.value])), this.length, shared)
    return places.map((place, i) => ({ place, value: values[i].node }))
  }
}

// ---- sums

/** Of which the sum is the same of the sum. */
const linear: ReadonlySet<string> = new Set(['permute', 'reshape', 'neg', 'expand'])

function addends(v: Node): Node[] {
  const out: Node[] = []
  const stack = [v]
  for (let n = stack.pop(); n; n = stack.pop()) {
    if (n.op === 'add') stack.push(n.inputs[1], n.inputs[0])
    else out.push(n)
  }
  return out
}

/** What the sum of a value over the turns is made of: values of all turns. */
function operandsOfTotal(v: Node): readonly Node[] {
  if (linear.has(v.op)) return operandsOfTotal(v.inputs[0])
  return v.op === 'dot' || is(v, 'reduce') && v.attrs.combine === 'add' ? v.inputs : [v]
}

/** The node below views of it that are no larger in memory. */
function bare(n: Node): Node {
  while (views.has(n.op) && n.op !== 'slice') [n] = n.inputs
  return n
}

/** Nodes of the body outside of the loop, for all turns: with an axis for them in front. */
class After {
  private readonly turns: ReadonlyMap<Node, Node>
  private readonly shared: ReadonlyMap<Node, Node>
  private readonly length: number

  constructor(turns: ReadonlyMap<Node, Node>, shared: ReadonlyMap<Node, Node>, length: number) {
    this.turns = turns
    this.shared = shared
    this.length = length
  }

  all(nodes: readonly Node[]): Node[] {
    return this.mapped(nodes).map(({ node, batched }) =>
      batched ? node : expand(reshape(node, [1, ...node.shape]), [this.length, ...node.shape]))
  }

  /** The sum of a value over the turns. */
  total(v: Node): Node {
    if (linear.has(v.op)) return withInputs(v, [this.total(v.inputs[0])])
    const operands = operandsOfTotal(v)
    const values = this.mapped(operands)
    if (values.every(x => !x.batched)) return this.times(substitute([v], this.shared)[0])
    if (is(v, 'dot')) return this.totalDot(v, values)
    const axes = is(v, 'reduce') && operands[0] !== v ? v.attrs.axes : []
    return reduce('add', values[0].node, [0, ...axes.map(a => a + 1)])
  }

  /** Σₜ aₜ·bₜ contracts over the turns too; where one of them never changes, the other is summed first. */
  private totalDot(v: Node<'dot'>, [a, b]: readonly { readonly node: Node; readonly batched: boolean }[]): Node {
    const { contract, batch } = v.attrs
    if (!a.batched || !b.batched) {
      const [x, y] = [a, b].map(o => (o.batched ? reduce('add', o.node, [0]) : o.node))
      return dot(x, y, contract, batch)
    }
    const shifted = (pairs: typeof contract) => pairs.map(([i, j]) => [i + 1, j + 1] as const)
    return dot(a.node, b.node, [[0, 0], ...shifted(contract)], shifted(batch))
  }

  private times(v: Node): Node { return mul(v, constantLike(v, this.length)) }
  private mapped(nodes: readonly Node[]) { return batchNodes(nodes, this.turns, this.length, this.shared) }
}
