/** @file What a program would do, counted from its kernels' iteration spaces: nothing is run. */
import type { Program } from '../program.ts'

export interface KernelCount {
  readonly name: string
  /** Turns that threads may share. */
  readonly turns: number
  readonly flops: number
  /** Bytes read and written, each element of a buffer once a kernel. */
  readonly bytes: number
}

export interface ProgramCount {
  /** Kernels that would run, one a call. */
  readonly kernels: number
  readonly flops: number
  readonly bytes: number
  /** Temporaries at their peak. */
  readonly arenaBytes: number
  readonly calls: readonly KernelCount[]
}

/** Counts a compiled program (`compileProgram`) or a program itself. */
export function countProgram(compiled: { readonly program: Program } | Program): ProgramCount {
  const program = 'program' in compiled ? compiled.program : compiled
  const calls = program.calls.map(call => {
    const { name, total, flops, bytes } = program.kernels[call.kernel]
    return { name, turns: total, flops, bytes }
  })
  const sum = (of: (k: KernelCount) => number) => calls.reduce((total, k) => total + of(k), 0)
  return {
    kernels: calls.length, flops: sum(k => k.flops), bytes: sum(k => k.bytes), arenaBytes: program.arenaBytes, calls,
  }
}
