/** @file What a program would do, counted from its kernels' iteration spaces: nothing is run. */
import { timesOf } from '../loops.ts'
import type { Program } from '../program.ts'

export interface KernelCount {
  readonly name: string
  /** The shape of its result, and the module that it is part of. */
  readonly about: string
  /** Turns that threads may share. */
  readonly turns: number
  /** How often the call runs: more than once in a loop. Flops and bytes are those of one time. */
  readonly times: number
  readonly flops: number
  /** Bytes read and written, each element of a buffer once a kernel. */
  readonly bytes: number
}

export interface ProgramCount {
  /** Kernels that would run, each as often as it does. */
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
  const times = timesOf(program)
  const calls = program.calls.map((call, i) => {
    const { name, about = '', total, flops, bytes } = program.kernels[call.kernel]
    return { name, about, turns: total, times: times[i], flops, bytes }
  })
  const sum = (of: (k: KernelCount) => number) => calls.reduce((total, k) => total + k.times * of(k), 0)
  return {
    kernels: sum(() => 1), flops: sum(k => k.flops), bytes: sum(k => k.bytes), arenaBytes: program.arenaBytes, calls,
  }
}
