import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import type { NativeLinker } from '../../../src/backend/native/linker.ts'
import { external, i32, makeLinker, program, rawKernel, unavailable } from './raw.ts'

const linkers: NativeLinker[] = []
const open = (options: Parameters<typeof makeLinker>[0] = {}): NativeLinker => {
  const linker = makeLinker(options)
  linkers.push(linker)
  return linker
}
afterEach(() => { for (const linker of linkers.splice(0)) linker.dispose() })

/** Mulberry32, so that a failure can be repeated. */
const random = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

const WIDTH = 600

/** Programs of short parallel kernels that count into one buffer; each turn must be done exactly once. */
const stress = (linker: NativeLinker, seed: number, kernels: number, threads: readonly number[]): void => {
  const next = random(seed)
  const storage = linker.allocate(4 * WIDTH)
  linker.write(storage, new Uint8Array(4 * WIDTH))
  const expected = new Int32Array(WIDTH)
  for (let done = 0; done < kernels;) {
    const length = 1 + Math.floor(next() * 200)
    const totals = Array.from({ length }, () => 1 + Math.floor(next() ** 2 * WIDTH))
    const calls = totals.map((n) => [rawKernel('count', n, { work: 10_000 + next() * 200_000 }), 0] as const)
    const linked = linker.link(program(calls, [external(0, 4 * WIDTH)]))
    for (let run = 0; run < 5; run++) {
      if (next() < 0.3) linker.setThreads(threads[Math.floor(next() * threads.length)])
      linked.run([storage])
      for (const n of totals) expected[n - 1]++
      done += length
    }
    linked.release()
  }
  for (let i = WIDTH - 2; i >= 0; i--) expected[i] += expected[i + 1]
  expect(i32(linker, storage)).toEqual(expected)
}

/** Whether it comes to hold, twice in a row: workers that are told to end count until they do. */
const settled = async (check: () => boolean): Promise<boolean> => {
  for (let i = 0; i < 400; i++) {
    if (check() && check()) return true
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return false
}

describe.skipIf(unavailable !== null)('parallel kernels', () => {
  it('do each turn once: 100,000 with 2 to 4 threads', () => {
    stress(open({ threads: 2 }), 1, 100_000, [2, 3, 4])
  })

  it('do each turn once with more threads than processors and busy neighbours', async () => {
    const busy = Array.from({ length: 3 }, () => new Worker('for (;;) Math.random()', { eval: true }))
    stress(open({ threads: 12 }), 2, 10_000, [1, 5, 12])
    await Promise.all(busy.map((worker) => worker.terminate()))
  })

  // a second; beside other work each yield gives a slice of time away, and it was 70 times as long
  it('do each turn once with yields wherever there could be a race', { timeout: 300_000 }, () => {
    stress(open({ threads: 3, disturbed: true }), 3, 20_000, [2, 3, 4])
  })

  it('do each turn once between sleeps of the workers', async () => {
    const linker = open({ threads: 3 })
    for (let i = 0; i < 100; i++) {
      stress(linker, 10 + i, 40, [3])
      await new Promise((resolve) => setTimeout(resolve, i % 4))
    }
  })

  it('give what one thread gives, in order, each on scratch of its own', () => {
    const n = 2000
    const bytes = 4 * n
    const calls = [
      [rawKernel('scratch', n, { work: 1e6, scratch: 64 }), 0], [rawKernel('addIndex', n, { work: 1e6 }), 0, 1],
      [rawKernel('addIndex', n), 1, 0], [rawKernel('addIndex', n, { work: 1e6 }), 0, 1],
    ] as const
    const one = program(calls, [external(0, bytes), external(1, bytes)])
    for (const threads of [1, 2, 4, 7]) {
      const linker = open({ threads })
      const [a, b] = [linker.allocate(bytes), linker.allocate(bytes)]
      const linked = linker.link(one)
      for (let run = 0; run < 50; run++) {
        linker.write(b, new Uint8Array(bytes))
        linked.run([a, b])
        expect(i32(linker, b)).toEqual(Int32Array.from({ length: n }, (_, i) => 4 * i))
      }
    }
  })

  it('grow scratch while workers live', () => {
    const linker = open({ threads: 2 })
    const out = linker.allocate(4000)
    for (const scratch of [64, 5000, 300_000, 64, 4_000_000]) {
      const kernel = rawKernel('scratch', 1000, { work: 1e6, scratch })
      const linked = linker.link(program([[kernel, 0]], [external(0, 4000)]))
      for (const threads of [2, 5, 3]) {
        linker.setThreads(threads)
        linked.run([out])
        expect(i32(linker, out)).toEqual(Int32Array.from({ length: 1000 }, (_, i) => i))
      }
    }
  })
})

describe.skipIf(unavailable !== null)('workers', () => {
  const parallel = (linker: NativeLinker) =>
    linker.link(program([[rawKernel('slow', 256, { work: 1e6 }), 0]], [external(0, 1024)]))

  it('are not there until a program needs them', () => {
    const linker = open({ threads: 4 })
    const out = linker.allocate(1024)
    const small = linker.link(program([[rawKernel('slow', 256, { work: 100 }), 0]], [external(0, 1024)]))
    small.run([out])
    expect(linker.workers).toBe(0)
    parallel(linker).run([out])
    expect(linker.workers).toBe(3)
  })

  it('come and go with setThreads', async () => {
    const linker = open({ threads: 3 })
    const out = linker.allocate(1024)
    const linked = parallel(linker)
    linked.run([out])
    expect(linker.workers).toBe(2)
    linker.setThreads(1)
    expect(await settled(() => linker.workers === 0)).toBe(true)
    linked.run([out])
    expect(linker.workers).toBe(0)
    linker.setThreads(5)
    linked.run([out])
    expect(linker.workers).toBe(4)
    linker.setThreads(2)
    linker.setThreads(5)
    linked.run([out])
    expect(await settled(() => { linked.run([out]); return linker.workers === 4 })).toBe(true)
  })

  it('end when idle, and come back', async () => {
    const linker = open({ threads: 3, idleSeconds: 1 })
    const out = linker.allocate(1024)
    const linked = parallel(linker)
    linked.run([out])
    expect(linker.workers).toBe(2)
    expect(await settled(() => linker.workers === 0)).toBe(true)
    linked.run([out])
    expect(linker.workers).toBe(2)
  })

  it('end with their linker', async () => {
    const linker = makeLinker({ threads: 3 })
    parallel(linker).run([linker.allocate(1024)])
    linker.dispose()
    expect(await settled(() => linker.workers === 0)).toBe(true)
  })
})
