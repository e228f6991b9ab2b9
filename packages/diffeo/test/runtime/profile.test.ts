/** @file `profile` says what ran and for how long, and changes nothing of it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { executor as installed, installExecutor } from '../../src/graph/executor.ts'
import * as nn from '../../src/nn/index.ts'
import * as optim from '../../src/optim/index.ts'
import {
  compile, explain, measurePeaks, ones, profile, rand, randn, scan, seed, tensor, type Peaks, type Tensor,
} from '../../src/tensor/index.ts'
import { DataError, DiffeoError, TraceError } from '../../src/util/errors.ts'
import { makeExecutor } from './support/executors.ts'

/** So that a test need not measure: 1 GFLOP/s, and 1 GB/s from anywhere. */
const peaks: Peaks = { flops: 1e9, bandwidth: [{ bytes: 1e9, rate: 1e9 }] }

describe.each(['native', 'wasm'])('profile on %s', device => {
  const executor = makeExecutor(device)
  beforeEach(() => { installExecutor(executor) })

  test('the kernels, calls, flops and bytes are those that explain counts', async () => {
    const f = compile((x: Tensor, w: Tensor) => x.matmul(w).softmax(1).sum(0), { name: 'f' })
    const [x, w] = [rand([32, 16]), rand([16, 8])]
    const e = explain(f, x, w)
    f(x, w)
    const p = await profile(() => { for (let i = 0; i < 3; i++) f(x, w) }, { peaks })
    const sorted = (names: readonly string[]): string[] => [...names].sort()
    expect(sorted(p.kernels.map(k => k.name))).toEqual(sorted(e.kernels.map(k => k.name)))
    expect(p.kernels.every(k => k.calls === 3 && k.program === 'f' && k.device === device && k.ms > 0)).toBe(true)
    expect([p.flops, p.bytes]).toEqual([3 * e.flops, 3 * e.bytes])
    expect(p.kernelMs).toBeLessThanOrEqual(p.ms)
  })

  test('nothing that ran, no peaks that are wanted, and what is no function', async () => {
    const p = await profile(() => {}, { peaks })
    expect([p.kernels, p.roofline]).toEqual([[], null])
    expect(String(p)).not.toContain('NaN')
    const x = await rand([64, 64]).data()
    const f = compile((x: Tensor) => x.matmul(x))
    const without = await profile(() => f(tensor(x, { shape: [64, 64] })), { peaks: null })
    expect(without.kernels[0].roofline).toBe(null)
    expect(without.peaks.size).toBe(0)
    await expect(profile(3 as never)).rejects.toThrow(DiffeoError)
  })

  test('products of halves count two bytes for what they write', async () => {
    const f = compile((x: Tensor, y: Tensor) => x.matmul(y))
    const [x, y] = [rand([64, 64]).cast('float16'), rand([64, 64]).cast('float16')]
    f(x, y)
    const p = await profile(() => f(x, y), { peaks })
    expect(p.kernels.filter(k => k.name.startsWith('dot')).map(k => k.bytes % (64 * 64 * 2))).toEqual([0])
    expect(p.kernels.find(k => k.name.startsWith('dot'))!.bytes).toBeLessThan(3 * 64 * 64 * 4)
  })

  test('a kernel of a loop is called in each turn', async () => {
    const [w, xs] = await Promise.all([rand([8, 8]).realize(), rand([10, 4, 8]).realize()])
    const turn = (h: Tensor, x: Tensor): [Tensor, Tensor] => [h.matmul(w).add(x).tanh(), h]
    const f = compile((xs: Tensor) => scan(turn, ones([4, 8]), xs)[1])
    const e = explain(f, xs)
    f(xs)
    const p = await profile(() => f(xs), { peaks })
    const sorted = (counts: number[]): number[] => counts.sort((a, b) => a - b)
    expect(sorted(p.kernels.map(k => k.calls))).toEqual(sorted(e.kernels.map(k => k.times)))
    expect(p.kernels.map(k => k.calls)).toContain(10)
    expect([p.flops, p.bytes]).toEqual([e.flops, e.bytes])
  })

  test('shares of the roofline: the greater of flops and bytes at their peaks, over the time', async () => {
    const f = compile((x: Tensor) => x.mul(2))
    const x = ones([1000])
    f(x)
    const p = await profile(() => { f(x) }, { peaks })
    const [k] = p.kernels
    expect(k.bytes).toBe(8000)
    expect(k.roofline).toBeCloseTo(8000 / 1e9 * 1e3 / k.ms, 6)
    expect(p.roofline).toBeCloseTo(k.roofline!, 6)
    expect(p.peaks.get(device as 'native')).toBe(peaks)
  })

  test('a step does the same, bit for bit, in one part or two, and so does a loop', async () => {
    const run = async (watched: boolean): Promise<number[]> => {
      seed(1)
      const table = new nn.Embedding(10, 8)
      const head = new nn.Linear(8, 4)
      const optimizer = new optim.Adam([...table.parameters(), ...head.parameters()], { lr: 0.1 })
      const step = compile((ids: Tensor, y: Tensor) => {
        const [last] = scan((sum: Tensor, x: Tensor) => [sum.add(x).tanh(), x], ones([5, 8]), table.forward(ids))
        const loss = nn.crossEntropy(head.forward(last), y)
        optimizer.minimize(loss)
        return loss
      })
      const ids = tensor(Int32Array.from({ length: 30 }, (_, i) => i * 7 % 10), { shape: [6, 5] })
      const y = tensor(Int32Array.of(0, 1, 2, 3, 1))
      const losses: number[] = []
      const go = (): void => { for (let i = 0; i < 4; i++) losses.push(step(ids, y).itemSync()) }
      if (watched) await profile(go, { peaks })
      else go()
      return losses
    }
    const [plain, watched] = [await run(false), await run(true)]
    expect(watched).toEqual(plain)
    expect(plain[3]).toBeLessThan(plain[0])
  })

  test('an index out of range: the same error, nothing is assigned, and the next run works', async () => {
    const table = new nn.Embedding(4, 8)
    const optimizer = new optim.SGD(table.parameters(), { lr: 1 })
    const step = compile((ids: Tensor) => {
      const loss = table.forward(ids).sum()
      optimizer.minimize(loss)
      return loss
    })
    const before = table.weight.dataSync()
    const wrong = tensor(Int32Array.of(1, 9))
    await expect(profile(() => step(wrong), { peaks })).rejects.toThrow(DataError)
    expect(table.weight.dataSync()).toEqual(before)
    step(tensor(Int32Array.of(1, 2)))
    expect(table.weight.dataSync()).not.toEqual(before)
  })

  test('f may be asynchronous and return anything; what fails ends the profile', async () => {
    const p = await profile(async () => {
      await new Promise(setImmediate)
      return rand([10]).add(1).data()
    }, { peaks })
    expect(p.kernels.map(k => k.program)).toContain('realize')
    await expect(profile(() => { throw new Error('mine') })).rejects.toThrow('mine')
    expect((await profile(() => {}, { peaks })).kernels).toEqual([])
  })

  test('kernels are named after modules and optimizers', async () => {
    const model = new nn.Sequential(new nn.Linear(8, 16), new nn.ReLU(), new nn.Linear(16, 4))
    const optimizer = new optim.Adam(model.parameters())
    const step = compile((x: Tensor) => {
      const loss = model.forward(x).square().mean()
      optimizer.minimize(loss)
      return loss
    })
    const x = randn([32, 8])
    step(x)
    const p = await profile(() => step(x), { peaks })
    const about = p.kernels.map(k => k.about)
    for (const part of [/^\[32,16\] 0$/, / 2$/, / 2 backward$/, / 0 backward$/, / Adam$/])
      expect(about.some(a => part.test(a)), `${part} in ${about.join('; ')}`).toBe(true)
  })

  test('a module that the outermost one does not hold is named by the next that does', async () => {
    const aside = new nn.Sequential(new nn.ReLU(), new nn.Linear(8, 16))
    class Outer extends nn.Module<[Tensor]> {
      forward(x: Tensor): Tensor { return aside.forward(x) }
    }
    const outer = new Outer()
    const f = compile((x: Tensor) => outer.forward(x))
    const x = randn([32, 8])
    f(x)
    const p = await profile(() => f(x), { peaks })
    expect(p.kernels.map(k => k.about)).toContain('[32,16] 1')
  })

  test('the table has a line a kernel; the trace an event a call, in order', async () => {
    const f = compile((x: Tensor) => x.add(1).sum().mul(3), { name: 'f' })
    const x = ones([64, 64])
    f(x)
    const p = await profile(() => { f(x); f(x) }, { peaks })
    const lines = String(p).split('\n')
    expect(lines).toHaveLength(1 + p.kernels.length + 1 + 1 + 1)
    expect(lines[0]).toMatch(/kernel +calls +ms +of all +flops\/s +bytes\/s +of peak/)
    const { traceEvents } = JSON.parse(p.trace()) as {
      traceEvents: { ph: string; ts: number; dur: number; cat: string }[]
    }
    const calls = traceEvents.filter(e => e.ph === 'X')
    expect(calls).toHaveLength(p.kernels.reduce((n, k) => n + k.calls, 0))
    expect(calls.every(e => e.cat === 'f' && e.dur > 0)).toBe(true)
    calls.slice(1).forEach((e, i) => expect(e.ts).toBeGreaterThanOrEqual(calls[i].ts + calls[i].dur - 1e-3))
  })

  test('peaks are measured in cache and in memory', () => {
    const found = measurePeaks()!
    expect(found.bandwidth.map(b => b.bytes)).toEqual([0.75, 12, 192].map(m => m * 2 ** 20))
    for (const rate of [found.flops, ...found.bandwidth.map(b => b.rate)]) {
      expect(rate).toBeGreaterThan(0)
      expect(rate).toBeLessThan(Infinity)
    }
  })
})

describe('where it cannot be', () => {
  beforeEach(() => { installExecutor(makeExecutor('native')) })
  afterEach(() => expect(installed().device).toBe('native'))

  test('inside a trace, inside another profile', async () => {
    let inner: Promise<unknown> = Promise.resolve()
    const f = compile((x: Tensor) => {
      inner = profile(() => {})
      return x.add(1)
    })
    f(ones([2]))
    await expect(inner).rejects.toThrow(TraceError)
    await expect(profile(() => profile(() => {}))).rejects.toThrow(/inside of another profile/)
  })
})
