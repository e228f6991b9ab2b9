/** @file Moves lanes between vectors. */
import { ripMem } from '../../../../asm/x64/index.ts'
import type { Instr } from '../../../../kernel/ir.ts'
import type { Emitter } from '../emitter.ts'
import { V, widthOf } from '../machine.ts'

/** Lane numbers of `vpermi2ps`, which sees both operands as one table of 32. */
const lanes = (from: number): number[] => Array.from({ length: 16 }, (_, i) => (i % 2) * 16 + from + (i >> 1))
const numbers = { zipLo: lanes(0), zipHi: lanes(8) }

export const selectZip = (e: Emitter, instr: Instr, d: number): void => {
  const { asm } = e
  const [a, b] = instr.args.map((v) => e.vec(v))
  const op = instr.op as 'zipLo' | 'zipHi'
  const width = widthOf(instr.result!.lanes)
  if (width === 64) {
    const target = d === a || d === b ? e.acquire(V) : d
    asm.vrm('vmovups', width, target, ripMem(e.pool.words(numbers[op])))
    asm.vrrr('vpermi2ps', width, target, a, b)
    if (target !== d) asm.vrr('vmovaps', width, d, target)
    return
  }
  // In each half of the vectors, then the halves that belong together.
  const [low, high] = [e.acquire(V), e.acquire(V)]
  asm.vrrr('vunpcklps', width, low, a, b)
  asm.vrrr('vunpckhps', width, high, a, b)
  asm.vrrr('vperm2f128', width, d, low, high, { imm: op === 'zipLo' ? 0x20 : 0x31 })
}
