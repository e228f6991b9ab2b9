/** @file Comparisons, masks, select. With AVX-512 masks are bits in k registers; with AVX2 lanes of all ones or 0. */
import { isWide, type Instr, type Value } from '../../../../kernel/ir.ts'
import { NONE } from '../allocate.ts'
import type { Emitter } from '../emitter.ts'
import { CONST } from '../fold.ts'
import { SCRATCH, V, widthOf, widthOfValue } from '../machine.ts'
import { isFloat, logicOp, suffixOf } from './arithmetic.ts'

// Predicates, SDM volume 2, CMPPS table 3-1 (quiet) and VPCMPD.
const floatPredicates: Record<string, number> = { eq: 0, lt: 17, le: 18, ne: 4 }
const intPredicates: Record<string, number> = { eq: 0, lt: 1, le: 2, ne: 4, ltU: 1, leU: 2 }

export const selectCompare = (e: Emitter, instr: Instr, d: number): void => {
  const [a, b] = instr.args
  if (a.kind === 'mask') compareMasks(e, instr, d)
  else if (e.evex) compareToMask(e, instr.op, d, a, b)
  else if (isFloat(a.kind)) {
    const x = e.vec(a, e.registerOf(e.rep(b)) === d ? NONE : d)
    const scalar = a.lanes === 1
    e.op3(`vcmp${suffixOf(a)}`, widthOfValue(a), d, x, e.operand(b, scalar), floatPredicates[instr.op])
    if (isWide(a.kind) && !scalar) narrowMask(e, d)
  } else compareInts(e, instr.op, d, a, b)
}

/** Masks have 32-bit lanes: the low words of the 64-bit ones, in a vector half as wide. */
const narrowMask = (e: Emitter, d: number): void => {
  const high = e.acquire(V)
  e.asm.vrr('vextractf128', 32, high, d, { imm: 1 })
  e.asm.vrrr('vshufps', 16, d, d, high, { imm: 0x88 })
}

const compareToMask = (e: Emitter, op: string, k: number, a: Value, b: Value): void => {
  const float = isFloat(a.kind)
  const scalar = float && a.lanes === 1
  const name = float ? `vcmp${suffixOf(a)}` : op.endsWith('U') ? 'vpcmpud' : 'vpcmpd'
  const x = e.vec(a)
  const o = e.operand(b, scalar)
  const predicate = (float ? floatPredicates : intPredicates)[op]
  e.asm.vcmp(name, widthOfValue(a), k, x, o.mem ?? o.reg, predicate, o.broadcast ? { broadcast: true } : undefined)
}

/** AVX2 has == and signed >; the rest by swapping, by max, and by the complement. */
const compareInts = (e: Emitter, op: string, d: number, a: Value, b: Value): void => {
  const width = widthOf(a.lanes)
  const x = e.vec(a)
  const y = e.vec(b)
  switch (op) {
    case 'eq': case 'ne': e.asm.vrrr('vpcmpeqd', width, d, x, y); break
    case 'lt': e.asm.vrrr('vpcmpgtd', width, d, y, x); break
    case 'le': e.asm.vrrr('vpcmpgtd', width, d, x, y); break
    default:
      // a ≤ b is max(a, b) = b; a < b is not max(a, b) = a.
      e.asm.vrrr('vpmaxud', width, d, x, y)
      e.asm.vrrr('vpcmpeqd', width, d, d, op === 'leU' ? y : x)
  }
  if (op === 'ne' || op === 'le' || op === 'ltU') e.op3('vpxor', width, d, d, e.bitsOperand(-1))
}

const compareMasks = (e: Emitter, instr: Instr, d: number): void => {
  const [a, b] = instr.args
  if (instr.op !== 'eq' && instr.op !== 'ne') throw new Error(`native codegen: no ${instr.op} on masks`)
  if (e.evex) {
    if (instr.op === 'eq') e.asm.kxnor('w', d, e.mask(a), e.mask(b))
    else e.asm.kxor('w', d, e.mask(a), e.mask(b))
    return
  }
  e.op3('vpxor', widthOf(a.lanes), d, e.vec(a), e.operand(b, false))
  if (instr.op === 'eq') e.op3('vpxor', widthOf(a.lanes), d, d, e.bitsOperand(-1))
}

/** and, or, xor, not, constMask, i32ToMask, firstLanes, splat and select of masks: results in k registers. */
export const selectMask = (e: Emitter, instr: Instr, k: number): void => {
  const { asm } = e
  const [a, b] = instr.args
  switch (instr.op) {
    case 'constMask':
      if (instr.imm) asm.kxnor('w', k, k, k)
      else asm.kxor('w', k, k, k)
      break
    case 'and': asm.kand('w', k, e.mask(a), e.mask(b)); break
    case 'or': asm.kor('w', k, e.mask(a), e.mask(b)); break
    case 'xor': asm.kxor('w', k, e.mask(a), e.mask(b)); break
    case 'not': asm.knot('w', k, e.mask(a)); break
    case 'i32ToMask': {
      const x = e.vec(a)
      asm.vrrr('vptestmd', widthOf(a.lanes), k, x, x)
      break
    }
    case 'splat':
      asm.kmovRK('w', SCRATCH, e.mask(a))
      asm.and32RI(SCRATCH, 1)
      asm.neg32R(SCRATCH)
      asm.kmovKR('w', k, SCRATCH)
      break
    case 'firstLanes': firstLanes(e, instr, k); break
    case 'select': {
      // k0 cannot be a write mask, so it is free for this.
      const m = e.mask(a)
      asm.kandn('w', 0, m, e.mask(instr.args[2]))
      asm.kand('w', k, m, e.mask(b))
      asm.kor('w', k, k, 0)
      break
    }
    default: throw new Error(`native codegen: no ${instr.op} on masks`)
  }
}

/** Lane numbers below n. */
const firstLanes = (e: Emitter, instr: Instr, k: number): void => {
  const [n] = instr.args
  const lanes = instr.result!.lanes
  if (e.isImm(n)) {
    e.asm.movRI(SCRATCH, 2 ** Math.max(0, Math.min(e.imm(n), lanes)) - 1)
    e.asm.kmovKR('w', k, SCRATCH)
    return
  }
  const temp = e.acquire(V)
  const width = widthOf(lanes)
  e.asm.vrr('vpbroadcastd.gpr', width, temp, e.gpr(n))
  const iota = e.pool.words(Array.from({ length: lanes }, (_, i) => i))
  e.asm.vcmp('vpcmpd', width, k, temp, { rip: iota }, 6)
}

/** The same where masks are vectors. */
export const selectVectorMask = (e: Emitter, instr: Instr, d: number): void => {
  const { asm } = e
  const [a, b] = instr.args
  const lanes = instr.result!.lanes
  const width = widthOf(lanes)
  switch (instr.op) {
    case 'constMask':
      if (instr.imm) asm.vrrr('vpcmpeqd', width, d, d, d)
      else e.zero(d)
      break
    case 'and':
    case 'or':
    case 'xor':
      e.op3(logicOp(e, instr.op), width, d, e.vec(a), e.operand(b, false))
      break
    case 'not':
      e.op3('vpxor', width, d, e.vec(a), e.bitsOperand(-1))
      break
    case 'i32ToMask':
      e.op3('vpcmpeqd', width, d, e.vec(a), e.bitsOperand(0))
      e.op3('vpxor', width, d, d, e.bitsOperand(-1))
      break
    case 'splat': e.op2('vbroadcastss', width, d, e.operand(a, true)); break
    case 'select': selectData(e, instr, d); break
    default: throw new Error(`native codegen: ${instr.op} needs mask registers`)
  }
}

/** A mask of 64-bit lanes, in a temporary. */
const widenMask = (e: Emitter, m: Value): number => {
  const mask = e.vec(m)
  const into = e.acquire(V)
  e.asm.vrr('vpmovsxdq', widthOf(m.lanes * 2), into, mask)
  return into
}

/** a where the mask is set, else b. */
export const selectData = (e: Emitter, instr: Instr, d: number): void => {
  const { asm } = e
  const [m, a, b] = instr.args
  const wide = isWide(a.kind)
  const width = widthOfValue(a)
  if (!e.evex) {
    const mask = wide ? widenMask(e, m) : e.vec(m)
    const y = e.vec(b)
    const o = e.operand(a, false)
    asm.vblendv(wide ? 'vblendvpd' : 'vblendvps', width, d, y, o.mem ?? o.reg, mask)
    return
  }
  const blend = wide ? 'vblendmpd' : 'vblendmps'
  const k = e.mask(m)
  if (e.mode(b) === CONST && e.imm(b) === 0 && !e.folding.isIota[e.rep(b)] && e.inRegister(a)) {
    asm.vrr(wide ? 'vmovapd' : 'vmovaps', width, d, e.vec(a), { mask: k, zero: true })
    return
  }
  const y = e.vec(b, e.registerOf(e.rep(a)) === d ? NONE : d)
  const o = e.operand(a, false)
  if (o.mem) asm.vrrm(blend, width, d, y, o.mem, { mask: k, broadcast: o.broadcast })
  else asm.vrrr(blend, width, d, y, o.reg, { mask: k })
}

/** 1 when any lane is set. */
export const selectAny = (e: Emitter, instr: Instr, d: number): void => {
  const { asm } = e
  const [m] = instr.args
  if (e.evex && m.lanes === 16) {
    const k = e.mask(m)
    asm.kortest('w', k, k)
  } else {
    if (e.evex) asm.kmovRK('w', SCRATCH, e.mask(m))
    else asm.vrr('vmovmskps', widthOf(m.lanes), SCRATCH, e.vec(m))
    asm.test32RI(SCRATCH, 2 ** m.lanes - 1)
  }
  asm.setcc('ne', SCRATCH)
  asm.movzx8RR(d, SCRATCH)
}
