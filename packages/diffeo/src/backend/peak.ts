/** @file What a machine gives, measured by kernels that are written for nothing else. */
import type { Peaks } from '../graph/executor.ts'
import { Builder } from '../kernel/builder.ts'
import type { Address, Kernel, Target, Value } from '../kernel/ir.ts'
import type { Linker } from './program.ts'

const MIB = 2 ** 20
const SLICE = 32 * 1024
const CHAIN = 20_000

/**
 * Measured now, on the threads that the linker has. Each of the four is repeated for so many seconds; the quickest run
 * counts, for what else the machine does can only slow it down.
 */
export function measurePeaks(linker: Linker, target: Target, seconds: number): Peaks {
  const rate = (bytes: number, repeats: number) => {
    const kernel = triadKernel(target, bytes / 3, repeats)
    return { bytes, rate: kernel.bytes / quickest(linker, kernel, [bytes / 3, bytes / 3, bytes / 3], seconds) }
  }
  const fma = fmaKernel(target)
  return {
    flops: fma.flops / quickest(linker, fma, [4096], seconds),
    bandwidth: [rate(0.75 * MIB, 64), rate(12 * MIB, 1), rate(192 * MIB, 1)],
  }
}

/**
 * Independent chains of multiply-adds on registers: nothing but the ports binds them. Each product is of its chain, or
 * engines that have no fused form would take it out of the loop.
 */
function fmaKernel({ lanes, vectorRegisters }: Target): Kernel {
  const chains = vectorRegisters >= 32 ? 24 : vectorRegisters - 4
  const turns = 64
  const b = new Builder('peak.fma', 4)
  const at = (disp: number): Address => ({ base: b.arg(0), index: null, scale: 1, disp })
  b.loop(b.param(1), b.param(2), 1, [], () => {
    const one = b.load('f32', at(0), lanes)
    const start = Array.from({ length: chains }, () => one)
    const sums = b.loop(b.int(0), b.int(CHAIN), 1, start, (_, c) => c.map(x => b.fma(one, one, x)))
    b.store('f32', at(64), sums.reduce((x, y) => b.binary('add', x, y)))
    return []
  })
  const flops = 2 * chains * lanes * CHAIN * turns
  return { name: 'peak.fma', entry: b.fn, callees: [], slots: 1, total: turns, scratchBytes: 0, flops, bytes: 0 }
}

/** a = b + 2c in slices, each of them `repeats` times: with more than one, from the caches nearest to the threads. */
function triadKernel({ lanes }: Target, bytes: number, repeats: number): Kernel {
  const unroll = 4
  const total = bytes / SLICE
  const b = new Builder('peak.triad', 4)
  const bases = [b.arg(0), b.arg(1), b.arg(2)]
  const two = b.constant('f32', 2, lanes)
  b.loop(b.param(1), b.param(2), 1, [], turn => {
    const offset = b.imul(turn, SLICE)
    const [x, y, z] = bases.map(base => b.iadd(base, offset))
    const at = (base: Value, index: Value, u: number): Address => ({ base, index, scale: 4, disp: u * lanes * 4 })
    b.loop(b.int(0), b.int(repeats), 1, [], () => {
      b.loop(b.int(0), b.int(SLICE / 4), lanes * unroll, [], i => {
        for (let u = 0; u < unroll; u++) {
          const sum = b.fma(b.load('f32', at(z, i, u), lanes), two, b.load('f32', at(y, i, u), lanes))
          b.store('f32', at(x, i, u), sum)
        }
        return []
      })
      return []
    })
    return []
  })
  const moved = 3 * bytes * repeats
  return {
    name: 'peak.triad', entry: b.fn, callees: [], slots: 3, total, scratchBytes: 0, flops: moved / 6, bytes: moved,
  }
}

/** Seconds of the quickest of many runs of a kernel over buffers of its own. */
function quickest(linker: Linker, kernel: Kernel, sizes: readonly number[], seconds: number): number {
  const executable = linker.link({
    kernels: [kernel],
    buffers: sizes.map((bytes, index) => ({ kind: 'external', index, bytes })),
    calls: [{ kernel: 0, buffers: sizes.map((_, i) => i) }],
    arenaBytes: 0, externals: sizes.length, writes: [0],
  })
  const storages = sizes.map(bytes => linker.allocate(bytes, { resident: true }))
  try {
    for (const s of storages) linker.write(s, new Uint8Array(s.bytes))
    let best = Infinity
    const begin = performance.now()
    for (let runs = 0; runs < 3 || performance.now() - begin < seconds * 1e3; runs++) {
      const start = performance.now()
      executable.run(storages)
      best = Math.min(best, performance.now() - start)
    }
    return best / 1e3
  } finally {
    executable.release()
    for (const s of storages) linker.free(s)
  }
}
