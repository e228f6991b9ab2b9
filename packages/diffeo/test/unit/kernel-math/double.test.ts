import { describe, expect, it } from 'vitest'
import type { BinaryOp, UnaryOp } from '../../../src/expr/types.ts'
import { doubleUlpBounds } from '../../../src/kernel/math/double/index.ts'
import { binaryMath, unaryMath } from '../../../src/kernel/math/index.ts'
import { doubles, evaluate, fmaModes, random, special, ulpsOfDouble } from './harness.ts'

/** JavaScript's own functions, which may be off by a unit themselves: bounds are those of the sum. */
const own = 1
const unary: Record<Exclude<keyof typeof doubleUlpBounds, 'erf' | 'pow'>, (x: number) => number> = {
  exp: Math.exp, exp2: (x) => 2 ** x, expm1: Math.expm1, log: Math.log, log2: Math.log2, log1p: Math.log1p,
  sin: Math.sin, cos: Math.cos, tanh: Math.tanh,
}
const pow = (x: number, y: number) => x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y

function expectClose(x: ArrayLike<number>, got: ArrayLike<number>, want: (i: number) => number, bound: number): void {
  for (let i = 0; i < x.length; i++) {
    const off = ulpsOfDouble(got[i], want(i))
    if (!(off <= bound)) expect.fail(`at ${x[i]}: ${got[i]} instead of ${want(i)}, ${off} ulps`)
  }
}

describe.each(fmaModes)('float64, fma with %s rounding', (fma) => {
  it.each(Object.keys(unary) as (keyof typeof unary)[])('%s stays within its bound', (op) => {
    const x = doubles(8192)
    const y = evaluate(['float64'], 'float64', [x], fma, (b, v) => unaryMath(b, op, v, 'float64'))
    expectClose(x, y, (i) => unary[op](x[i]), doubleUlpBounds[op] + own)
  })

  it('pow stays within its bound, special cases included', () => {
    const [x, y] = [[...doubles(4096, 3)], [...doubles(4096, 4)]]
    const next = random(5)
    for (let i = 0; i < 4096; i++) {
      const base = (next() + next() / 2 ** 32) / 2 ** (32 + i % 40)
      x.push(base)
      y.push((next() / 2 ** 31 - 1) * 1000 / Math.abs(Math.log2(base) || 1))
    }
    for (const a of special) for (const c of special) { x.push(a); y.push(c) }
    const z = evaluate(['float64', 'float64'], 'float64', [x, y], fma,
      (b, v, w) => binaryMath(b, 'pow', v, w, 'float64'))
    expectClose(x, z, (i) => pow(x[i], y[i]), doubleUlpBounds.pow + own)
  })

  it('erf, against values of 40 digits', () => {
    const known = [
      [1e-300, 1.1283791670955126e-300], [0.001, 0.0011283787909692365], [0.3, 0.3286267594591274], [0.5,
      0.5204998778130465], [0.9, 0.7969082124228322], [0.93, 0.8115635585845578], [1, 0.8427007929497149], [1.5,
      0.9661051464753108], [2, 0.9953222650189527], [3, 0.9999779095030014], [4.5, 0.9999999998033839], [5.8,
      0.9999999999999998], [6, 1], [Infinity, 1],
    ].flatMap(([x, y]) => [[x, y], [-x, -y]])
    const x = [...known.map(([a]) => a), 0, -0, NaN]
    const y = [...known.map(([, b]) => b), 0, -0, NaN]
    const got = evaluate(['float64'], 'float64', [x], fma, (b, v) => unaryMath(b, 'erf', v, 'float64'))
    expectClose(x, got, (i) => y[i], doubleUlpBounds.erf)
  })
})

const rounding: Partial<Record<UnaryOp, (x: number) => number>> = {
  neg: (x) => -x, reciprocal: (x) => 1 / x, sqrt: Math.sqrt, floor: Math.floor, trunc: Math.trunc,
}
it.each(Object.keys(rounding) as UnaryOp[])('%s of float64 is correctly rounded', (op) => {
  const x = doubles(8192)
  const y = evaluate(['float64'], 'float64', [x], 'double', (b, v) => unaryMath(b, op, v, 'float64'))
  expectClose(x, y, (i) => rounding[op]!(x[i]), 0)
})

const floorMod = (x: number, y: number) => {
  const r = x % y
  return r !== 0 && (r < 0) !== (y < 0) ? r + y : r
}
const binary: Partial<Record<BinaryOp, (x: number, y: number) => number>> = {
  add: (x, y) => x + y, mul: (x, y) => x * y, div: (x, y) => x / y, mod: floorMod, idiv: (x, y) => Math.floor(x / y),
  less: (x, y) => Number(x < y), equal: (x, y) => Number(x === y),
}
it.each(Object.keys(binary) as BinaryOp[])('%s of float64', (op) => {
  const [x, y] = [[...doubles(4096, 8)], [...doubles(4096, 9)]]
  for (let i = 0; i < 4096; i += 2) y[i] = x[i] / (1 + (i * 7919) % 70001) // quotients near whole numbers
  for (const a of special) for (const c of special) { x.push(a); y.push(c) }
  const output = op === 'less' || op === 'equal' ? 'bool' : 'float64'
  const z = evaluate(['float64', 'float64'], output, [x, y], 'double', (b, v, w) => binaryMath(b, op, v, w, 'float64'))
  // The sign of a zero remainder is not promised.
  const plain = (v: number) => op === 'mod' ? v + 0 : v
  expectClose(x, z.map(plain), (i) => plain(binary[op]!(x[i], y[i])), 0)
})
