/** @file How a kernel's turns are divided among threads. */
import type { Counted } from '../program.ts'

export interface Chunks {
  readonly chunk: number
  readonly count: number
}

/** A thread's speed, low on purpose: below it a kernel would be cut too finely. */
const FLOPS_PER_NS = 32
const BYTES_PER_NS = 10
/** Below this a hand-off costs more than it saves. */
const PARALLEL_NS = 10_000
/** A claim costs some 100 ns when several threads want one. */
const CHUNK_NS = 2_000
const CHUNKS_A_THREAD = 4

/**
 * Waking a thread takes the caller 5 to 60 µs, the worse on virtual machines: not for less than this left to do.
 */
export const WAKE_NS = 150_000

export const estimateNs = (kernel: Counted): number =>
  Math.max(kernel.flops / FLOPS_PER_NS, kernel.bytes / BYTES_PER_NS)

export const divide = (kernel: Counted, threads: number): Chunks => {
  const { total, grain = 1 } = kernel
  const ns = estimateNs(kernel)
  const alone = { chunk: Math.max(1, total), count: 1 }
  if (threads < 2 || total < 2 || ns < PARALLEL_NS) return alone
  const even = total / (threads * CHUNKS_A_THREAD)
  const chunk = Math.ceil(Math.max(1, even, total * CHUNK_NS / ns) / grain) * grain
  const count = Math.ceil(total / chunk)
  return count < 2 ? alone : { chunk, count }
}
