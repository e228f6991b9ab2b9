import { describe, expect, it } from 'vitest'
import type { DType } from '../../../src/expr/types.ts'
import { rounders } from '../../../src/ops/support/round.ts'
import { fromMemory, toMemory } from '../../../src/kernel/dtypes.ts'
import { convertMath } from '../../../src/kernel/math/index.ts'
import { brain, half } from '../../../src/util/half.ts'
import { doubles, evaluate, samples, type Tested } from './harness.ts'

const formats = { float16: half, bfloat16: brain }
const halves = ['float16', 'bfloat16'] as const

/** `x` through the half and back, as numbers. */
function through(x: ArrayLike<number>, from: Tested, to: DType): number[] {
  return evaluate([from], 'float64', [x], 'double',
    (b, v) => convertMath(b, convertMath(b, v, from, to), to, 'float64'))
}

describe.each(halves)('%s by integer arithmetic', (dtype) => {
  const { encode, decode } = formats[dtype]
  /** Halfway between two halves, and just beside; the ends of the range. */
  const near = Array.from({ length: 4096 }, (_, i) => decode(i * 16)).flatMap((v, i, all) => {
    const tie = (v + (all[i + 1] ?? v)) / 2
    return [v, tie, tie * (1 + 2 ** -52), tie * (1 - 2 ** -52), -tie, -tie * (1 + 2 ** -30)]
  })
  const exact = Array.from({ length: 65536 }, (_, bits) => decode(bits))

  it('rounds float64 once', () => {
    const x = [...near, ...doubles(8192)]
    expect(through(x, 'float64', dtype)).toEqual(x.map((v) => rounders[dtype](v)))
  })

  it('rounds float32', () => {
    const x = [...near.map(Math.fround), ...samples(16384), 65519.996, 65520, -65520, 3.3961775e38]
    expect(through(x, 'float32', dtype)).toEqual(x.map((v) => rounders[dtype](Math.fround(v))))
  })

  it.each(['int32', 'uint32'] as const)('rounds %s once', (from) => {
    const half = 2 ** 30 + 2 ** 22
    const tie = [2 ** 24 + 2 ** 16 + 1, half + 1, half, half - 1, 65519, 65520]
    const x = [...tie, ...tie.map((v) => v + 2 ** 23), 0, 1, 257, 2 ** 31 - 1]
    const all = from === 'int32'
      ? [...x, ...x.map((v) => 0 - v), -(2 ** 31)]
      : [...x, 2 ** 32 - 1, 2 ** 31 + 2 ** 23 + 1]
    expect(through(all, from, dtype)).toEqual(all.map((v) => rounders[dtype](v)))
  })

  it('keeps all 65536 values in memory', () => {
    const got = evaluate(['float32'], 'float64', [exact], 'double',
      (b, v) => convertMath(b, fromMemory(b, b.binary('and', toMemory(b, v, dtype, 'u16'),
        b.constant('i32', 65535, v.lanes)), dtype, 'u16'), 'float32', 'float64'))
    expect(got).toEqual(exact)
    expect(exact.map(encode).map(decode)).toEqual(exact)
  })
})

it('float64 to integers: truncated, saturated, 0 for NaN', () => {
  const x = [...doubles(4096), 2147483647.5, 2147483648, -2147483648.5, 4294967295.5, 4294967296, -0.5, NaN]
  const to = (dtype: 'int32' | 'uint32', low: number, high: number) => {
    const got = evaluate(['float64'], dtype, [x], 'double', (b, v) => convertMath(b, v, 'float64', dtype))
    expect(got).toEqual(x.map((v) => Number.isNaN(v) ? 0 : Math.min(high, Math.max(low, Math.trunc(v))) + 0))
  }
  to('int32', -(2 ** 31), 2 ** 31 - 1)
  to('uint32', 0, 2 ** 32 - 1)
})
