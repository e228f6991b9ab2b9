/** The machine's own limits, measured by kernels written for nothing else. */
import * as df from 'diffeo'

/**
 * Multiply-adds on registers: `lanes · accumulators` chains that nothing but the latency and the ports bind. Written with
 * the compiler's own kernel builder, so that it is the same instructions that kernels are made of.
 */
export function fmaPeak(device, threads) {
  const turns = 20000
  const probe = () => df.internals.fmaLoop(device, turns, threads)
  return { make: () => { const { run } = probe(); return () => run() }, get flops() { return probe().flops } }
}

/** a = b + 2c over arrays that fit no cache. */
export function triad(device, threads) {
  return {
    make: async () => {
      const step = df.compile((b, c) => b.add(c.mul(2)))
      const [b, c] = [df.ones([4 << 20]), df.ones([4 << 20])]
      await Promise.all([b.realize(), c.realize()])
      return () => { step(b, c) }
    },
  }
}
