/** @file Conversions between kinds, between one lane and all, and reductions over lanes. */
import { isWide, type Instr } from '../../../../kernel/ir.ts'
import type { Emitter } from '../emitter.ts'
import { SCRATCH, V, widthOf, widthOfValue } from '../machine.ts'
import { ripMem } from '../../../../asm/x64/index.ts'
import { binaryName, isFloat } from './arithmetic.ts'
import { f32Bits } from '../fold.ts'

export const selectConvert = (e: Emitter, instr: Instr, d: number): void => {
  const [a] = instr.args
  const width = widthOf(a.lanes)
  switch (instr.op) {
    case 'i32ToF32': e.op2('vcvtdq2ps', width, d, e.operand(a, false)); break
    case 'f32ToI32': e.op2('vcvttps2dq', width, d, e.operand(a, false)); break
    case 'u32ToF32':
      if (e.evex) e.op2('vcvtudq2ps', width, d, e.operand(a, false))
      else u32ToF32(e, instr, d)
      break
    case 'f32ToU32':
      if (e.evex) e.op2('vcvttps2udq', width, d, e.operand(a, false))
      else f32ToU32(e, instr, d)
      break
    // The width of conversions between 32 and 64 bits a lane is that of the wider side.
    case 'f32ToF64': e.op2('vcvtps2pd', widthOf(2 * a.lanes), d, e.operand(a, false)); break
    case 'i32ToF64': e.op2('vcvtdq2pd', widthOf(2 * a.lanes), d, e.operand(a, false)); break
    case 'f64ToF32': e.asm.vrr('vcvtpd2ps', widthOfValue(a), d, e.vec(a)); break
    case 'f64ToI32': e.asm.vrr('vcvttpd2dq', widthOfValue(a), d, e.vec(a)); break
    case 'maskToI32':
      if (e.evex) e.asm.vrm('vpbroadcastd', width, d, ripMem(e.pool.lanes(1, 1)), { mask: e.mask(a), zero: true })
      else e.asm.vrr('vpsrld', width, d, e.vec(a, d), { imm: 31 })
      break
  }
}

/** high·65536 + low: both halves convert exactly and the fma rounds once. */
const u32ToF32 = (e: Emitter, instr: Instr, d: number): void => {
  const [a] = instr.args
  const width = widthOf(a.lanes)
  const x = e.vec(a)
  const low = e.acquire(V)
  e.asm.vrr('vpsrld', width, d, x, { imm: 16 })
  e.op3('vpand', width, low, x, e.bitsOperand(0xffff))
  e.asm.vrr('vcvtdq2ps', width, d, d)
  e.asm.vrr('vcvtdq2ps', width, low, low)
  e.op3('vfmadd132ps', width, d, low, e.bitsOperand(f32Bits(65536)))
}

/** From 2^31 on vcvttps2dq gives 0x80000000, to which x - 2^31 is added: below, its sign masks that away. */
const f32ToU32 = (e: Emitter, instr: Instr, d: number): void => {
  const [a] = instr.args
  const width = widthOf(a.lanes)
  const x = e.vec(a)
  const rest = e.acquire(V)
  const big = e.acquire(V)
  e.op3('vsubps', width, rest, x, e.bitsOperand(f32Bits(2 ** 31)))
  e.asm.vrr('vcvttps2dq', width, rest, rest)
  e.asm.vrr('vcvttps2dq', width, d, x)
  e.asm.vrr('vpsrad', width, big, d, { imm: 31 })
  e.asm.vrrr('vpand', width, rest, rest, big)
  e.asm.vrrr('vpor', width, d, d, rest)
}

export const selectSplat = (e: Emitter, instr: Instr, d: number): void => {
  const [a] = instr.args
  const result = instr.result!
  e.op2(isWide(result.kind) ? 'vbroadcastsd' : 'vbroadcastss', widthOfValue(result), d, e.operand(a, true))
}

export const selectFromInt = (e: Emitter, instr: Instr, d: number): void => {
  e.asm.vmovdVR(d, e.gpr(instr.args[0]))
}

export const selectToInt = (e: Emitter, instr: Instr, d: number): void => {
  e.asm.vmovdRV(SCRATCH, e.vec(instr.args[0]))
  e.asm.movsxdRR(d, SCRATCH)
}

/** Halves: lane i with lane i + 8, then + 4, + 2, + 1. The result's register is not the operand's. */
export const selectReduce = (e: Emitter, instr: Instr, d: number): void => {
  const { asm } = e
  const [a] = instr.args
  const name = instr.op.slice('reduce'.length)
  const op = name.charAt(0).toLowerCase() + name.slice(1)
  const float = isFloat(a.kind)
  const words = isWide(a.kind) ? 2 * a.lanes : a.lanes
  const instruction = binaryName(e, op, { kind: a.kind, lanes: 2 })
  const swap = float && (op === 'min' || op === 'max')
  const temp = e.acquire(V)
  let low = e.vec(a)
  const combine = (width: 16 | 32): void => {
    asm.vrrr(instruction, width, d, swap ? temp : low, swap ? low : temp)
    low = d
  }
  if (words === 16) {
    asm.vrr('vextractf64x4', 64, temp, low, { imm: 1 })
    combine(32)
  }
  if (words >= 8) {
    asm.vrr(e.evex ? 'vextractf32x4' : 'vextractf128', 32, temp, low, { imm: 1 })
    combine(16)
  }
  if (words >= 4) {
    asm.vrr('vpshufd', 16, temp, low, { imm: 0xee })
    combine(16)
  }
  if (isWide(a.kind)) return
  asm.vrr('vpshufd', 16, temp, low, { imm: 0x55 })
  combine(16)
}
