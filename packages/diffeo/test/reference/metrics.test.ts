/** @file Metrics against scikit-learn, scipy and others, at once and in batches of uneven sizes. */
import { describe, expect, test } from 'vitest'
import { fixture, toTensor, type FixtureArray } from './support.ts'
import * as metrics from '../../src/metrics/index.ts'
import { slice } from '../../src/tensor/index.ts'

type Value = number | string | Value[]
interface Case {
  name: string
  metric: string
  options: object
  inputs?: { output: FixtureArray; target: FixtureArray }
  texts?: [string[], string[]]
  value: Value
}
interface AnyMetric { update(output: unknown, target: unknown): void; compute(): Promise<unknown>; reset(): void }
const made = ({ metric, options }: Case): AnyMetric =>
  new (metrics as unknown as Record<string, new (options: object) => AnyMetric>)[metric](options)

/** Records as lists of what they hold. */
const plain = (found: unknown): unknown =>
  Array.isArray(found) ? found.map(plain) : typeof found === 'object' && found ? Object.values(found).map(plain) : found

function expectNear(found: unknown, wanted: Value, what: string): void {
  if (Array.isArray(wanted)) {
    expect((found as unknown[]).length, what).toBe(wanted.length)
    wanted.forEach((w, i) => expectNear((found as unknown[])[i], w, `${what}[${i}]`))
  } else if (Number.isFinite(Number(wanted))) {
    // 1e-10 of the value: MAPE with zeros is about 1e15
    expect(Math.abs(Number(found) - Number(wanted)) / Math.max(1, Math.abs(Number(wanted))), what).toBeLessThan(1e-10)
  } else expect(found, what).toBe(Number(wanted))
}

/** Parts of the first axis, cut at these places. */
function batches({ inputs, texts }: Case, cuts: readonly number[]): [unknown, unknown][] {
  const [x, y] = inputs ? [toTensor(inputs.output), toTensor(inputs.target)] : []
  const n = x ? x.shape[0] : texts![0].length
  const ends = [...cuts.filter(c => c < n), n]
  return ends.map((to, i) => {
    const from = i === 0 ? 0 : ends[i - 1]
    return x ? [x.index(slice(from, to)), y!.index(slice(from, to))]
      : [texts![0].slice(from, to), texts![1].slice(from, to)]
  })
}

const { cases } = fixture<{ cases: Case[] }>('metrics')
describe.each(cases.map(c => [c.name, c] as const))('%s', (name, c) => {
  test.each([['at once', []], ['in batches', [1, 4, 9]]])('%s', async (_, cuts) => {
    const metric = made(c)
    for (const _round of ['fresh', 'after reset']) {
      for (const [output, target] of batches(c, cuts)) metric.update(output, target)
      expectNear(plain(await metric.compute()), c.value, name)
      metric.reset()
    }
  })
})
