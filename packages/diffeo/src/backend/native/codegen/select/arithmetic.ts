/** @file Lane arithmetic: unary, binary, fused multiply-add. */
import type { BinaryOp, Instr, Value } from '../../../../kernel/ir.ts'
import { NONE } from '../allocate.ts'
import type { Emitter } from '../emitter.ts'
import { CONST } from '../fold.ts'
import { widthOf } from '../machine.ts'

const commutes = new Set<string>(['add', 'mul', 'and', 'or', 'xor', 'min', 'max', 'minU', 'maxU'])

const floatOps: Partial<Record<string, string>> = {
  add: 'vadd', sub: 'vsub', mul: 'vmul', div: 'vdiv', min: 'vmin', max: 'vmax',
}
const intOps: Partial<Record<string, string>> = {
  add: 'vpaddd', sub: 'vpsubd', mul: 'vpmulld', min: 'vpminsd', max: 'vpmaxsd', minU: 'vpminud', maxU: 'vpmaxud',
  shl: 'vpsllvd', shrS: 'vpsravd', shrU: 'vpsrlvd',
}

/** The bitwise instruction for data or, without mask registers, for masks. */
export const logicOp = (e: Emitter, op: string, float: boolean): string =>
  float ? `v${op}ps` : e.evex ? `vp${op}d` : `vp${op}`

export const binaryName = (e: Emitter, op: string, float: boolean, lanes: number): string => {
  if (op === 'and' || op === 'or' || op === 'xor') return logicOp(e, op, float)
  const name = float ? floatOps[op] : intOps[op]
  if (name === undefined) throw new Error(`native codegen: no ${op} on ${float ? 'f32' : 'i32'}`)
  return float ? name + (lanes === 1 ? 'ss' : 'ps') : name
}

/** `…ss` reads four bytes of memory; all else the whole width. */
const isScalar = (name: string): boolean => name.endsWith('ss')

export const selectBinary = (e: Emitter, instr: Instr, d: number): void => {
  let [a, b] = instr.args
  const op = instr.op as BinaryOp
  const float = a.kind === 'f32'
  if (shiftByConstant(e, op, d, a, b)) return
  const name = binaryName(e, op, float, a.lanes)
  // vmin(x, y) is x < y ? x : y, so min(a, b) = b < a ? b : a is vmin(b, a); max likewise.
  if (float && (op === 'min' || op === 'max')) [a, b] = [b, a]
  else if (commutes.has(op) && !e.inRegister(a)) [a, b] = [b, a]
  const x = e.vec(a, e.registerOf(e.rep(b)) === d ? NONE : d)
  e.op3(name, widthOf(a.lanes), d, x, e.operand(b, isScalar(name)))
}

const shifts: Partial<Record<string, string>> = { shl: 'vpslld', shrS: 'vpsrad', shrU: 'vpsrld' }

const shiftByConstant = (e: Emitter, op: string, d: number, a: Value, b: Value): boolean => {
  const name = shifts[op]
  if (name === undefined || e.mode(b) !== CONST || e.folding.isIota[e.rep(b)]) return false
  const imm = Math.min(e.imm(b) >>> 0, 32)
  e.asm.vrr(name, widthOf(a.lanes), d, e.vec(a, d), { imm })
  return true
}

const roundings: Partial<Record<string, number>> = { round: 8, floor: 9, ceil: 10, trunc: 11 }

export const selectUnary = (e: Emitter, instr: Instr, d: number): void => {
  const [a] = instr.args
  const width = widthOf(a.lanes)
  const float = a.kind === 'f32'
  const op = instr.op
  if (op === 'neg' && !float) {
    e.zero(d)
    e.op3('vpsubd', width, d, d, e.operand(a, false))
  } else if (op === 'neg') e.op3('vxorps', width, d, e.vec(a, d), e.bitsOperand(-0x80000000))
  else if (op === 'abs' && !float) e.op2('vpabsd', width, d, e.operand(a, false))
  else if (op === 'abs') e.op3('vandps', width, d, e.vec(a, d), e.bitsOperand(0x7fffffff))
  else if (op === 'not') e.op3(logicOp(e, 'xor', float), width, d, e.vec(a, d), e.bitsOperand(-1))
  else if (op === 'sqrt' && a.lanes === 1) {
    const o = e.operand(a, true)
    e.op3('vsqrtss', 16, d, o.mem ? d : o.reg, o)
  } else if (op === 'sqrt') e.op2('vsqrtps', width, d, e.operand(a, false))
  else e.op2(e.evex ? 'vrndscaleps' : 'vroundps', width, d, e.operand(a, false), roundings[op])
}

/**
 * 231: d = a·b + d. 213: d = a·d + c. 132: d = d·b + c. The last operand may be memory. Destroys the operand that
 * shares the result's register; if none does, a copy of the addend.
 */
export const selectFma = (e: Emitter, instr: Instr, d: number): void => {
  const [a, b, c] = instr.args
  const width = widthOf(a.lanes)
  const scalar = a.lanes === 1
  const suffix = scalar ? 'ss' : 'ps'
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
