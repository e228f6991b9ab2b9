import { expect, it } from 'vitest'
import type { Kernel } from '../../../src/kernel/ir.ts'
import { instantiate } from './helpers.ts'
import { microDriver, microKernel, peakLoop } from './microkernel.ts'

const depth = 256
const shapes = [[4, 2], [4, 3], [6, 2], [5, 2], [3, 3], [2, 4], [3, 4], [8, 1]] as const
const memory = new WebAssembly.Memory({ initial: 32 })
const [a, b, c] = [1 << 20, (1 << 20) + 65536, (1 << 20) + 131072]
new Uint32Array(memory.buffer, 0, 3).set([a, b, c])
for (let i = 0; i < 8192; i++) {
  new Float32Array(memory.buffer, a)[i] = i % 7 - 3
  new Float32Array(memory.buffer, b)[i] = i % 5 - 2
}

for (const relaxed of [false, true]) {
  it(`micro-kernels multiply${relaxed ? ' (relaxed)' : ''}`, () => {
    for (const [rows, vectors] of shapes) {
      instantiate([microDriver(microKernel(rows, vectors), depth)], memory, relaxed)[0](0, 0, 1, 0)
      const out = new Float32Array(memory.buffer, c, rows * vectors * 4)
      out.forEach((x, i) => {
        const [r, column] = [Math.floor(i / (4 * vectors)), i % (4 * vectors)]
        let sum = 0
        for (let k = 0; k < depth; k++) sum += ((k * rows + r) % 7 - 3) * ((k * 4 * vectors + column) % 5 - 2)
        expect(x).toBe(sum)
      })
    }
  })
}

/** Best of many, in multiply-adds of vectors a nanosecond. */
function rate(run: (n: number) => void, perTurn: number): number {
  run(100)
  const turns = Math.ceil(2e6 / perTurn)
  let best = 0
  for (let i = 0; i < 60; i++) {
    const start = process.hrtime.bigint()
    run(turns)
    best = Math.max(best, turns * perTurn / Number(process.hrtime.bigint() - start))
  }
  return best
}

it.runIf(process.env.DIFFEO_BENCH)('speed against the best loop without memory', async () => {
  for (const relaxed of [false, true]) {
    const peaks = [6, 8, 10, 12, 14].map((n) => ({ n, rate: rate(peakLoop(n, relaxed), n * 8) }))
    const peak = Math.max(...peaks.map((p) => p.rate))
    const lines = peaks.map((p) => `peak ${p.n} chains ${p.rate.toFixed(2)}`)
    for (const unroll of [1, 2, 4]) {
      for (const [rows, vectors] of shapes) {
        const driver: Kernel = microDriver(microKernel(rows, vectors, unroll), depth)
        const [entry] = instantiate([driver], memory, relaxed)
        const speed = rate((n) => entry(0, 0, n, 0), rows * vectors * depth)
        lines.push(`${rows}x${vectors} unroll ${unroll}: ${speed.toFixed(2)} = ${(100 * speed / peak).toFixed(0)} %`)
      }
    }
    console.log(relaxed ? 'relaxed madd' : 'mul + add', lines.join('\n  '))
  }
})
