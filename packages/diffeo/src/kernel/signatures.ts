/** @file What each computing instruction takes and gives. */
import type { Kind, Opcode, Value } from './ir.ts'

export interface Signature {
  readonly args: number
  /** What is wrong, or null. Lanes of the result are already known to be 1 or the target's. */
  check(args: readonly Value[], result: Value, imm: number): string | null
}

/** null for control flow, memory and unknown names. */
export function signatureOf(op: Opcode): Signature | null {
  return table[op] ?? null
}

const table: Partial<Record<Opcode, Signature>> = {}

function add(ops: readonly Opcode[], args: number, check: Signature['check']): void {
  for (const op of ops) table[op] = { args, check }
}

const same = (a: Value, b: Value) => a.kind === b.kind && a.lanes === b.lanes
const oneOf = (v: Value, kinds: readonly Kind[]) =>
  kinds.includes(v.kind) ? null : `v${v.id} is ${v.kind}, not ${kinds.join(' or ')}`
const type = (v: Value, kind: Kind, lanes: number) =>
  v.kind === kind && v.lanes === lanes ? null : `v${v.id} is ${v.kind} of ${v.lanes} lanes, not ${kind} of ${lanes}`

/** Operands and result of one type, of one of `kinds`. */
function uniform(ops: readonly Opcode[], args: number, kinds: readonly Kind[]): void {
  add(ops, args, (values, result) =>
    values.every((v) => same(v, result)) ? oneOf(result, kinds) : 'operands and result differ in type')
}

const data: readonly Kind[] = ['f32', 'i32', 'f64', 'i64']
const isInt64 = (n: number) => Number.isInteger(n) && n >= -(2 ** 63) && n < 2 ** 63
const isInt32 = (n: number) => Number.isInteger(n) && n >= -(2 ** 31) && n < 2 ** 32

add(['iconst'], 0, (_, result, imm) => Number.isSafeInteger(imm) ? type(result, 'int', 1) : `${imm} is not an integer`)
add(['arg'], 0, (_, result) => type(result, 'int', 1))
uniform(['iadd', 'isub', 'imul', 'imin', 'imax'], 2, ['int'])
add(['idiv', 'imod'], 1, ([a], result, imm) => imm > 0 && imm === (imm | 0)
  ? type(a, 'int', 1) ?? type(result, 'int', 1)
  : `divides by ${imm}`)

add(['const'], 0, (_, result, imm) => result.kind === 'i32' && !isInt32(imm)
  ? `${imm} is not a 32-bit integer`
  : result.kind === 'i64' && !isInt64(imm)
    ? `${imm} is not a 64-bit integer`
    : oneOf(result, data))
add(['constMask'], 0, (_, result, imm) => imm === 0 || imm === 1 ? oneOf(result, ['mask']) : `${imm} is not 0 or 1`)

uniform(['neg', 'abs'], 1, ['f32', 'i32', 'f64'])
uniform(['sqrt', 'floor', 'ceil', 'trunc', 'round'], 1, ['f32', 'f64'])
uniform(['roundF16'], 1, ['f32'])
uniform(['not'], 1, ['i32', 'mask'])
uniform(['add', 'sub'], 2, data)
uniform(['mul', 'min', 'max'], 2, ['f32', 'i32', 'f64'])
uniform(['div'], 2, ['f32', 'f64'])
uniform(['minU', 'maxU', 'shrS'], 2, ['i32'])
uniform(['shl', 'shrU'], 2, ['i32', 'i64'])
uniform(['mulU'], 2, ['i64'])
uniform(['and', 'or', 'xor'], 2, ['i32', 'i64', 'mask'])
uniform(['zipLo', 'zipHi'], 2, ['f32', 'i32'])
uniform(['fma'], 3, ['f32', 'f64'])

function comparison(ops: readonly Opcode[], kinds: readonly Kind[]): void {
  add(ops, 2, ([a, b], result) =>
    same(a, b) ? oneOf(a, kinds) ?? type(result, 'mask', a.lanes) : 'operands differ in type')
}
comparison(['eq', 'ne', 'lt', 'le'], ['f32', 'i32', 'f64'])
comparison(['ltU', 'leU'], ['i32'])

function conversion(ops: readonly Opcode[], from: Kind, to: Kind): void {
  add(ops, 1, ([a], result) => oneOf(a, [from]) ?? type(result, to, a.lanes))
}
conversion(['f32ToI32', 'f32ToU32', 'bitsToI32'], 'f32', 'i32')
conversion(['i32ToF32', 'u32ToF32', 'bitsToF32'], 'i32', 'f32')
conversion(['f32ToF64'], 'f32', 'f64')
conversion(['f64ToF32'], 'f64', 'f32')
conversion(['i32ToF64'], 'i32', 'f64')
conversion(['f64ToI32'], 'f64', 'i32')
conversion(['bitsToF64'], 'i64', 'f64')
conversion(['bitsToI64'], 'f64', 'i64')
conversion(['maskToI32'], 'mask', 'i32')
conversion(['i32ToMask'], 'i32', 'mask')

add(['select'], 3, ([mask, a, b], result) => same(a, result) && same(b, result)
  ? oneOf(result, [...data, 'mask']) ?? type(mask, 'mask', result.lanes)
  : 'operands and result differ in type')
add(['splat'], 1, ([a], result) => a.lanes !== 1 || a.kind !== result.kind
  ? 'takes one lane of the kind it gives'
  : oneOf(a, [...data, 'mask']))
add(['fromInt'], 1, ([a], result) => type(a, 'int', 1) ?? type(result, 'i32', 1))
add(['toInt'], 1, ([a], result) => type(a, 'i32', 1) ?? type(result, 'int', 1))
add(['iota'], 0, (_, result) => oneOf(result, ['i32']))
add(['firstLanes'], 1, ([n], result) => type(n, 'int', 1) ?? oneOf(result, ['mask']))
add(['any'], 1, ([a], result) => oneOf(a, ['mask']) ?? type(result, 'int', 1))
for (const [ops, kinds] of [
  [
    ['reduceAdd', 'reduceMul', 'reduceMin', 'reduceMax'],
    ['f32', 'i32', 'f64'],
  ],
  [['reduceMinU', 'reduceMaxU'], ['i32']],
] as const) {
  add(ops, 1, ([a], result) => oneOf(a, kinds) ?? type(result, a.kind, 1))
}
