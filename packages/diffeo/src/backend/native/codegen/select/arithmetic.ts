/** @file Lane arithmetic: unary, binary, fused multiply-add. */
import { isWide, type BinaryOp, type Instr, type Kind, type Value } from '../../../../kernel/ir.ts'
import { NONE } from '../allocate.ts'
import type { Emitter } from '../emitter.ts'
import { CONST } from '../fold.ts'
import { widthOfValue } from '../machine.ts'

const commutes = new Set<string>(['add', 'mul', 'mulU', 'and', 'or', 'xor', 'min', 'max', 'minU', 'maxU'])

const floatOps: Partial<Record<string, string>> = {
  add: 'vadd', sub: 'vsub', mul: 'vmul', div: 'vdiv', min: 'vmin', max: 'vmax',
}
const intOps: Partial<Record<string, string>> = {
  add: 'vpaddd', sub: 'vpsubd', mul: 'vpmulld', min: 'vpminsd', max: 'vpmaxsd', minU: 'vpminud', maxU: 'vpmaxud',
  shl: 'vpsllvd', shrS: 'vpsravd', shrU: 'vpsrlvd',
}

const longOps: Partial<Record<string, string>> = {
  add: 'vpaddq', sub: 'vpsubq', mulU: 'vpmuludq', shl: 'vpsllvq', shrU: 'vpsrlvq',
}

/** The bitwise instruction for integers or, without mask registers, for masks. */
export const logicOp = (e: Emitter, op: string, kind: Kind = 'i32'): string =>
  e.evex ? `vp${op}${kind === 'i64' ? 'q' : 'd'}` : `vp${op}`

export const isFloat = (kind: Kind): boolean => kind === 'f32' || kind === 'f64'

/** `ss`, `ps`, `sd` or `pd`. */
export const suffixOf = ({ kind, lanes }: Pick<Value, 'kind' | 'lanes'>): string =>
  (lanes === 1 ? 's' : 'p') + (kind === 'f64' ? 'd' : 's')

export const binaryName = (e: Emitter, op: string, like: Pick<Value, 'kind' | 'lanes'>): string => {
  const { kind } = like
  if (op === 'and' || op === 'or' || op === 'xor') return logicOp(e, op, kind)
  const name = isFloat(kind) ? floatOps[op] : kind === 'i64' ? longOps[op] : intOps[op]
  if (name === undefined) throw new Error(`native codegen: no ${op} on ${kind}`)
  return isFloat(kind) ? name + suffixOf(like) : name
}

export const selectBinary = (e: Emitter, instr: Instr, d: number): void => {
  let [a, b] = instr.args
  const op = instr.op as BinaryOp
  const float = isFloat(a.kind)
  if (shiftByConstant(e, op, d, a, b)) return
  const name = binaryName(e, op, a)
  // vmin(x, y) is x < y ? x : y, so min(a, b) = b < a ? b : a is vmin(b, a); max likewise.
  if (float && (op === 'min' || op === 'max')) [a, b] = [b, a]
  else if (commutes.has(op) && !e.inRegister(a)) [a, b] = [b, a]
  const x = e.vec(a, e.registerOf(e.rep(b)) === d ? NONE : d)
  e.op3(name, widthOfValue(a), d, x, e.operand(b, float && a.lanes === 1))
}

const shifts: Partial<Record<string, string>> = { shl: 'vpslld', shrS: 'vpsrad', shrU: 'vpsrld' }
const longShifts: Partial<Record<string, string>> = { shl: 'vpsllq', shrU: 'vpsrlq' }

const shiftByConstant = (e: Emitter, op: string, d: number, a: Value, b: Value): boolean => {
  const name = (isWide(a.kind) ? longShifts : shifts)[op]
  if (name === undefined || e.mode(b) !== CONST || e.folding.isIota[e.rep(b)]) return false
  const imm = Math.min(e.imm(b) >>> 0, isWide(a.kind) ? 64 : 32)
  e.asm.vrr(name, widthOfValue(a), d, e.vec(a, d), { imm })
  return true
}

const roundings: Partial<Record<string, number>> = { round: 8, floor: 9, ceil: 10, trunc: 11 }

export const selectUnary = (e: Emitter, instr: Instr, d: number): void => {
  const [a] = instr.args
  const width = widthOfValue(a)
  const float = isFloat(a.kind)
  const op = instr.op
  const double = a.kind === 'f64'
  if (op === 'roundF16') roundF16(e, a, d)
  else if (op === 'neg' && !float) {
    e.zero(d)
    e.op3('vpsubd', width, d, d, e.operand(a, false))
  } else if (op === 'neg' && double) e.op3('vxorpd', width, d, e.vec(a, d), e.wideOperand(-(2n ** 63n)))
  else if (op === 'neg') e.op3('vxorps', width, d, e.vec(a, d), e.bitsOperand(-0x80000000))
  else if (op === 'abs' && !float) e.op2('vpabsd', width, d, e.operand(a, false))
  else if (op === 'abs' && double) e.op3('vandpd', width, d, e.vec(a, d), e.wideOperand(2n ** 63n - 1n))
  else if (op === 'abs') e.op3('vandps', width, d, e.vec(a, d), e.bitsOperand(0x7fffffff))
  else if (op === 'not') e.op3(logicOp(e, 'xor'), width, d, e.vec(a, d), e.bitsOperand(-1))
  else if (op === 'sqrt' && a.lanes === 1) {
    const o = e.operand(a, true)
    e.op3(`vsqrt${suffixOf(a)}`, 16, d, o.mem ? d : o.reg, o)
  } else if (op === 'sqrt') e.op2(`vsqrt${suffixOf(a)}`, width, d, e.operand(a, false))
  else {
    const suffix = double ? 'pd' : 'ps'
    e.op2((e.evex ? 'vrndscale' : 'vround') + suffix, width, d, e.operand(a, false), roundings[op])
  }
}

/** To float16 and back; the immediate 0 rounds to nearest even whatever MXCSR says. */
const roundF16 = (e: Emitter, a: Value, d: number): void => {
  const width = widthOfValue(a)
  e.asm.vrr('vcvtps2ph', width, d, e.vec(a), { imm: 0 })
  e.asm.vrr('vcvtph2ps', width, d, d)
}

/**
 * 231: d = a·b + d. 213: d = a·d + c. 132: d = d·b + c. The last operand may be memory. Destroys the operand that
 * shares the result's register; if none does, a copy of the addend.
 */
export const selectFma = (e: Emitter, instr: Instr, d: number): void => {
  const [a, b, c] = instr.args
  const width = widthOfValue(a)
  const scalar = a.lanes === 1
  const suffix = suffixOf(a)
  const at = (v: Value): number => e.registerOf(e.rep(v))
  const emit = (form: string, x: number, y: Value): void =>
    e.op3(`vfmadd${form}${suffix}`, width, d, x, e.operand(y, scalar))
  if (at(c) !== d && (at(a) === d || at(b) === d)) {
    const g = at(a) === d ? b : a
    if (at(g) === NONE && at(c) !== NONE) emit('132', at(c), g)
    else emit('213', e.vec(g), c)
    return
  }
  if (at(c) !== d) e.loadVec(d, e.rep(c))
  const [x, y] = at(a) === NONE ? [b, a] : [a, b]
  emit('231', e.vec(x), y)
}
