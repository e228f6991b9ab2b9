/** @file The null backend: kernels, flops and bytes of what would run. */
export { countProgram, type KernelCount, type ProgramCount } from './count.ts'
export { NullLinker, nullTarget } from './linker.ts'
