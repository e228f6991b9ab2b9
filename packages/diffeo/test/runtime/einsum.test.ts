/** @file In which order `einsum` multiplies several operands. */
import { beforeEach, describe, expect, test } from 'vitest'
import { installExecutor } from '../../src/graph/executor.ts'
import { einsum, explain, rand, seed, tensor, type Tensor } from '../../src/tensor/index.ts'
import { contractionOrder, operandsOf, type Order } from '../../src/tensor/functions/contraction-order.ts'
import { makeExecutor } from './support/executors.ts'

beforeEach(() => installExecutor(makeExecutor('native')))
const flops = (expression: string, ...shapes: number[][]): number =>
  explain((...ts: Tensor[]) => einsum(expression, ...ts), ...shapes.map(s => rand(s))).flops

describe('flops of a product of three', () => {
  const [square, n] = [[300, 300], 300]
  test.each<[string, number[][], number]>([
    ['ij,jk,k->i', [square, square, [n]], 4 * n * n],
    ['k,jk,ij->i', [[n], square, square], 4 * n * n],
    ['jk,k,ij->i', [square, [n], square], 4 * n * n],
    ['i,ij,jk->k', [[n], square, square], 4 * n * n],
    ['ij,jk,kl->il', [square, square, [n, 2]], 8 * n * n],
    ['kl,jk,ij->il', [[n, 2], square, square], 8 * n * n],
    ['bij,jk,k->bi', [[4, n, n], square, [n]], 2 * n * n + 8 * n * n],
  ])('%s of %j', (expression, shapes, wanted) => {
    const found = flops(expression, ...shapes)
    expect(found).toBeGreaterThanOrEqual(wanted)
    expect(found).toBeLessThan(1.02 * wanted)
  })
})

/** Multiplications of an order, counted by itself. */
function costOf(
  order: Order,
  operands: readonly string[][],
  of: ReadonlyMap<string, number>,
  output: string[],
): number {
  if (typeof order === 'number') return 0
  const namesOf = (o: Order): string[] => {
    const within = operandsOf(o)
    const outside = [...output, ...operands.filter((_, k) => !within.includes(k)).flat()]
    const all = new Set(within.flatMap(k => operands[k]))
    return [...all].filter(n => typeof o === 'number' || outside.includes(n))
  }
  const both = new Set([...namesOf(order[0]), ...namesOf(order[1])])
  return [...both].reduce((p, n) => p * of.get(n)!, 1)
    + costOf(order[0], operands, of, output) + costOf(order[1], operands, of, output)
}
/** Every order: any two next, again and again. */
function* allOrders(parts: readonly Order[]): Generator<Order> {
  if (parts.length === 1) yield parts[0]
  for (let i = 0; i < parts.length; i++)
    for (let j = i + 1; j < parts.length; j++)
      yield* allOrders([[parts[i], parts[j]], ...parts.filter((_, k) => k !== i && k !== j)])
}

test('of up to five operands with random axes no order takes fewer multiplications', () => {
  let state = 7
  const below = (n: number): number => {
    state = (state * 1103515245 + 12345) % 2 ** 31
    return Math.floor(state / 65536) % n
  }
  for (let round = 0; round < 60; round++) {
    const names = [...'abcdef']
    const of = new Map(names.map(n => [n, 2 + below(9)]))
    const operands = Array.from({ length: 3 + round % 3 }, () => names.filter(() => below(2) === 0))
    const used = new Set(operands.flat())
    const output = [...used].filter(() => below(3) === 0)
    const order = contractionOrder(operands, of, output)
    expect(operandsOf(order).sort()).toEqual(operands.map((_, k) => k))
    const least = Math.min(...[...allOrders(operands.map((_, k) => k))].map(o => costOf(o, operands, of, output)))
    expect(costOf(order, operands, of, output)).toBe(least)
  }
})

test('beyond eight operands the cheapest pair is always next', () => {
  seed(0)
  const chain = [...'abcdefghij'].map((n, i, all) => n + (all[i + 1] ?? 'k')).join(',')
  const shapes = Array.from({ length: 10 }, (_, i) => [40, i === 9 ? 1 : 40])
  expect(flops(`${chain}->ak`, ...shapes)).toBeLessThan(1.05 * 2 * 9 * 1600)
})

test.each([
  ['ij,jk,k->i', [[3, 4], [4, 5], [5]]], ['k,jk,ij->i', [[5], [4, 5], [3, 4]]],
  ['ab,bc,cd,de,ef,fg,gh,hi,ia->', Array.from({ length: 9 }, () => [2, 2])],
] as const)('%s: values are those of the products in turn', async (expression, shapes) => {
  seed(1)
  const operands = shapes.map(s => rand([...s]))
  const by = (ts: readonly Tensor[]): Tensor => ts.reduce((a, b) => a.matmul(b))
  const wanted = expression.endsWith('a->') ? by(operands).trace()
    : by(expression.startsWith('k') ? operands.toReversed() : operands)
  const off = einsum(expression, ...operands).sub(wanted).abs().max().div(wanted.abs().max().add(tensor(1e-9)))
  expect(await off.item()).toBeLessThan(1e-5)
})
