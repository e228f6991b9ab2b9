/** A memory laid out for a fuzzed kernel: the argument block low, buffers from 1 MiB on with gaps between. */
import { memBytes, type Target } from '../../../src/kernel/ir.ts'
import type { Range } from '../../../src/kernel/interpret.ts'
import { buffers, bufferLength, fill, Random, scratchBytes } from './data.ts'

export const memoryBytes = (1 << 20) + 65536
export const args = 1024
const firstBuffer = 1 << 20
const spacing = 1024

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

/** The first difference between two memories, NaN payloads apart; null when there is none. */
export function difference(a: ArrayBufferLike, b: ArrayBufferLike): string | null {
  const [x, y] = [a, b].map((m) => new DataView(m))
  const isFloat = (at: number) => at >= scratch || buffers[Math.floor((at - firstBuffer) / spacing)].mem === 'f32'
  for (let at = touched.start; at < touched.end; at += 4) {
    if (x.getInt32(at, true) === y.getInt32(at, true)) continue
    const [f, g] = [x.getFloat32(at, true), y.getFloat32(at, true)]
    if (isFloat(at) && Number.isNaN(f) && Number.isNaN(g)) continue
    const slot = Math.floor((at - firstBuffer) / spacing)
    const values = isFloat(at) ? `${f} and ${g}` : `${x.getInt32(at, true)} and ${y.getInt32(at, true)}`
    return `slot ${slot} byte ${at - offsetOf(slot)}: ${values}`
  }
  return null
}
