/** @file Addresses and counts: 64-bit arithmetic in general registers. */
import { mem } from '../../../../asm/x64/index.ts'
import type { Instr, Value } from '../../../../kernel/ir.ts'
import { NONE } from '../allocate.ts'
import type { Emitter } from '../emitter.ts'
import { IMM } from '../fold.ts'
import { G, SCRATCH } from '../machine.ts'

/** Puts an int into `dst`. */
export const loadInt = (e: Emitter, dst: number, v: Value): void => {
  const reg = e.gpr(v, dst)
  if (reg !== dst) e.asm.movRR(dst, reg)
}

const regOf = (e: Emitter, v: Value): number => e.registerOf(e.rep(v))
const inSlot = (e: Emitter, v: Value): boolean => regOf(e, v) === NONE && e.isSpilled(e.rep(v))

/** Adds, subtracts or compares with an int wherever it is. `temp` holds a constant beyond 32 bits. */
export const withInt = (e: Emitter, op: 'add' | 'sub' | 'cmp', dst: number, v: Value, temp = SCRATCH): void => {
  const { asm } = e
  if (e.isImm(v)) asm[`${op}RI`](dst, e.imm(v))
  else if (inSlot(e, v)) asm[`${op}RM`](dst, e.slotOf(e.rep(v)))
  else asm[`${op}RR`](dst, e.gpr(v, temp))
}

export const selectInt = (e: Emitter, instr: Instr, d: number): void => {
  const [a, b] = instr.args
  switch (instr.op) {
    case 'arg': e.asm.movRM(d, mem(e.gpr(e.linear.fn.params[0]), 8 * instr.imm)); break
    case 'iadd': add(e, d, a, b); break
    case 'isub': subtract(e, d, a, b); break
    case 'imul': multiply(e, d, a, b); break
    case 'idiv': divide(e, d, a, instr.imm); break
    case 'imod': modulo(e, d, a, instr.imm); break
    default: minMax(e, instr.op === 'imin', d, a, b)
  }
}

const int32 = (x: number): boolean => x === (x | 0)

const addConstant = (e: Emitter, d: number, a: Value, c: number): void => {
  const { asm } = e
  const reg = regOf(e, a)
  if (!int32(c)) {
    const temp = reg === d ? (d === SCRATCH ? e.acquire(G) : SCRATCH) : d
    asm.movRI(temp, c)
    if (temp === d) withInt(e, 'add', d, a)
    else asm.addRR(d, temp)
  } else if (reg !== NONE && reg !== d && c !== 0) asm.leaRM(d, mem(reg, c))
  else {
    loadInt(e, d, a)
    if (c !== 0) asm.addRI(d, c)
  }
}

const add = (e: Emitter, d: number, a: Value, b: Value): void => {
  if (e.mode(b) === IMM) return addConstant(e, d, a, e.imm(b))
  if (e.mode(a) === IMM) return addConstant(e, d, b, e.imm(a))
  const x = regOf(e, a)
  const y = regOf(e, b)
  if (x === d) withInt(e, 'add', d, b)
  else if (y === d) withInt(e, 'add', d, a)
  else if (x !== NONE && y !== NONE) e.asm.leaRM(d, mem(x, 0, y, 1))
  else {
    loadInt(e, d, a)
    withInt(e, 'add', d, b)
  }
}

const subtract = (e: Emitter, d: number, a: Value, b: Value): void => {
  if (e.mode(b) === IMM) return addConstant(e, d, a, -e.imm(b))
  if (regOf(e, b) === d) {
    e.asm.negR(d)
    // a - b with b in d; a may be d too.
    if (regOf(e, a) === d) e.asm.movRI(d, 0)
    else if (e.mode(a) === IMM && !e.isImm(a)) withInt(e, 'add', d, a, d === SCRATCH ? e.acquire(G) : SCRATCH)
    else withInt(e, 'add', d, a)
    return
  }
  loadInt(e, d, a)
  withInt(e, 'sub', d, b)
}

const multiply = (e: Emitter, d: number, a: Value, b: Value): void => {
  if (e.mode(b) === IMM) return multiplyConstant(e, d, a, e.imm(b))
  if (e.mode(a) === IMM) return multiplyConstant(e, d, b, e.imm(a))
  const [x, y] = regOf(e, b) === d ? [b, a] : [a, b]
  loadInt(e, d, x)
  if (inSlot(e, y)) e.asm.imulRM(d, e.slotOf(e.rep(y)))
  else e.asm.imulRR(d, regOf(e, y))
}

const multiplyConstant = (e: Emitter, d: number, a: Value, c: number): void => {
  const { asm } = e
  const shift = Math.log2(c)
  if (c === 0) asm.movRI(d, 0)
  else if (c > 0 && Number.isInteger(shift)) {
    loadInt(e, d, a)
    if (shift > 0) asm.shlRI(d, shift)
  } else if (c === 3 || c === 5 || c === 9) {
    const reg = e.gpr(a, d)
    asm.leaRM(d, mem(reg, 0, reg, (c - 1) as 2 | 4 | 8))
  } else if (int32(c)) asm.imulRRI(d, e.gpr(a, d), c)
  else {
    const reg = regOf(e, a)
    const temp = d === SCRATCH ? e.acquire(G) : SCRATCH
    asm.movRI(temp, c)
    if (reg !== d) loadInt(e, d, a)
    asm.imulRR(d, temp)
  }
}

/**
 * floor(a / d) = (a · m) >> k with m = ceil(2^k / d) for all 0 ≤ a < 2^31, once the error m·d - 2^k is at most
 * 2^(k - 31) (Hacker's Delight, 10-9). The smallest such k.
 */
export const divisionBy = (d: number): { m: number; k: number } => {
  for (let k = 31; ; k++) {
    const power = 2n ** BigInt(k)
    const m = (power + BigInt(d) - 1n) / BigInt(d)
    if (m * BigInt(d) - power <= 2n ** BigInt(k - 31)) return { m: Number(m), k }
  }
}

/** d = a / by; d may be a's register. */
const quotient = (e: Emitter, d: number, a: Value, by: number): void => {
  const { asm } = e
  const { m, k } = divisionBy(by)
  const reg = regOf(e, a)
  if (int32(m)) asm.imulRRI(d, reg === NONE ? e.gpr(a, d) : reg, m)
  else if (reg === d) {
    asm.movRI(SCRATCH, m)
    asm.imulRR(d, SCRATCH)
  } else {
    asm.movRI(d, m)
    if (reg !== NONE) asm.imulRR(d, reg)
    else asm.imulRM(d, e.slotOf(e.rep(a)))
  }
  asm.shrRI(d, k)
}

const isPowerOfTwo = (n: number): boolean => Number.isInteger(Math.log2(n))

const divide = (e: Emitter, d: number, a: Value, by: number): void => {
  if (e.mode(a) === IMM) return e.asm.movRI(d, Math.floor(e.imm(a) / by))
  if (isPowerOfTwo(by)) {
    loadInt(e, d, a)
    if (by > 1) e.asm.shrRI(d, Math.log2(by))
  } else quotient(e, d, a, by)
}

const modulo = (e: Emitter, d: number, a: Value, by: number): void => {
  const { asm } = e
  if (e.mode(a) === IMM) return asm.movRI(d, e.imm(a) % by)
  if (isPowerOfTwo(by)) {
    loadInt(e, d, a)
    asm.andRI(d, by - 1)
    return
  }
  // a - (a / by) · by
  const q = d === SCRATCH ? e.acquire(G) : SCRATCH
  quotient(e, q, a, by)
  asm.imulRRI(q, q, by)
  loadInt(e, d, a)
  asm.subRR(d, q)
}

const minMax = (e: Emitter, min: boolean, d: number, a: Value, b: Value): void => {
  const { asm } = e
  const swap = regOf(e, b) === d || (e.mode(a) === IMM && e.mode(b) !== IMM)
  const [x, y] = swap ? [b, a] : [a, b]
  const condition = min ? 'g' : 'l'
  loadInt(e, d, x)
  if (inSlot(e, y)) {
    const slot = e.slotOf(e.rep(y))
    asm.cmpRM(d, slot)
    asm.cmovccM(condition, d, slot)
    return
  }
  const reg = e.mode(y) === IMM ? e.gpr(y, d === SCRATCH ? e.acquire(G) : SCRATCH) : regOf(e, y)
  asm.cmpRR(d, reg)
  asm.cmovcc(condition, d, reg)
}
