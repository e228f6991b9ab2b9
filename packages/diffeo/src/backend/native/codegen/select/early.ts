/** @file Instructions whose expansion writes the result before it has read all operands: they must not share. */
import type { Instr } from '../../../../kernel/ir.ts'
import type { Machine } from '../machine.ts'

export const writesEarly = (instr: Instr, machine: Machine): boolean => {
  switch (instr.op) {
    case 'gather': return true
    case 'neg': return instr.args[0].kind === 'i32'
    case 'u32ToF32': case 'f32ToU32': return !machine.evex
    case 'ltU': case 'leU': case 'ne': case 'le': return !machine.evex && instr.args[0].kind === 'i32'
    default: return instr.op.startsWith('reduce')
  }
}
