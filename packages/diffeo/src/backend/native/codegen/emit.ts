/** @file One function to machine code: linearise, fold, liveness, allocate, select. */
import type { Assembler } from '../../../asm/x64/index.ts'
import type { Fn, Instr, Target } from '../../../kernel/ir.ts'
import { allocate, NONE } from './allocate.ts'
import { Emitter } from './emitter.ts'
import { CONST, Folding } from './fold.ts'
import { Frame } from './frame.ts'
import { ELSE, END, IF, Linear, LOOP, NEXT, OP } from './linear.ts'
import { Liveness } from './liveness.ts'
import { G, K, type Machine, machineOf, SCRATCH, V } from './machine.ts'
import { ConstantPool } from './pool.ts'
import {
  bindLoop, type ControlLabels, receiveParams, selectCall, selectIf, selectJoin, selectLoop, selectNext,
} from './select/control.ts'
import { selectors } from './select/index.ts'
import { selectPrefetch, selectStore } from './select/memory.ts'

export interface FunctionOptions {
  /** The entry of a kernel aligns the stack and ends with vzeroupper. */
  readonly entry?: boolean
  readonly labelOf?: (fn: Fn) => number
  readonly pool?: ConstantPool
  /** `machineOf(target)`, made once for many functions. */
  readonly machine?: Machine
}

const noCallees = (fn: Fn): never => { throw new Error(`native codegen: no label for ${fn.name}`) }

/** Emits `fn` at the assembler's position. */
export const emitFunction = (fn: Fn, asm: Assembler, target: Target, options: FunctionOptions = {}): void => {
  const { entry = true, labelOf = noCallees, pool = new ConstantPool(asm), machine = machineOf(target) } = options
  const linear = new Linear(fn)
  const folding = new Folding(linear, machine)
  const live = new Liveness(folding, machine)
  const allocation = allocate(live, machine)
  const frame = new Frame(allocation, machine, { entry, calls: live.calls.length > 0, callArgs: mostArguments(live) })
  const e = new Emitter({ asm, machine, live, allocation, frame, pool, labelOf })
  frame.prologue(asm)
  e.moveTo(0)
  receiveParams(e)
  emitBody(e)
  frame.epilogue(asm)
}

const mostArguments = (live: Liveness): number =>
  live.calls.reduce((most, p) => Math.max(most, live.folding.linear.instrs[p].args.length), 0)

const emitBody = (e: Emitter): void => {
  const { linear } = e
  const n = linear.length
  const labels: ControlLabels = { head: new Int32Array(n), exit: new Int32Array(n), branches: [] }
  const constants = constantsByPosition(e)
  for (let p = 0; p < n; p++) {
    e.moveTo(p)
    const instr = linear.instrs[p]
    switch (linear.kind[p]) {
      case OP: emitOp(e, instr); break
      case LOOP: selectLoop(e, instr, p, labels); break
      case NEXT: selectNext(e, instr, p, labels); break
      case IF: selectIf(e, instr, labels); break
      case ELSE: case END: selectJoin(e, linear.kind[p], labels); break
    }
    for (const v of constants.get(p) ?? []) e.constant(e.registerOf(v), v)
    if (linear.kind[p] === LOOP) bindLoop(e, p, labels)
    e.release()
  }
}

/** Constants that got a register, by the position that sets them. */
const constantsByPosition = (e: Emitter): Map<number, number[]> => {
  const at = new Map<number, number[]>()
  for (const v of e.allocation.order) {
    if (e.folding.mode[v] !== CONST || e.allocation.register[v] === NONE) continue
    const p = e.live.constantAt[v]
    const list = at.get(p)
    if (list) list.push(v)
    else at.set(p, [v])
  }
  return at
}

const emitOp = (e: Emitter, instr: Instr): void => {
  if (instr.op === 'store') selectStore(e, instr)
  else if (instr.op === 'prefetch') selectPrefetch(e, instr)
  else if (instr.op === 'call') selectCall(e, instr)
  else emitResult(e, instr, instr.result!.id)
}

/** A result in a slot is computed in a temporary. */
const emitResult = (e: Emitter, instr: Instr, v: number): void => {
  const c = e.live.classOf(v)
  const reg = e.registerOf(v)
  const d = reg !== NONE ? reg : c === G ? SCRATCH : e.acquire(c)
  const select = selectors[instr.op]
  if (select === undefined) throw new Error(`native codegen: no selector for ${instr.op}`)
  select(e, instr, d)
  if (reg !== NONE) return
  const slot = e.slotOf(v)
  if (c === G) e.asm.movMR(slot, d)
  else if (c === V) e.asm.vmr('vmovups', e.fullWidth, slot, d)
  else if (c === K) e.asm.kmovMK('w', slot, d)
}
