/** @file linalg and fft on every compiled backend, values and gradients, against PyTorch's float64. */
import { afterAll, describe, expect, test } from 'vitest'
import { installExecutor } from '../../src/graph/executor.ts'
import { CompiledExecutor } from '../../src/runtime/compiled-executor.ts'
import { InterpExecutor } from '../../src/runtime/interp-executor.ts'
import { linalg } from '../../src/index.ts'
import { tensor, vjp, zerosLike, type DType, type Tensor } from '../../src/tensor/index.ts'
import { fftCalls, linalgCalls } from '../reference/linear-algebra-cases.ts'
import { asTensor, numbers, readCases, type Case, type FixtureArray } from '../unit/tensor/fixtures.ts'
import { backends } from './support/backends.ts'

afterAll(() => installExecutor(new InterpExecutor()))

/** Of the greatest value: what float32 leaves of matrices whose condition is up to some hundred. */
const tolerance = { float32: 2e-4, float64: 1e-10 } as const
type Float = keyof typeof tolerance

function compare(got: Tensor, want: FixtureArray, dtype: Float, what: string): void {
  expect(got.shape).toEqual(want.shape)
  const [found, values] = [got.dataSync(), numbers(want)]
  const bound = tolerance[dtype] * Math.max(1, ...values.filter(Number.isFinite).map(Math.abs))
  values.forEach((y, i) => {
    if (!(found[i] === y || Math.abs(found[i] - y) <= bound))
      expect.fail(`${what}[${i}] is ${found[i]}, PyTorch has ${y}`)
  })
}

function check(c: Case, dtype: Float): void {
  const call = linalgCalls[c.op] ?? fftCalls[c.op]
  const inputs = (c.inputs as FixtureArray[]).map(a => asTensor(a, dtype as DType))
  const [outputs, pullback] = vjp((...ts: Tensor[]) => [call(ts, c.args)].flat(), ...inputs)
  outputs.forEach((y, i) => compare(y, c.outputs[i], dtype, `output ${i}`))
  if (c.grads.every(g => g === null)) return
  const cotangents = outputs.map((y, i) => (c.upstream[i] ? asTensor(c.upstream[i], dtype as DType) : zerosLike(y)))
  const found = pullback(cotangents as never) as Tensor[]
  c.grads.forEach((want, i) => { if (want) compare(found[i], want, dtype, `gradient ${i}`) })
}

/**
 * Each function (but for a rank that float32 does not see) in one small and one batched form, and those in blocks;
 * transforms of each kind of length.
 */
const linear = readCases('linalg').filter(
  c => !/\[1, 1\]|^(eigh|eigvalsh|cholesky): 1|\[2, 1, 3, 3\]|pinv: rank 2/.test(c.name),
)
const fourier = readCases('fft').filter(
  c =>
    c.inputs.length > 0 &&
    !/'(ortho|forward)'/.test(c.name) &&
    (!/n=\d/.test(c.name) || /fft: n=(67|70|269)/.test(c.name)),
)
const inDouble = /solve: \[34|cholesky: 34|qr: \[36|eigh: 9|svd: \[9|lu: \[5|matrix_exp: scale 4|^fft: n=(128|269)/

for (const { name, linker, target } of backends()) {
  const executor = new CompiledExecutor({ device: 'native', linker, target })
  describe(name, () => {
    for (const c of [...linear, ...fourier]) {
      test(`${c.name} in float32`, () => {
        installExecutor(executor)
        check(c, 'float32')
      })
    }
    // of two rows, all is in one kernel, whose expressions share their parts many times over
    test('QᵀQ in one kernel', () => {
      installExecutor(executor)
      const { Q } = linalg.qr(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      )
      Array.from(Q.T.matmul(Q).dataSync()).forEach((x, i) =>
        expect(Math.abs(x - (i % 3 === 0 ? 1 : 0))).toBeLessThan(1e-6),
      )
    })
    for (const c of [...linear, ...readCases('fft')].filter(c => inDouble.test(c.name))) {
      test(`${c.name} in float64`, () => {
        installExecutor(executor)
        check(c, 'float64')
      })
    }
  })
}
