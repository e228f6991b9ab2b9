/** @file Register sets: what the allocator hands out, in order of preference (SysV). */
import type { Target, Value } from '../../../kernel/ir.ts'

// Register classes.
export const G = 0
export const V = 1
export const K = 2

/** Never allocated: holds reloaded ints, addresses, copies. */
export const SCRATCH = 0
const RCX = 1, RDX = 2, RBX = 3, RBP = 5, RSI = 6, RDI = 7

export const argumentRegisters: readonly number[] = [RDI, RSI, RDX, RCX, 8, 9]
export const callerSaved: readonly number[] = [RCX, RDX, RSI, RDI, 8, 9, 10, 11]
export const calleeSaved: readonly number[] = [RBX, RBP, 12, 13, 14, 15]

export interface Machine {
  readonly target: Target
  readonly evex: boolean
  /** By class. */
  readonly registers: readonly (readonly number[])[]
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

export const machineOf = (target: Target): Machine => {
  if (target.isa === 'wasm') throw new Error('native codegen: the target is wasm')
  const evex = target.isa === 'avx512'
  return {
    target, evex,
    registers: [[...callerSaved, ...calleeSaved], range(0, evex ? 32 : 16), evex ? range(1, 8) : []],
  }
}

export const classOf = (value: Value, evex: boolean): number =>
  value.kind === 'int' ? G : value.kind === 'mask' && evex ? K : V

/** Bytes of the vector register that holds `lanes` lanes. */
export const widthOf = (lanes: number): 16 | 32 | 64 => (lanes > 8 ? 64 : lanes > 4 ? 32 : 16)
