import { beforeEach, describe, expect, test } from 'vitest'
import './setup.ts'
import {
  bernoulli,
  compile,
  rand,
  randint,
  randn,
  randperm,
  scan,
  seed,
  tensor,
  type Tensor,
  vmap,
  zeros,
} from '../../../src/tensor/index.ts'
import { randomState, setRandomState } from '../../../src/tensor/random.ts'

beforeEach(() => seed(7))

describe('random numbers', () => {
  test('the same seed gives the same numbers; two calls differ', () => {
    const [a, b] = [rand([4]).arraySync(), rand([4]).arraySync()]
    seed(7)
    expect([rand([4]).arraySync(), rand([4]).arraySync()]).toEqual([a, b])
    expect(a).not.toEqual(b)
  })
  test('a tensor takes its counters when it is written, not when it is computed', () => {
    const [a, b] = [rand([3]), rand([3])]
    const late = b.arraySync()
    const early = a.arraySync()
    seed(7)
    expect([rand([3]).arraySync(), rand([3]).arraySync()]).toEqual([early, late])
  })
  test('the state can be saved and put back', () => {
    rand([5])
    const state = randomState()
    const a = randn([3]).arraySync()
    setRandomState(state)
    expect(randn([3]).arraySync()).toEqual(a)
  })
  test('rand is uniform in [0, 1), in every float dtype', () => {
    const n = 20000
    const u = rand([n]).dataSync()
    const bins = new Array<number>(20).fill(0)
    for (const x of u) bins[Math.floor(x * 20)]++
    const chi = bins.reduce((s, k) => s + (k - n / 20) ** 2 / (n / 20), 0)
    expect(chi).toBeLessThan(45)
    for (const dtype of ['float16', 'bfloat16', 'float64'] as const) {
      const v = rand([5000], { dtype }).dataSync()
      expect([Math.min(...v) >= 0, Math.max(...v) < 1]).toEqual([true, true])
    }
  })
  test('randn has the moments of a normal, in float32 and float64', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const z = Array.from(randn([20000], { dtype }).dataSync())
      const moment = (k: number): number => z.reduce((s, x) => s + x ** k, 0) / z.length
      expect(Math.abs(moment(1))).toBeLessThan(0.03)
      expect(Math.abs(moment(2) - 1)).toBeLessThan(0.05)
      expect(Math.abs(moment(3))).toBeLessThan(0.1)
      expect(Math.abs(moment(4) - 3)).toBeLessThan(0.25)
    }
  })
  test('randint: low ≤ x < high, evenly, negative ranges, every integer dtype', () => {
    const counts = new Map<number, number>()
    for (const x of randint(-3, 4, [14000]).dataSync()) counts.set(x, (counts.get(x) ?? 0) + 1)
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-3, -2, -1, 0, 1, 2, 3])
    for (const k of counts.values()) expect(Math.abs(k - 2000)).toBeLessThan(200)
    expect(randint(0, 200, [100], { dtype: 'uint8' }).dtype).toBe('uint8')
    expect(() => randint(3, 3, [1])).toThrow(/no whole numbers/)
  })
  test('bernoulli and randperm', () => {
    expect(bernoulli(0.25, [8000]).mean().itemSync()).toBeCloseTo(0.25, 1)
    expect(bernoulli(tensor([0, 1])).arraySync()).toEqual([0, 1])
    const p = randperm(50).arraySync<number[]>()
    expect([...p].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i))
    expect(p).not.toEqual(Array.from({ length: 50 }, (_, i) => i))
  })
  test('under vmap example i takes what turn i of the loop would; so does scan; so do calls of compile', () => {
    const loop = [0, 1, 2].map(() => [rand([3]).arraySync(), randn([2]).arraySync()])
    const pairs = (xs: readonly Tensor[]): unknown =>
      xs[0].arraySync<number[][]>().map((r, i) => [r, xs[1].arraySync<number[][]>()[i]])
    seed(7)
    expect(pairs(vmap((x: Tensor) => [rand([3]).add(x), randn([2])])(zeros([3])))).toEqual(loop)
    seed(7)
    expect(
      pairs(
        scan(
          (c: Tensor, x: Tensor) => [c, [rand([3]).add(x), randn([2])]] as const,
          zeros([]),
          zeros([3]),
        )[1],
      ),
    ).toEqual(loop)
    seed(7)
    const f = compile(() => [rand([3]), randn([2])])
    expect([f(), f(), f()].map(r => r.map(t => t.arraySync()))).toEqual(loop)
    seed(7)
    expect(pairs(compile(vmap((x: Tensor) => [rand([3]).add(x), randn([2])]))(zeros([3])))).toEqual(loop)
  })
  test('counters carry into the high word', () => {
    setRandomState({ key: [1, 2], counter: 2 ** 32 - 1 })
    const a = [rand([2]).arraySync(), rand([2]).arraySync(), rand([2]).arraySync()]
    setRandomState({ key: [1, 2], counter: 2 ** 32 - 1 })
    expect(vmap((x: Tensor) => rand([2]).add(x))(zeros([3])).arraySync()).toEqual(a)
    setRandomState({ key: [1, 2], counter: 2 ** 32 - 1 })
    const f = compile(() => [rand([2]), rand([2]), rand([2])])
    expect(f().map(t => t.arraySync())).toEqual(a)
  })
})
