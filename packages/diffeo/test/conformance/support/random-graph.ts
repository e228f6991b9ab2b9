/**
 * @file Random graphs from a grammar. Floats come with bounds on their size and on their error, so that the tolerance
 * of an output is known and nothing blows up; operations with jumps (comparisons, argReduce, argSort, indices) take
 * exact values only: inputs moved about, and integers.
 *
 *   graph := 1–4 inputs, then 5–40 of: unary | binary | where | movement | reduction | dot | conv | window | index
 *          | integer
 *   unary := neg tanh sin cos erf exp exp2 expm1 log(1 + x²) log2(1 + x²) log1p(x²) √(x² + 1/4) 1/(x² + 1/2)
 *   index := gather scatter(add|set) dynamicSlice dynamicUpdate cumulative argSort, indices mod the extent
 */
import * as g from '../../../src/graph/build.ts'
import { sizeOf, type Node, type Shape } from '../../../src/graph/node.ts'
import type { NDArray } from '../../../src/ops/record.ts'

export interface Value {
  readonly node: Node
  /** Greatest size of an element, and of its error. */
  readonly bound: number
  readonly error: number
}

export class Random {
  private state: number
  constructor(seed: number) {
    this.state = (Math.imul(seed, 2654435761) ^ 0x9e3779b9) >>> 0
  }
  /** In [0, 1): xorshift32. */
  next(): number {
    let x = this.state || 1
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.state = x >>> 0
    return this.state / 2 ** 32
  }
  below(n: number): number {
    return Math.floor(this.next() * n)
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]
  }
}

export const sizes = [1, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 100]
export const largest = 5000
/** What rounding to float32 adds, relatively. */
export const eps = 6e-8
const maxError = 2e-4

export class GraphMaker {
  readonly random: Random
  readonly feeds = new Map<Node, NDArray>()
  readonly floats: Value[] = []
  /** Float values that are exactly what the reference has, and integers. */
  readonly exact: Node[] = []
  readonly ints: Node[] = []
  readonly bools: Node[] = []
  readonly coverage = new Map<string, number>()

  /** `smooth`: nothing whose derivative jumps. */
  readonly smooth: boolean

  constructor(seed: number, smooth = false) {
    this.random = new Random(seed)
    this.smooth = smooth
    for (let i = 0, n = 1 + this.random.below(4); i < n; i++) this.input(this.shape())
  }

  shape(): Shape {
    const { random } = this
    const shape: number[] = []
    for (let i = random.below(5); i > 0; i--) shape.push(random.pick(sizes))
    while (sizeOf(shape) > largest / 2) shape.splice(random.below(shape.length), 1)
    return shape
  }

  input(shape: Shape): Value {
    const node = g.placeholder(this.feeds.size, shape, 'float32')
    const data = Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(this.random.next() * 4 - 2))
    this.feeds.set(node, { shape, dtype: 'float32', data })
    this.exact.push(node)
    return this.addFloat(node, 2, 0)
  }

  /** int32 in [0, below). */
  intInput(shape: Shape, below: number): Node {
    const node = g.placeholder(this.feeds.size, shape, 'int32')
    const data = Float64Array.from({ length: sizeOf(shape) }, () => this.random.below(below))
    this.feeds.set(node, { shape, dtype: 'int32', data })
    this.ints.push(node)
    return node
  }

  /** Keeps a value, scaled down when it is large. */
  addFloat(node: Node, bound: number, error: number): Value {
    const by = bound > 4 ? 2 ** -Math.ceil(Math.log2(bound / 4)) : 1
    const kept = by === 1 ? node : g.scale(node, by)
    const value = { node: kept, bound: bound * by, error: error * by }
    if (sizeOf(node.shape) <= largest && value.error < maxError) this.floats.push(value)
    return value
  }

  /** A value of the pool, recent ones more often. */
  float(fits: (v: Value) => boolean = () => true): Value {
    const { random, floats } = this
    for (let tries = 0; tries < 30; tries++) {
      const at =
        random.next() < 0.6 ? floats.length - 1 - random.below(Math.min(4, floats.length)) : random.below(floats.length)
      if (fits(floats[at])) return floats[at]
    }
    return this.input([random.pick(sizes), random.pick(sizes)])
  }

  /** A value of the shape: one that is there, a broadcast of one, or an input. */
  like(shape: Shape): Value {
    const { random } = this
    const same = this.floats.filter(v => g.sameShape(v.node.shape, shape))
    if (same.length > 0 && random.next() < 0.6) return random.pick(same)
    const small = shape.map(d => (random.next() < 0.4 ? 1 : d))
    if (g.sameShape(small, shape)) return this.input(shape)
    const v = this.input(small)
    return { ...v, node: g.expand(v.node, shape) }
  }

  axis(shape: Shape): number {
    return this.random.below(shape.length)
  }

  /** One more operation, if the one that is drawn fits what is there. */
  step(steps: Record<string, (m: GraphMaker) => void | false>): void {
    const [name, make] = this.random.pick(Object.entries(steps))
    if (make(this) === false) return
    this.coverage.set(name, (this.coverage.get(name) ?? 0) + 1)
  }
}
