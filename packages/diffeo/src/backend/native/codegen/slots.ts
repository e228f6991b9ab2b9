/** @file Which operands of an instruction may be a memory operand on this machine. */
import type { Instr } from '../../../kernel/ir.ts'
import type { Machine } from './machine.ts'

/** A bit for each argument. One lane: only where the instruction reads one (…ss, …sd, or an embedded broadcast). */
export const memorySlots = (instr: Instr, machine: Machine): number => {
  if (instr.args.length === 0) return 0
  const { evex } = machine
  const first = instr.args[0]
  const float = first.kind === 'f32' || first.kind === 'f64'
  const data = float || first.kind === 'i32'
  const single = first.lanes === 1
  if (instr.op === 'select') {
    const kind = instr.result!.kind
    return kind !== 'mask' && (evex || instr.result!.lanes > 1) ? 2 : 0
  }
  if (!data) return 0
  if (instr.op === 'splat') return 1
  if (instr.op === 'fma') return float ? 7 : 0
  const small = evex || !single
  switch (instr.op) {
    case 'add': case 'mul': return float || small ? 3 : 0
    case 'sub': return float || small ? 2 : 0
    case 'div': return 2
    case 'min': case 'max': return float ? 1 : small ? 3 : 0
    case 'minU': case 'maxU': case 'and': case 'or': case 'xor': return small ? 3 : 0
    case 'shl': case 'shrS': case 'shrU': return small ? 2 : 0
    case 'eq': case 'ne': case 'lt': case 'le': return float || evex ? 2 : 0
    case 'ltU': case 'leU': return evex ? 2 : 0
    case 'sqrt': case 'floor': case 'ceil': case 'trunc': case 'round': return small ? 1 : 0
    case 'i32ToF32': case 'f32ToI32': return small ? 1 : 0
    case 'i32ToF64': case 'f32ToF64': return single ? 0 : 1
    case 'u32ToF32': case 'f32ToU32': return evex ? 1 : 0
    default: return 0
  }
}
