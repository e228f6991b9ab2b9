/** The buffers of fuzzed kernels, the random numbers that fill them, and counts of what kernels are made of. */
import { memBytes, type Block, type MemType } from '../../../src/kernel/ir.ts'

export interface Buffer {
  readonly mem: MemType
  readonly content: 'grid' | 'any'
  readonly writable: boolean
}

/** Elements a buffer; in slot order. */
export const bufferLength = 192
export const scratchBytes = 256
export const buffers: readonly Buffer[] = [
  { mem: 'f32', content: 'grid', writable: false },
  { mem: 'f32', content: 'any', writable: true },
  { mem: 'i32', content: 'any', writable: true },
  { mem: 'u8', content: 'any', writable: true },
  { mem: 'i8', content: 'any', writable: true },
  { mem: 'f32', content: 'any', writable: true },
  { mem: 'f64', content: 'grid', writable: false },
  { mem: 'f64', content: 'any', writable: true },
  { mem: 'u16', content: 'any', writable: true },
  { mem: 'f16', content: 'any', writable: true },
]

export class Random {
  private state: number
  constructor(seed: number) { this.state = seed | 0 }

  /** mulberry32 in [0, 1). */
  next(): number {
    this.state = this.state + 0x6d2b79f5 | 0
    let t = Math.imul(this.state ^ this.state >>> 15, 1 | this.state)
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32
  }
  below(n: number): number { return Math.floor(this.next() * n) }
  between(low: number, high: number): number { return low + this.below(high - low + 1) }
  chance(p: number): boolean { return this.next() < p }
  pick<T>(list: readonly T[]): T { return list[this.below(list.length)] }
}

/** Fills a buffer of the fuzzed kernels. */
export function fill(view: DataView, offset: number, buffer: Buffer, random: Random): void {
  for (let i = 0; i < bufferLength; i++) {
    const at = offset + i * memBytes[buffer.mem]
    const grid = random.between(-32, 32) / 4
    const free = random.chance(0.1) ? 0 : (random.next() - 0.5) * 16
    if (buffer.mem === 'f64') view.setFloat64(at, buffer.content === 'grid' ? grid : free, true)
    else if (buffer.content === 'grid') view.setFloat32(at, grid, true)
    else if (buffer.mem === 'f32') view.setFloat32(at, free, true)
    else if (buffer.mem === 'i32') view.setInt32(at, random.below(2 ** 32) | 0, true)
    else if (memBytes[buffer.mem] === 2) view.setUint16(at, random.below(65536), true)
    else view.setUint8(at, random.below(256))
  }
}

/** By operation and kind; `x` marks vectors. */
export function countInstructions(block: Block, coverage: Map<string, number>): void {
  for (const instr of block.instrs) {
    const typed = instr.args[0] ?? instr.result
    const key = instr.mem ? `${instr.op}.${instr.mem}` : instr.loop || instr.branch || !typed ? instr.op
      : `${instr.op}.${typed.kind}${typed.lanes > 1 ? 'x' : ''}`
    coverage.set(key, (coverage.get(key) ?? 0) + 1)
    for (const b of [instr.loop?.body, instr.branch?.body, instr.branch?.orelse]) if (b) countInstructions(b, coverage)
  }
}
