/** @file Which wasm instruction does an IR operation whose operands are already on the stack. */
import type { OpName } from '../../asm/wasm/index.ts'
import type { Kind, Opcode } from '../../kernel/ir.ts'

type Names = Partial<Record<Opcode, OpName>>

const int: Names = {
  iadd: 'i32.add', isub: 'i32.sub', imul: 'i32.mul', idiv: 'i32.div_u', imod: 'i32.rem_u',
}
const scalarF32: Names = {
  add: 'f32.add', sub: 'f32.sub', mul: 'f32.mul', div: 'f32.div', neg: 'f32.neg', abs: 'f32.abs', sqrt: 'f32.sqrt',
  floor: 'f32.floor', ceil: 'f32.ceil', trunc: 'f32.trunc', round: 'f32.nearest',
  eq: 'f32.eq', ne: 'f32.ne', lt: 'f32.lt', le: 'f32.le',
  f32ToI32: 'i32.trunc_sat_f32_s', f32ToU32: 'i32.trunc_sat_f32_u', bitsToI32: 'i32.reinterpret_f32',
  f32ToF64: 'f64.promote_f32',
}
const scalarF64: Names = {
  add: 'f64.add', sub: 'f64.sub', mul: 'f64.mul', div: 'f64.div', neg: 'f64.neg', abs: 'f64.abs', sqrt: 'f64.sqrt',
  floor: 'f64.floor', ceil: 'f64.ceil', trunc: 'f64.trunc', round: 'f64.nearest',
  eq: 'f64.eq', ne: 'f64.ne', lt: 'f64.lt', le: 'f64.le',
  f64ToI32: 'i32.trunc_sat_f64_s', f64ToF32: 'f32.demote_f64', bitsToI64: 'i64.reinterpret_f64',
}
const scalarI64: Names = {
  add: 'i64.add', sub: 'i64.sub', and: 'i64.and', or: 'i64.or', xor: 'i64.xor', shl: 'i64.shl', shrU: 'i64.shr_u',
  bitsToF64: 'f64.reinterpret_i64',
}
const scalarI32: Names = {
  add: 'i32.add', sub: 'i32.sub', mul: 'i32.mul', and: 'i32.and', or: 'i32.or', xor: 'i32.xor',
  shl: 'i32.shl', shrS: 'i32.shr_s', shrU: 'i32.shr_u',
  eq: 'i32.eq', ne: 'i32.ne', lt: 'i32.lt_s', le: 'i32.le_s', ltU: 'i32.lt_u', leU: 'i32.le_u',
  i32ToF32: 'f32.convert_i32_s', u32ToF32: 'f32.convert_i32_u', bitsToF32: 'f32.reinterpret_i32',
  i32ToF64: 'f64.convert_i32_s',
}
const vectorF32: Names = {
  add: 'f32x4.add', sub: 'f32x4.sub', mul: 'f32x4.mul', div: 'f32x4.div', min: 'f32x4.pmin', max: 'f32x4.pmax',
  neg: 'f32x4.neg', abs: 'f32x4.abs', sqrt: 'f32x4.sqrt',
  floor: 'f32x4.floor', ceil: 'f32x4.ceil', trunc: 'f32x4.trunc', round: 'f32x4.nearest',
  eq: 'f32x4.eq', ne: 'f32x4.ne', lt: 'f32x4.lt', le: 'f32x4.le',
  f32ToI32: 'i32x4.trunc_sat_f32x4_s', f32ToU32: 'i32x4.trunc_sat_f32x4_u', f32ToF64: 'f64x2.promote_low_f32x4',
}
const vectorF64: Names = {
  add: 'f64x2.add', sub: 'f64x2.sub', mul: 'f64x2.mul', div: 'f64x2.div', min: 'f64x2.pmin', max: 'f64x2.pmax',
  neg: 'f64x2.neg', abs: 'f64x2.abs', sqrt: 'f64x2.sqrt',
  floor: 'f64x2.floor', ceil: 'f64x2.ceil', trunc: 'f64x2.trunc', round: 'f64x2.nearest',
  f64ToI32: 'i32x4.trunc_sat_f64x2_s_zero', f64ToF32: 'f32x4.demote_f64x2_zero',
}
/** Comparisons of 64-bit lanes, to whose masks `narrowMask` is still to be applied. */
const wideCompares: Names = { eq: 'f64x2.eq', ne: 'f64x2.ne', lt: 'f64x2.lt', le: 'f64x2.le' }
const vectorI64: Names = {
  add: 'i64x2.add', sub: 'i64x2.sub', and: 'v128.and', or: 'v128.or', xor: 'v128.xor',
  shl: 'i64x2.shl', shrU: 'i64x2.shr_u',
}
const vectorI32: Names = {
  add: 'i32x4.add', sub: 'i32x4.sub', mul: 'i32x4.mul', neg: 'i32x4.neg', abs: 'i32x4.abs',
  min: 'i32x4.min_s', max: 'i32x4.max_s', minU: 'i32x4.min_u', maxU: 'i32x4.max_u',
  and: 'v128.and', or: 'v128.or', xor: 'v128.xor', not: 'v128.not',
  shl: 'i32x4.shl', shrS: 'i32x4.shr_s', shrU: 'i32x4.shr_u',
  eq: 'i32x4.eq', ne: 'i32x4.ne', lt: 'i32x4.lt_s', le: 'i32x4.le_s', ltU: 'i32x4.lt_u', leU: 'i32x4.le_u',
  i32ToF32: 'f32x4.convert_i32x4_s', u32ToF32: 'f32x4.convert_i32x4_u', i32ToF64: 'f64x2.convert_low_i32x4_s',
}
const scalars: Record<Kind, Names> = {
  f32: scalarF32, f64: scalarF64, i32: scalarI32, i64: scalarI64, mask: scalarI32, int: scalarI32,
}
const vectors: Record<Kind, Names> = {
  f32: vectorF32, f64: vectorF64, i32: vectorI32, i64: vectorI64, mask: vectorI32, int: vectorI32,
}
const relaxedF32: Names = {
  f32ToI32: 'i32x4.relaxed_trunc_f32x4_s', f32ToU32: 'i32x4.relaxed_trunc_f32x4_u',
}

/** null where one instruction does not do it. `kind` and `lanes` are those of the first operand. */
export function instructionOf(op: Opcode, kind: Kind, lanes: number, relaxed: boolean): OpName | null {
  if (int[op]) return int[op]
  if (lanes === 1) return scalars[kind][op] ?? null
  if (relaxed && kind === 'f32' && relaxedF32[op]) return relaxedF32[op]
  return vectors[kind][op] ?? null
}

export const wideCompare = (op: Opcode): OpName | undefined => wideCompares[op]

/** Reinterpretations that cost nothing: the value is already what is asked. */
export function isIdentity(op: Opcode, lanes: number): boolean {
  if (op === 'fromInt' || op === 'toInt') return true
  if (lanes === 1) return op === 'maskToI32' || op === 'any'
  return op === 'bitsToF32' || op === 'bitsToI32' || op === 'bitsToF64' || op === 'bitsToI64'
}
