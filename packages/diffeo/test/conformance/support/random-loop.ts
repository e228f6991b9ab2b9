/** @file Random loops: bodies of products, sums and views over what they carry, read and capture. */
import { grad, scan, tensor, type Tensor } from '../../../src/tensor/index.ts'

/** Whole numbers below n, from a seed (mulberry32). */
function picker(seed: number): (n: number) => number {
  let state = seed * 0x9e3779b9 | 0
  return n => {
    state = state + 0x6d2b79f5 | 0
    let t = Math.imul(state ^ state >>> 15, state | 1)
    t ^= t + Math.imul(t ^ t >>> 7, t | 61)
    return ((t ^ t >>> 14) >>> 0) % n
  }
}

const some = (shape: readonly number[], seed: number): Tensor => tensor(
  Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin((i + 1) * 1.3 + seed * 2.1) * 0.7),
  { shape },
)

const wide = [3, 4]
const square = [4, 4]

/** One more value from those that are there; all stay between −1 and 1 or so. */
function grow(pick: (n: number) => number, pool: Tensor[]): void {
  const of = (shape: readonly number[]): Tensor => {
    const fitting = pool.filter(t => t.shape.join() === shape.join())
    return fitting[pick(fitting.length)]
  }
  const shape = pick(2) ? wide : square
  const makers: (() => Tensor)[] = [
    () => of(shape).matmul(of(square)).mul(0.4), () => of(wide).transpose(0, 1).matmul(of(wide)).mul(0.4),
    () => of(shape).add(of(shape)).mul(0.5), () => of(shape).mul(of(shape)), () => of(shape).tanh(),
    () => of(shape).sum(0, { keepdims: true }).mul(0.2).add(of(shape)).mul(0.5), () => of(square).transpose(0, 1),
    () => of(shape).mul(0.9), () => of(shape).max(1, { keepdims: true }).mul(of(shape)),
  ]
  pool.push(makers[pick(makers.length)]())
}

export interface RandomLoop {
  readonly run: (...inputs: Tensor[]) => Tensor[]
  readonly inputs: readonly Tensor[]
}

/** A loop with two carries that change, one or two that sum, ys, and a reading direction. */
export function randomLoop(seed: number): RandomLoop {
  const pick = picker(seed)
  const turns = 1 + pick(5)
  const reverse = pick(2) === 1
  const [size, choices] = [4 + pick(8), Array.from({ length: 12 }, () => pick(1000))]
  const bodySeed = pick(1e9)
  const inputs = [
    some(wide, 1), some(square, 2), some([turns, ...wide], 3), some([turns, ...square], 4), some(square, 5),
    some(wide, 6),
  ]
  const run = (...[a, b, xs, ws, k, c]: Tensor[]): Tensor[] => {
    const start = [a, b, k.mul(0), c.mul(0)]
    const [last, ys] = scan((state: readonly Tensor[], [x, w]: readonly Tensor[]) => {
      const draw = picker(bodySeed)
      const pool = [state[0], state[1], x, w, k, c]
      if (choices[0] % 3 === 0) pool.push(state[2])
      for (let i = 0; i < size; i++) grow(draw, pool)
      const of = (shape: readonly number[], i: number): Tensor => {
        const fitting = pool.filter(t => t.shape.join() === shape.join())
        return fitting[choices[i] % fitting.length]
      }
      const sums = [state[2].add(of(square, 3)).add(of(square, 4)), state[3].add(of(wide, 5))]
      const next = [of(wide, 1), of(square, 2), ...sums]
      return [next, [of(wide, 6), of(square, 7), pool[pool.length - 1], state[1]].slice(0, 1 + choices[8] % 4)]
    }, start, [xs, ws], { reverse })
    return [...last, ...ys as Tensor[]].filter((_, i) => choices[9 + i % 3] % 4 !== 0 || i === 0)
  }
  return { run, inputs }
}

/** The outputs, and the gradients of all inputs. */
export function resultsOf({ run, inputs }: RandomLoop): Tensor[] {
  const loss = (...all: Tensor[]): Tensor =>
    run(...all).map((y, i) => y.square().mul(i + 1).sum()).reduce((p, q) => p.add(q))
  return [...run(...inputs), ...grad(loss, { argnums: inputs.map((_, i) => i) })(...inputs) as Tensor[]]
}
