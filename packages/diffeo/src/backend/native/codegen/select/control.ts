/** @file Loops, branches, calls. */
import { type Condition, mem, RSP } from '../../../../asm/x64/index.ts'
import type { Instr, Value } from '../../../../kernel/ir.ts'
import { NONE } from '../allocate.ts'
import { ParallelCopy } from '../copy.ts'
import type { Emitter } from '../emitter.ts'
import { SUNK } from '../fold.ts'
import { ELSE, LOOP } from '../linear.ts'
import { argumentRegisters, SCRATCH } from '../machine.ts'
import { loadInt, withInt } from './int.ts'

/** Labels by position: a loop's head and exit; a branch's else and end. */
export interface ControlLabels {
  readonly head: Int32Array
  readonly exit: Int32Array
  /** Positions of the IFs that are open. */
  readonly branches: { orelse: number; end: number }[]
}

const bothConstant = (e: Emitter, a: Value, b: Value): boolean => e.isImm(a) && e.isImm(b)

const tripsOf = (e: Emitter, instr: Instr): number => {
  const [start, end] = instr.args
  if (!bothConstant(e, start, end)) return NONE
  return Math.max(0, Math.ceil((e.imm(end) - e.imm(start)) / instr.loop!.step))
}

export const selectLoop = (e: Emitter, instr: Instr, p: number, labels: ControlLabels): void => {
  const { asm } = e
  const loop = instr.loop!
  const variable = loop.variable.id
  const [start, end] = instr.args
  const down = e.live.countDown[p] === 1
  const copy = new ParallelCopy(e)
  loop.carried.forEach((v, i) => copy.add(v.id, e.rep(loop.inits[i])))
  if (!down) copy.add(variable, e.rep(start))
  else if (e.isImm(start) && !e.isImm(end)) copy.add(variable, e.rep(end))
  copy.emit()
  if (down) startDownCount(e, variable, start, end)
  labels.head[p] = asm.newLabel()
  labels.exit[p] = asm.newLabel()
  const trips = tripsOf(e, instr)
  if (trips < 1) {
    if (down) compareWithZero(e, variable)
    else compareVariable(e, variable, end)
    asm.jcc(down ? 'le' : 'ge', labels.exit[p])
  }
}

/** After constants of the loop are in place. */
export const bindLoop = (e: Emitter, p: number, labels: ControlLabels): void => {
  let innermost = true
  for (let q = p + 1; q < e.linear.mate[p]; q++) if (e.linear.kind[q] === LOOP) innermost = false
  if (innermost) e.asm.align(32)
  e.asm.bind(labels.head[p])
}

/** end - start. */
const startDownCount = (e: Emitter, variable: number, start: Value, end: Value): void => {
  const { asm } = e
  const reg = e.registerOf(variable)
  if (bothConstant(e, start, end)) {
    const count = e.imm(end) - e.imm(start)
    if (reg !== NONE) asm.movRI(reg, count)
    else {
      asm.movRI(SCRATCH, count)
      asm.movMR(e.slotOf(variable), SCRATCH)
    }
  } else if (e.isImm(start)) {
    if (e.imm(start) === 0) return
    if (reg !== NONE) asm.subRI(reg, e.imm(start))
    else asm.subMI(e.slotOf(variable), e.imm(start))
  } else {
    const count = reg !== NONE ? reg : SCRATCH
    loadInt(e, count, end)
    withInt(e, 'sub', count, start)
    if (reg === NONE) asm.movMR(e.slotOf(variable), SCRATCH)
  }
}

const compareWithZero = (e: Emitter, variable: number): void => {
  const reg = e.registerOf(variable)
  if (reg !== NONE) e.asm.testRR(reg, reg)
  else e.asm.cmpMI(e.slotOf(variable), 0)
}

const compareVariable = (e: Emitter, variable: number, end: Value): void => {
  const reg = e.registerOf(variable)
  if (reg !== NONE) {
    withInt(e, 'cmp', reg, end)
    return
  }
  if (e.isImm(end)) {
    e.asm.cmpMI(e.slotOf(variable), e.imm(end))
    return
  }
  e.asm.movRM(SCRATCH, e.slotOf(variable))
  withInt(e, 'cmp', SCRATCH, end)
}

export const selectNext = (e: Emitter, instr: Instr, p: number, labels: ControlLabels): void => {
  const { asm } = e
  const loop = instr.loop!
  const head = e.linear.mate[p]
  const copy = new ParallelCopy(e)
  loop.yields.forEach((y, i) => {
    if (e.mode(y) !== SUNK) copy.add(loop.carried[i].id, e.rep(y))
  })
  copy.emit()
  loop.yields.forEach((y, i) => {
    if (e.mode(y) === SUNK) addInPlace(e, loop.carried[i].id, e.folding.def(e.rep(y)).args[1])
  })
  if (tripsOf(e, instr) !== 1) {
    step(e, instr, head)
    asm.jcc(e.live.countDown[head] === 1 ? 'g' : 'l', labels.head[head])
  }
  asm.bind(labels.exit[head])
}

const addInPlace = (e: Emitter, carried: number, by: Value): void => {
  const reg = e.registerOf(carried)
  if (reg !== NONE) withInt(e, 'add', reg, by)
  else if (e.isImm(by)) e.asm.addMI(e.slotOf(carried), e.imm(by))
  else e.asm.addMR(e.slotOf(carried), e.gpr(by))
}

/** Steps the variable and sets the flags for going on. */
const step = (e: Emitter, instr: Instr, head: number): void => {
  const { asm } = e
  const variable = instr.loop!.variable.id
  const reg = e.registerOf(variable)
  const by = instr.loop!.step
  if (e.live.countDown[head] === 1) {
    if (reg !== NONE) asm.subRI(reg, by)
    else asm.subMI(e.slotOf(variable), by)
    return
  }
  if (reg !== NONE) asm.addRI(reg, by)
  else asm.addMI(e.slotOf(variable), by)
  compareVariable(e, variable, instr.args[1])
}

const unless: Record<string, Condition> = { eq: 'ne', ne: 'e', lt: 'ge', le: 'g' }
const unlessSwapped: Record<string, Condition> = { eq: 'ne', ne: 'e', lt: 'le', le: 'l' }

export const selectIf = (e: Emitter, instr: Instr, labels: ControlLabels): void => {
  const [a, b] = instr.args
  const { compare, orelse } = instr.branch!
  const end = e.asm.newLabel()
  const label = { orelse: orelse ? e.asm.newLabel() : end, end }
  labels.branches.push(label)
  const swap = e.isImm(a) && !e.isImm(b)
  const [x, y] = swap ? [b, a] : [a, b]
  const reg = e.registerOf(e.rep(x))
  if (reg !== NONE) withInt(e, 'cmp', reg, y)
  else {
    loadInt(e, SCRATCH, x)
    withInt(e, 'cmp', SCRATCH, y)
  }
  e.asm.jcc((swap ? unlessSwapped : unless)[compare], label.orelse)
}

/** ELSE and END. */
export const selectJoin = (e: Emitter, kind: number, labels: ControlLabels): void => {
  const label = labels.branches[labels.branches.length - 1]
  if (kind === ELSE) {
    e.asm.jmpLabel(label.end)
    e.asm.bind(label.orelse)
  } else {
    e.asm.bind(label.end)
    labels.branches.pop()
  }
}

export const selectCall = (e: Emitter, instr: Instr): void => {
  const { asm } = e
  const inRegisters = argumentRegisters.length
  for (let i = inRegisters; i < instr.args.length; i++) {
    const slot = mem(RSP, 8 * (i - inRegisters))
    if (e.isImm(instr.args[i])) asm.movMI(slot, e.imm(instr.args[i]))
    else asm.movMR(slot, e.gpr(instr.args[i]))
  }
  const copy = new ParallelCopy(e)
  instr.args.slice(0, inRegisters).forEach((a, i) => copy.addToRegister(argumentRegisters[i], e.rep(a)))
  copy.emit()
  asm.callLabel(e.labelOf(instr.callee!))
}

/** Parameters go from where the caller put them to where the allocator wants them. */
export const receiveParams = (e: Emitter): void => {
  const { asm, allocation, live, folding } = e
  const copy = new ParallelCopy(e)
  const params = e.linear.fn.params.filter((v) => folding.uses[v.id] > 0)
  const index = (v: Value): number => e.linear.fn.params.indexOf(v)
  for (const v of params)
    if (index(v) < argumentRegisters.length) copy.addFromRegister(v.id, argumentRegisters[index(v)])
  copy.emit()
  for (const v of params) {
    const i = index(v)
    if (i < argumentRegisters.length) continue
    const reg = allocation.register[live.find(v.id)]
    asm.movRM(reg !== NONE ? reg : SCRATCH, e.frame.incoming(i))
    if (reg === NONE) asm.movMR(e.slotOf(v.id), SCRATCH)
  }
}
