/** @file Random graphs of primitives that lower: fused into one expression they mean what they mean node by node. */
import { expect, test } from 'vitest'
import { evaluateGraph } from '../../../src/backend/interp/evaluate.ts'
import * as b from '../../../src/graph/build.ts'
import { sizeOf, type Node, type Shape } from '../../../src/graph/node.ts'
import { random, randomInts } from './support/case.ts'
import { evaluateFused } from './support/expr.ts'

class Dice {
  private state: number
  constructor(seed: number) { this.state = (Math.imul(seed, 2654435761) + 97) >>> 0 }
  /** An integer in [0, n). */
  below(n: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0
    return Math.floor(this.state / 2 ** 32 * n)
  }
  of<T>(list: readonly T[]): T { return list[this.below(list.length)] }
}

const perAxis = <T>(x: Node, make: (d: number) => T): T[] => x.shape.map(make)

/** Another shape of as many elements: two neighbours merged, or one split. */
function reshaped(x: Node, dice: Dice): Shape {
  const shape = [...x.shape]
  const axis = dice.below(shape.length)
  const factor = [2, 3].find(f => shape[axis] > 1 && shape[axis] % f === 0)
  if (factor && dice.below(2)) shape.splice(axis, 1, factor, shape[axis] / factor)
  else if (axis + 1 < shape.length) shape.splice(axis, 2, shape[axis] * shape[axis + 1])
  else shape.splice(dice.below(shape.length + 1), 0, 1)
  return shape
}

type Step = (x: Node, dice: Dice) => Node
const steps: Record<string, Step> = {
  reshape: (x, dice) => b.reshape(x, reshaped(x, dice)),
  permute: (x, dice) => {
    const k = dice.below(x.shape.length)
    return b.permute(x, x.shape.map((_, i) => (i + k) % x.shape.length))
  },
  expand: (x, dice) => b.expand(x, perAxis(x, d => (d === 1 ? 1 + dice.below(3) : d))),
  slice: (x, dice) => {
    const start = perAxis(x, d => dice.below(Math.min(2, d)))
    return b.slice(x, start, perAxis(x, d => d), perAxis(x, () => 1 + dice.below(2)))
  },
  pad: (x, dice) => {
    const inner = perAxis(x, () => dice.below(2))
    const pads = perAxis(x, (d): [number, number] => [dice.below(3) - (d > 1 ? 1 : 0), dice.below(2)])
    return b.pad(x, pads, dice.below(2), inner)
  },
  flip: (x, dice) => b.flip(x, [dice.below(x.shape.length)]),
  concat: (x, dice) => b.concat([x, b.unary('neg', x)], dice.below(x.shape.length)),
  reduce: (x, dice) => {
    const axis = dice.below(x.shape.length)
    return b.reduceKeep(dice.of(['add', 'max', 'min'] as const), x, [axis])
  },
  sum: (x, dice) => (x.shape.length > 1 ? b.sum(x, [dice.below(x.shape.length)]) : x),
  square: x => b.mul(x, x),
  centre: (x, dice) => {
    const axis = dice.below(x.shape.length)
    return b.sub(x, b.expand(b.reduceKeep('max', x, [axis]), x.shape))
  },
  select: x => b.where(b.less(x, b.constantLike(x, 0)), b.iota(x.shape.length - 1, x.shape, x.dtype), x),
  gather: (x, dice) => {
    const axis = dice.below(x.shape.length)
    const index = b.iota(axis, x.shape.map((d, i) => (i === axis ? 1 + dice.below(d) : 1)))
    return b.gather(x, index, axis)
  },
  dynamicSlice: (x, dice) => {
    const starts = perAxis(x, d => b.constant(dice.below(d + 2) - 1, [], 'int32'))
    return b.apply('dynamicSlice', [x, ...starts], { size: perAxis(x, d => 1 + dice.below(d)) })
  },
  argReduce: (x, dice) => {
    if (x.shape.length < 2) return x
    const attrs = { combine: dice.of(['max', 'min'] as const), axis: dice.below(x.shape.length) }
    return b.cast(b.apply('argReduce', [x], attrs), x.dtype)
  },
}

function grow(x: Node, dice: Dice, depth: number, trail: string[]): Node {
  let y = x
  for (let i = 0; i < depth; i++) {
    const name = dice.of(Object.keys(steps))
    const next = steps[name](y, dice)
    if (sizeOf(next.shape) > 200 || sizeOf(next.shape) === 0 || next.shape.length > 5) continue
    trail.push(name)
    y = next
  }
  return y
}

const shapes: readonly Shape[] = [[6], [2, 3], [4, 1], [3, 2, 2], [1, 4, 3]]
const graphs = 400

test(`${graphs} random graphs`, () => {
  const seen = new Set<string>()
  for (let seed = 1; seed <= graphs; seed++) {
    const dice = new Dice(seed)
    const trail: string[] = []
    const shape = dice.of(shapes)
    const x = b.placeholder(0, shape, 'float64')
    const y = grow(x, dice, 5, trail)
    if (y === x) continue
    trail.forEach(t => seen.add(t))
    const data = dice.below(2) ? random(shape, seed) : randomInts(shape, seed, -3, 3, 'float64')
    const lookup = (n: Node) => (n === x ? data : undefined)
    const [wanted] = evaluateGraph([y], 'float64', lookup)
    const what = `seed ${seed}: [${shape}] ${trail.join(' ')}`
    let got: Float64Array
    try { got = evaluateFused(y, lookup).data } catch (error) { throw new Error(what, { cause: error }) }
    wanted.data.forEach((w, i) => {
      expect(Math.abs(got[i] - w), what).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(w)))
    })
  }
  expect([...seen].sort()).toEqual(Object.keys(steps).sort())
})
