/** @file A device that computes nothing: programs are counted instead of linked, values read as zeros. */
import type { Target } from '../../kernel/ir.ts'
import type { Executable, Linker, Program, Storage } from '../program.ts'
import { countProgram, type ProgramCount } from './count.ts'

/** What is scheduled for when there is no machine: the widest, so that counts do not depend on the host. */
export const nullTarget: Target = {
  isa: 'avx512', lanes: 16, masks: true, fma: true, f16: true, vectorRegisters: 32, pointerBytes: 8,
}

export class NullLinker implements Linker {
  /** Bytes of the buffers that live. */
  allocated = 0
  /** What ran, in order. */
  readonly runs: ProgramCount[] = []

  allocate(bytes: number): Storage {
    this.allocated += bytes
    return { bytes }
  }

  free(storage: Storage): void { this.allocated -= storage.bytes }
  write(): void { /* nothing is kept */ }
  fill(): void { /* nor here */ }
  read(storage: Storage): Uint8Array<ArrayBuffer> { return new Uint8Array(storage.bytes) }
  setThreads(): void { /* nothing runs */ }

  link(program: Program): Executable {
    const count = countProgram(program)
    const run = (): number => {
      this.runs.push(count)
      return 0
    }
    const { kernels, calls } = program
    return { kernels, calls, run, runTimed: run, release: () => { /* nothing is held */ } }
  }
}
