/** @file Kernels to x86-64: one segment, each kernel's entry and every function it calls, constants behind. */
import { Assembler } from '../../../asm/x64/index.ts'
import type { Fn, Kernel, Target } from '../../../kernel/ir.ts'
import { emitFunction } from './emit.ts'
import { machineOf, type RegisterLimits } from './machine.ts'
import { ConstantPool } from './pool.ts'

export type { RegisterLimits } from './machine.ts'
export { emitFunction, type FunctionOptions } from './emit.ts'

export interface Emitted {
  /** Load it at a multiple of 64. */
  readonly code: Uint8Array
  /** Byte offset of each kernel's entry: entry(args: rdi, first: rsi, end: rdx, scratch: rcx), SysV. */
  readonly entries: number[]
}

export function emitKernels(kernels: readonly Kernel[], target: Target, limits?: RegisterLimits): Emitted {
  const asm = new Assembler({ evex: target.isa === 'avx512' })
  const pool = new ConstantPool(asm)
  const machine = machineOf(target, limits)
  const labels = new Map<Fn, number>()
  const labelOf = (fn: Fn): number => {
    let label = labels.get(fn)
    if (label === undefined) labels.set(fn, label = asm.newLabel())
    return label
  }
  const done = new Set<Fn>()
  const entries: number[] = []
  for (const kernel of kernels) {
    for (const fn of kernel.callees) {
      if (done.has(fn)) continue
      done.add(fn)
      asm.align(64)
      asm.bind(labelOf(fn))
      emitFunction(fn, asm, target, { entry: false, labelOf, pool, machine })
    }
    asm.align(64)
    entries.push(asm.length)
    emitFunction(kernel.entry, asm, target, { entry: true, labelOf, pool, machine })
  }
  return { code: asm.finish(), entries }
}
