import { describe, expect, it } from 'vitest'
import type { BinaryOp, UnaryOp } from '../../../src/expr/types.ts'
import { roundEven } from '../../../src/kernel/interpret-ops.ts'
import { binaryMath, ulpBounds, unaryMath } from '../../../src/kernel/math/index.ts'
import { evaluate, fmaModes, random, samples, special, ulps } from './harness.ts'

/** 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!, whose terms are all positive; the continued fraction of erfc beyond. */
function erf(x: number): number {
  const a = Math.abs(x)
  if (!(a < 3)) return Number.isNaN(x) ? NaN : Math.sign(x) * (a > 6 ? 1 : 1 - erfc(a))
  let sum = x
  for (let n = 1, term = x; n < 100; n++) sum += term *= 2 * x * x / (2 * n + 1)
  return x === 0 ? x : 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum
}
function erfc(x: number): number {
  let f = x
  for (let k = 100; k > 0; k--) f = x + k / 2 / f
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / f
}
/** As C99 and not as JavaScript, which gives NaN for powers of ±1 to infinities and to NaN. */
const pow = (x: number, y: number) => x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y

const unary: Record<Exclude<keyof typeof ulpBounds, 'pow'>, (x: number) => number> = {
  exp: Math.exp, exp2: (x) => 2 ** x, expm1: Math.expm1, log: Math.log, log2: Math.log2, log1p: Math.log1p,
  sin: Math.sin, cos: Math.cos, tanh: Math.tanh, erf,
}

function worst(x: ArrayLike<number>, result: ArrayLike<number>, reference: (i: number) => number) {
  let [most, at] = [0, 0]
  for (let i = 0; i < x.length; i++) {
    const error = ulps(result[i], reference(i))
    if (error > most) [most, at] = [error, i]
  }
  return { most, at: x[at], got: result[at], want: reference(at) }
}

describe.each(fmaModes)('fma with %s rounding', (fma) => {
  it.each(Object.keys(unary) as (keyof typeof unary)[])('%s stays within its bound', (op) => {
    const x = samples(40_000)
    const y = evaluate(['float32'], 'float32', [x], fma, (b, v) => unaryMath(b, op, v, 'float32'))
    const found = worst(x, y, (i) => unary[op](x[i]))
    expect(found.most, JSON.stringify(found)).toBeLessThanOrEqual(ulpBounds[op])
  })

  it('pow stays within its bound, special cases included', () => {
    const [x, y] = [[...samples(20_000, 3)], [...samples(20_000, 4)]]
    const next = random(5)
    for (let i = 0; i < 20_000; i++) {
      const base = Math.fround(next() / 2 ** (i % 40))
      x.push(base)
      y.push(Math.fround((next() / 2 ** 31 - 1) * 150 / Math.abs(Math.log2(base) || 1)))
    }
    for (const a of special) for (const c of special) { x.push(a); y.push(c) }
    const z = evaluate(['float32', 'float32'], 'float32', [x, y], fma,
      (b, v, w) => binaryMath(b, 'pow', v, w, 'float32'))
    const found = worst(x, z, (i) => pow(x[i], y[i]))
    expect(found.most, JSON.stringify(found)).toBeLessThanOrEqual(ulpBounds.pow)
  })
})

it('is exact where it says so', () => {
  const whole = Float32Array.from({ length: 277 }, (_, i) => i - 149)
  const powers = evaluate(['float32'], 'float32', [whole], 'double', (b, v) => unaryMath(b, 'exp2', v, 'float32'))
  const back = evaluate(['float32'], 'float32', [powers], 'double', (b, v) => unaryMath(b, 'log2', v, 'float32'))
  expect([...powers]).toEqual([...whole].map((k) => 2 ** k))
  expect([...back]).toEqual([...whole])
})

const rounding: Partial<Record<UnaryOp, (x: number) => number>> = {
  neg: (x) => -x, reciprocal: (x) => 1 / x, sqrt: Math.sqrt, floor: Math.floor, trunc: Math.trunc, round: roundEven,
}
it.each(Object.keys(rounding) as UnaryOp[])('%s is correctly rounded', (op) => {
  const x = samples(20_000)
  const y = evaluate(['float32'], 'float32', [x], 'double', (b, v) => unaryMath(b, op, v, 'float32'))
  x.forEach((a, i) => {
    const want = Math.fround(rounding[op]!(a))
    if (!Object.is(y[i], want)) expect([a, y[i]]).toEqual([a, want])
  })
})

const floorMod = (x: number, y: number) => {
  const r = x % y
  return r !== 0 && (r < 0) !== (y < 0) ? r + y : r
}
const binary: Partial<Record<BinaryOp, (x: number, y: number) => number>> = {
  add: (x, y) => x + y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  mod: floorMod,
  idiv: (x, y) => Math.floor(Math.fround(x / y)),
  maximum: (x, y) => (Number.isNaN(x) || Number.isNaN(y) ? NaN : x < y ? y : x),
  minimum: (x, y) => (Number.isNaN(x) || Number.isNaN(y) ? NaN : y < x ? y : x),
  less: (x, y) => Number(x < y),
  equal: (x, y) => Number(x === y),
}
it.each(Object.keys(binary) as BinaryOp[])('%s of floats', (op) => {
  const [x, y] = [[...samples(6000, 8)], [...samples(6000, 9)]]
  for (let i = 0; i < 6000; i += 2) y[i] = Math.fround(x[i] / (1 + (i * 7919) % 70001)) // quotients near whole numbers
  for (const a of special) for (const c of special) { x.push(a); y.push(c) }
  const output = op === 'less' || op === 'equal' ? 'bool' : 'float32'
  const z = evaluate(['float32', 'float32'], output, [x, y], 'double', (b, v, w) => binaryMath(b, op, v, w, 'float32'))
  for (let i = 0; i < x.length; i++) {
    const want = Math.fround(binary[op]!(x[i], y[i]))
    // The sign of a zero remainder is not promised.
    if (op === 'mod' ? !(z[i] === want || (Number.isNaN(z[i]) && Number.isNaN(want))) : !Object.is(z[i], want)) {
      expect([x[i], y[i], z[i]]).toEqual([x[i], y[i], want])
    }
  }
})
