/** A memory laid out for a fuzzed kernel: the argument block low, buffers from 1 MiB on with gaps between. */
import { memBytes, type MemType, type Target } from '../../../src/kernel/ir.ts'
import { half } from '../../../src/util/half.ts'
import type { Range } from '../../../src/kernel/interpret.ts'
import { buffers, bufferLength, fill, Random, scratchBytes } from './data.ts'

export const memoryBytes = (1 << 20) + 65536
export const args = 1024
const firstBuffer = 1 << 20
const spacing = 2048

export const scratch = firstBuffer + buffers.length * spacing
export const touched = { start: firstBuffer, end: scratch + spacing }
const offsetOf = (slot: number) => firstBuffer + slot * spacing

/** Argument block and buffers, the same for the same seed. */
export function prepare(memory: ArrayBufferLike, seed: number, target: Target): void {
  const view = new DataView(memory)
  const random = new Random(seed ^ 0x5bd1e995)
  new Uint8Array(memory, touched.start, touched.end - touched.start).fill(0)
  buffers.forEach((buffer, slot) => {
    if (target.pointerBytes === 4) view.setUint32(args + slot * 4, offsetOf(slot), true)
    else view.setBigUint64(args + slot * 8, BigInt(offsetOf(slot)), true)
    fill(view, offsetOf(slot), buffer, random)
  })
}

export const ranges: readonly Range[] = [
  ...buffers.map(({ mem, writable }, slot) =>
    ({ offset: offsetOf(slot), bytes: bufferLength * memBytes[mem], writable })),
  { offset: scratch, bytes: scratchBytes },
]

const readInt = (view: DataView, at: number) => view.getInt32(at, true)
const readers: Partial<Record<MemType, typeof readInt>> = {
  f32: (view, at) => view.getFloat32(at, true),
  f64: (view, at) => view.getFloat64(at, true),
  f16: (view, at) => half.decode(view.getUint16(at, true)),
}

/** The first difference between two memories, NaN payloads apart; null when there is none. */
export function difference(a: ArrayBufferLike, b: ArrayBufferLike): string | null {
  const [x, y] = [a, b].map((m) => new DataView(m))
  const memOf = (at: number) => at >= scratch ? 'f32' : buffers[Math.floor((at - firstBuffer) / spacing)].mem
  for (let at = touched.start, step = 4; at < touched.end; at += step) {
    const read = readers[memOf(at)] ?? readInt
    step = memOf(at) === 'f64' ? 8 : memOf(at) === 'f16' ? 2 : 4
    const [f, g] = [x, y].map((view) => read(view, at))
    if (Object.is(f, g)) continue
    const slot = Math.floor((at - firstBuffer) / spacing)
    const values = `${f} and ${g}`
    return `slot ${slot} byte ${at - offsetOf(slot)}: ${values}`
  }
  return null
}
