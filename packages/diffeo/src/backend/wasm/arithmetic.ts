/** @file Which wasm instruction does an IR operation whose operands are already on the stack. */
import type { OpName } from '../../asm/wasm/index.ts'
import type { Opcode } from '../../kernel/ir.ts'

type Names = Partial<Record<Opcode, OpName>>

const int: Names = {
  iadd: 'i32.add', isub: 'i32.sub', imul: 'i32.mul', idiv: 'i32.div_u', imod: 'i32.rem_u',
}
const scalarF32: Names = {
  add: 'f32.add', sub: 'f32.sub', mul: 'f32.mul', div: 'f32.div', neg: 'f32.neg', abs: 'f32.abs', sqrt: 'f32.sqrt',
  floor: 'f32.floor', ceil: 'f32.ceil', trunc: 'f32.trunc', round: 'f32.nearest',
  eq: 'f32.eq', ne: 'f32.ne', lt: 'f32.lt', le: 'f32.le',
  f32ToI32: 'i32.trunc_sat_f32_s', f32ToU32: 'i32.trunc_sat_f32_u', bitsToI32: 'i32.reinterpret_f32',
}
const scalarI32: Names = {
  add: 'i32.add', sub: 'i32.sub', mul: 'i32.mul', and: 'i32.and', or: 'i32.or', xor: 'i32.xor',
  shl: 'i32.shl', shrS: 'i32.shr_s', shrU: 'i32.shr_u',
  eq: 'i32.eq', ne: 'i32.ne', lt: 'i32.lt_s', le: 'i32.le_s', ltU: 'i32.lt_u', leU: 'i32.le_u',
  i32ToF32: 'f32.convert_i32_s', u32ToF32: 'f32.convert_i32_u', bitsToF32: 'f32.reinterpret_i32',
}
const vectorF32: Names = {
  add: 'f32x4.add', sub: 'f32x4.sub', mul: 'f32x4.mul', div: 'f32x4.div', min: 'f32x4.pmin', max: 'f32x4.pmax',
  neg: 'f32x4.neg', abs: 'f32x4.abs', sqrt: 'f32x4.sqrt',
  floor: 'f32x4.floor', ceil: 'f32x4.ceil', trunc: 'f32x4.trunc', round: 'f32x4.nearest',
  eq: 'f32x4.eq', ne: 'f32x4.ne', lt: 'f32x4.lt', le: 'f32x4.le',
  f32ToI32: 'i32x4.trunc_sat_f32x4_s', f32ToU32: 'i32x4.trunc_sat_f32x4_u',
}
const vectorI32: Names = {
  add: 'i32x4.add', sub: 'i32x4.sub', mul: 'i32x4.mul', neg: 'i32x4.neg', abs: 'i32x4.abs',
  min: 'i32x4.min_s', max: 'i32x4.max_s', minU: 'i32x4.min_u', maxU: 'i32x4.max_u',
  and: 'v128.and', or: 'v128.or', xor: 'v128.xor', not: 'v128.not',
  shl: 'i32x4.shl', shrS: 'i32x4.shr_s', shrU: 'i32x4.shr_u',
  eq: 'i32x4.eq', ne: 'i32x4.ne', lt: 'i32x4.lt_s', le: 'i32x4.le_s', ltU: 'i32x4.lt_u', leU: 'i32x4.le_u',
  i32ToF32: 'f32x4.convert_i32x4_s', u32ToF32: 'f32x4.convert_i32x4_u',
}
const relaxedF32: Names = {
  f32ToI32: 'i32x4.relaxed_trunc_f32x4_s', f32ToU32: 'i32x4.relaxed_trunc_f32x4_u',
}

/** null where one instruction does not do it. `float` and `lanes` are those of the first operand. */
export function instructionOf(op: Opcode, float: boolean, lanes: number, relaxed: boolean): OpName | null {
  if (int[op]) return int[op]
  if (lanes === 1) return (float ? scalarF32 : scalarI32)[op] ?? null
  if (relaxed && float && relaxedF32[op]) return relaxedF32[op]
  return (float ? vectorF32 : vectorI32)[op] ?? null
}

/** Reinterpretations that cost nothing: the value is already what is asked. */
export function isIdentity(op: Opcode, lanes: number): boolean {
  if (op === 'fromInt' || op === 'toInt') return true
  if (lanes === 1) return op === 'maskToI32' || op === 'any'
  return op === 'bitsToF32' || op === 'bitsToI32'
}
