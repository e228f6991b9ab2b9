/** @file Fixtures computed by PyTorch in float64, against the interpreter in float64. */
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { installExecutor } from '../../src/graph/executor.ts'
import { InterpExecutor } from '../../src/runtime/interp-executor.ts'
import { tensor, type Tensor } from '../../src/tensor/index.ts'

installExecutor(new InterpExecutor('float64'))

/** An array of a fixture: numbers that JSON lacks are strings. */
export interface FixtureArray { shape: number[]; data: (number | string)[]; dtype?: 'int64' | 'bool' }
export type Arrays = Record<string, FixtureArray | null>

export const fixture = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8')) as T

const dtypes = { int64: 'int32', bool: 'bool' } as const
export const toTensor = (a: FixtureArray): Tensor =>
  tensor(Float64Array.from(a.data, Number), { shape: a.shape, dtype: a.dtype ? dtypes[a.dtype] : 'float64' })
export const toTensors = (arrays: Arrays): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(arrays).flatMap(([name, a]) => (a ? [[name, toTensor(a)]] : [])))

/** Same shape, and each element within 10⁻¹⁰ of the greatest; infinities and NaN agree. */
export function expectClose(found: Tensor, wanted: FixtureArray, what: string, tolerance = 1e-10): void {
  expect(found.shape, what).toEqual(wanted.shape)
  const values = found.dataSync()
  const expected = wanted.data.map(Number)
  const scale = Math.max(1, ...expected.filter(Number.isFinite).map(Math.abs))
  expected.forEach((e, i) => {
    const near =
      Object.is(values[i], e) ||
      values[i] === e ||
      Math.abs(values[i] - e) <= tolerance * Math.min(scale, Math.max(1, Math.abs(e) * 10))
    if (!near) expect.fail(`${what}[${i}] is ${values[i]}, PyTorch has ${e}`)
  })
}
