import { describe, expect, test } from 'vitest'
import './setup.ts'
import { tensor, type Tensor } from '../../../src/tensor/index.ts'

const view = new DataView(new ArrayBuffer(4))
const bits = (x: number): number => {
  view.setFloat32(0, x)
  const b = view.getInt32(0)
  return b < 0 ? -(b & 0x7fffffff) : b
}
const ulps = (a: number, b: number): number =>
  Object.is(a, b) || a === b || (a !== a && b !== b) ? 0 : Math.abs(bits(a) - bits(Math.fround(b)))

/** Points over the range, both signs, and the far ends. */
function points(low: number, high: number): Float32Array {
  const n = 4000
  const even = Array.from({ length: n }, (_, i) => low + ((high - low) * (i + 0.37)) / n)
  const small = Array.from({ length: 200 }, (_, i) => 10 ** (-i / 10)).flatMap(x => [x, -x])
  return Float32Array.from([...even, ...small].filter(x => x >= low && x <= high))
}

const sigma = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)))
/** [name, ours, exact, from, to, ULP allowed in float32] */
const table: [string, (t: Tensor) => Tensor, (x: number) => number, number, number, number][] = [
  ['asin', t => t.asin(), Math.asin, -1, 1, 4],
  ['acos', t => t.acos(), Math.acos, -1, 1, 4],
  ['atan', t => t.atan(), Math.atan, -50, 50, 4],
  ['sinh', t => t.sinh(), Math.sinh, -80, 80, 3],
  ['cosh', t => t.cosh(), Math.cosh, -80, 80, 3],
  ['asinh', t => t.asinh(), Math.asinh, -1e6, 1e6, 4],
  ['acosh', t => t.acosh(), Math.acosh, 1, 1e6, 4],
  ['atanh', t => t.atanh(), Math.atanh, -0.999, 0.999, 4],
  ['sigmoid', t => t.sigmoid(), sigma, -80, 80, 4],
  ['softplus', t => t.softplus(), x => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0), -60, 60, 4],
  ['logSigmoid', t => t.logSigmoid(), x => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x))), -60, 60, 4],
  ['silu', t => t.silu(), x => x * sigma(x), -60, 60, 5],
  ['tan', t => t.tan(), Math.tan, -1.5, 1.5, 4],
  ['log10', t => t.log10(), Math.log10, 1e-3, 1e4, 4],
]

describe('compositions are accurate in float32 (ULP from the exact value)', () => {
  for (const [name, ours, exact, low, high, allowed] of table) {
    test(`${name} on [${low}, ${high}]: ${allowed} ULP`, () => {
      const x = points(low, high)
      const y = ours(tensor(x)).dataSync()
      let worst = 0
      let at = 0
      x.forEach((v, i) => { const e = ulps(y[i], exact(v)); if (e > worst) [worst, at] = [e, v] })
      expect(worst, `worst at ${at}`).toBeLessThanOrEqual(allowed)
    })
  }
  test('atan2 where a side is infinite, zero or NaN', () => {
    const [y, x] = [
      [Infinity, Infinity, -Infinity, -Infinity, Infinity, 1, -0, 0, NaN],
      [Infinity, -Infinity, Infinity, -Infinity, 2, Infinity, -1, -0, Infinity],
    ]
    const angles = tensor(y).atan2(tensor(x)).dataSync()
    y.forEach((v, i) => {
      expect(Math.abs(angles[i] - Math.atan2(v, x[i])) > 1e-6, `${v}, ${x[i]}: ${angles[i]}`).toBe(false)
    })
  })
})
