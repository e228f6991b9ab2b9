import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { chooseTarget, describeCpu, queryCpu } from '../../../src/backend/native/cpu.ts'
import { loadFfi } from '../../../src/backend/native/ffi.ts'
import { Machine } from '../../../src/backend/native/machine.ts'
import { require, unavailable } from './raw.ts'

type Leaf = [number, number, number, number]

const FMA_AVX_OSXSAVE = 1 << 12 | 1 << 28 | 1 << 27
const AVX2 = 1 << 5
const AVX512 = 1 << 16 | 1 << 17 | 1 << 30 | 1 << 31

/** A cache leaf: type and level, sharing threads, ways, line, sets. */
const cache = (type: number, level: number, sharing: number, ways: number, sets: number): Leaf =>
  [type | level << 5 | (sharing - 1) << 14, (ways - 1) << 22 | 63, sets - 1, 0]

const play = (leaves: Record<string, Leaf>, xcr0: number) =>
  describeCpu((leaf, subleaf = 0) => leaves[`${leaf.toString(16)}.${subleaf}`] ?? [0, 0, 0, 0], () => xcr0)

const modern: Record<string, Leaf> = {
  '0.0': [7, 0, 0, 0], '1.0': [0, 0, FMA_AVX_OSXSAVE, 0], '7.0': [0, AVX2 | AVX512, 0, 0],
}

describe('a played processor', () => {
  it('has AVX-512 only where the system saves its registers', () => {
    expect(play(modern, 0xe7)).toMatchObject({ avx2: true, avx512: true })
    expect(play(modern, 0x7)).toMatchObject({ avx2: true, avx512: false })
    expect(play(modern, 0x67)).toMatchObject({ avx2: true, avx512: false })
    expect(play(modern, 0x3)).toMatchObject({ avx2: false, avx512: false })
  })

  it('is asked for XCR0 only if the system uses it', () => {
    const old: Record<string, Leaf> = { '0.0': [4, 0, 0, 0] }
    const cpu = describeCpu((leaf) => old[`${leaf}.0`] ?? [0, 0, 0, 0], () => { throw new Error('xgetbv traps here') })
    expect(cpu).toEqual({ avx2: false, avx512: false, f16c: false, l1: 32768, l2: 524288, l3: 1048576 })
    expect(chooseTarget(cpu)).toMatchObject({ target: null })
  })

  it('tells its caches by leaf 4, without the instruction cache, level 3 by its sharers', () => {
    const leaves = {
      ...modern, '4.0': cache(1, 1, 2, 12, 64), '4.1': cache(2, 1, 2, 8, 64), '4.2': cache(3, 2, 2, 16, 2048),
      '4.3': cache(3, 3, 8, 16, 16384),
    }
    expect(play(leaves, 0xe7)).toMatchObject({ l1: 48 * 1024, l2: 2 * 2 ** 20, l3: 2 * 2 ** 20 })
  })

  it('tells its caches by leaf 8000001D where leaf 4 is empty', () => {
    const leaves = {
      ...modern, '80000000.0': [0x8000001e, 0, 0, 0] as Leaf, '80000001.0': [0, 0, 1 << 22, 0] as Leaf,
      '8000001d.0': cache(1, 1, 2, 8, 64), '8000001d.1': cache(3, 2, 2, 8, 2048),
    }
    expect(play(leaves, 0xe7)).toMatchObject({ l1: 32 * 1024, l2: 2 ** 20 })
  })

  it('has its sizes clamped', () => {
    const leaves = { ...modern, '4.0': cache(1, 1, 1, 1, 1), '4.1': cache(3, 2, 1, 1024, 65536) }
    expect(play(leaves, 0xe7)).toMatchObject({ l1: 16 * 1024, l2: 16 * 2 ** 20 })
  })
})

describe('the choice of target', () => {
  const cpu = (avx2: boolean, avx512: boolean, f16c = true) =>
    ({ avx2, avx512, f16c, l1: 32768, l2: 2 ** 20, l3: 2 ** 20 })
  it('has float16 where the processor has', () => {
    const leaves = { ...modern, '1.0': [0, 0, FMA_AVX_OSXSAVE | 1 << 29, 0] as Leaf }
    expect([play(modern, 0xe7).f16c, play(leaves, 0xe7).f16c, play(leaves, 0x3).f16c]).toEqual([false, true, false])
    expect(chooseTarget(cpu(true, false)).target?.f16).toBe(true)
    expect(chooseTarget(cpu(true, false, false)).target?.f16).toBe(false)
    expect(chooseTarget(cpu(true, true, false)).target?.f16).toBe(true)
  })
  it('takes the widest, or what is asked for', () => {
    expect(chooseTarget(cpu(true, true)).target?.isa).toBe('avx512')
    expect(chooseTarget(cpu(true, true), 'avx2').target).toMatchObject({ isa: 'avx2', lanes: 8, masks: false })
    expect(chooseTarget(cpu(true, false)).target?.isa).toBe('avx2')
    const refused = chooseTarget(cpu(true, false), 'avx512')
    expect(refused).toMatchObject({ target: null, reason: expect.stringContaining('AVX-512') })
    expect(chooseTarget(cpu(true, true), 'sse')).toMatchObject({ target: null })
  })
})

describe('koffi', () => {
  it('is not needed to import, and its absence is a reason', () => {
    const missing = loadFfi(() => { throw new Error("Cannot find module 'koffi'") }, 'linux-x64')
    expect(missing).toEqual({ ffi: null, reason: "koffi could not be used: Cannot find module 'koffi'" })
  })

  it('is not even asked for on other platforms', () => {
    const other = loadFfi(() => { throw new Error('asked') }, 'darwin-arm64')
    expect(other).toEqual({ ffi: null, reason: 'native code is not supported on darwin-arm64' })
  })
})

describe.skipIf(unavailable !== null)('this processor', () => {
  it('has the features that the system reports', () => {
    const { ffi } = loadFfi(require)
    if (ffi === null) throw new Error('no koffi')
    const cpu = queryCpu(new Machine(ffi))
    const flags = new Set(readFileSync('/proc/cpuinfo', 'utf8').match(/^flags.*$/m)?.[0].split(' '))
    expect(cpu.avx2).toBe(flags.has('avx2') && flags.has('fma'))
    expect(cpu.avx512).toBe(['avx512f', 'avx512bw', 'avx512dq', 'avx512vl'].every((f) => flags.has(f)))
    expect(cpu.l1).toBeGreaterThanOrEqual(16 * 1024)
    expect(cpu.l2).toBeGreaterThan(cpu.l1)
  })
})
