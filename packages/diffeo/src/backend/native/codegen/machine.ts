/** @file Register sets: what the allocator hands out, in order of preference (SysV). */
import { isWide, type Target, type Value } from '../../../kernel/ir.ts'

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

/** At most so many allocatable registers of a class: with few of them, tests spill everywhere. */
export interface RegisterLimits {
  readonly ints?: number
  readonly vectors?: number
  readonly masks?: number
}

export const machineOf = (target: Target, limits: RegisterLimits = {}): Machine => {
  if (target.isa === 'wasm') throw new Error('native codegen: the target is wasm')
  const evex = target.isa === 'avx512'
  const { ints = 14, vectors = 32, masks = 7 } = limits
  // As many of either kind, while there are any.
  const mixed = callerSaved.flatMap((r, i) => (i < calleeSaved.length ? [r, calleeSaved[i]] : [r])).slice(0, ints)
  const general = [...callerSaved, ...calleeSaved].filter((r) => mixed.includes(r))
  return {
    target, evex,
    registers: [general, range(0, evex ? 32 : 16).slice(0, vectors), evex ? range(1, 8).slice(0, masks) : []],
  }
}

export const classOf = (value: Value, evex: boolean): number =>
  value.kind === 'int' ? G : value.kind === 'mask' && evex ? K : V

/** Bytes of the vector register that holds `lanes` lanes of 32 bits. */
export const widthOf = (lanes: number): 16 | 32 | 64 => (lanes > 8 ? 64 : lanes > 4 ? 32 : 16)

/** Bytes of the vector register that holds the value. */
export const widthOfValue = (v: Value): 16 | 32 | 64 => widthOf(isWide(v.kind) ? v.lanes * 2 : v.lanes)
