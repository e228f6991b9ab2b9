import { Builder } from '../../../src/kernel/builder.ts'
import type { Fn, Kernel, Target, Value } from '../../../src/kernel/ir.ts'

export const wasm: Target = {
  isa: 'wasm', lanes: 4, masks: false, fma: false, f16: false, vectorRegisters: 16, pointerBytes: 4,
}
export const avx512: Target = {
  isa: 'avx512', lanes: 16, masks: true, fma: true, f16: true, vectorRegisters: 32, pointerBytes: 8,
}

export function kernelOf(entry: Fn, slots: number, more: Partial<Kernel> = {}): Kernel {
  return { name: entry.name, entry, callees: [], slots, total: 1, scratchBytes: 0, flops: 0, bytes: 0, ...more }
}

/** A kernel whose entry `build` fills. */
export function kernel(slots: number, build: (b: Builder) => void, more: Partial<Kernel> = {}): Kernel {
  const b = new Builder('test', 4)
  build(b)
  return kernelOf(b.fn, slots, more)
}

export const at = (base: Value, disp = 0, index: Value | null = null, scale: 1 | 2 | 4 | 8 = 4) =>
  ({ base, index, scale, disp })
