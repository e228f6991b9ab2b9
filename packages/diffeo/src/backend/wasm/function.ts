/** @file Emits one function of the kernel IR: control flow, the homes of values, and calls. */
import { Code, type ValType } from '../../asm/wasm/index.ts'
import type { Block, Fn, Instr, Loop, Value } from '../../kernel/ir.ts'
import { analyse, constant, inline, local, type Analysis } from './analysis.ts'
import type { Context, FunctionOptions } from './context.ts'
import { emitConstant, emitTree } from './expression.ts'
import { Locals, typeOf } from './locals.ts'
import { emitStore } from './memory.ts'

export interface FunctionBody {
  readonly locals: readonly ValType[]
  readonly code: Code
}

export function emitFunction(fn: Fn, options: FunctionOptions): FunctionBody {
  const emitter = new Emitter(fn, options)
  emitter.block(fn.body)
  return { locals: emitter.locals.types, code: emitter.code }
}

const compareOp = { eq: 'i32.eq', ne: 'i32.ne', lt: 'i32.lt_s', le: 'i32.le_s' } as const

export class Emitter implements Context {
  readonly code = new Code()
  readonly locals: Locals
  readonly options: FunctionOptions
  private readonly fn: Fn
  private readonly analysis: Analysis
  /** By value id. */
  private readonly localOf: Int32Array
  private readonly readsLeft: Int32Array
  /** Loops around the definition; −1: the local belongs to a parameter or a loop and is not given back here. */
  private readonly loopsAround: Int32Array
  /** For each open loop, the locals to give back when it ends. */
  private readonly loops: number[][] = []

  constructor(fn: Fn, options: FunctionOptions) {
    this.fn = fn
    this.options = options
    this.analysis = analyse(fn)
    this.locals = new Locals(fn.params.length)
    this.localOf = new Int32Array(fn.values).fill(-1)
    this.readsLeft = this.analysis.uses.slice()
    this.loopsAround = new Int32Array(fn.values).fill(-1)
    fn.params.forEach((p, i) => { this.localOf[p.id] = i })
  }

  block(block: Block): void {
    for (const instr of block.instrs) this.instr(instr)
  }

  /** Pushes a value. */
  push(value: Value): void {
    const home = this.analysis.home[value.id]
    if (home === constant) emitConstant(this.code, value.def!)
    else if (home === inline) emitTree(this, value.def!)
    else this.code.localGet(this.read(value))
  }

  isInline(value: Value): boolean { return this.analysis.home[value.id] === inline }

  /** Leaves the top of the stack there and in a fresh local. */
  tee(type: ValType): number {
    const index = this.locals.take(type)
    this.code.localTee(index)
    return index
  }

  /** The local of the argument block. */
  get argumentBlock(): number { return this.localOf[this.fn.params[0].id] }

  private instr(instr: Instr): void {
    if (instr.loop) return this.loop(instr, instr.loop)
    if (instr.branch) return this.branch(instr)
    if (instr.op === 'store') return emitStore(this, instr)
    if (instr.op === 'prefetch') return
    if (instr.op === 'call') {
      for (const a of instr.args) this.push(a)
      this.code.call(this.options.indexOf(instr.callee!))
      return
    }
    if (this.analysis.home[instr.result!.id] === local) this.define(instr)
  }

  private define(instr: Instr): void {
    const result = instr.result!
    emitTree(this, instr)
    const carried = this.analysis.carriedBy.get(result.id)
    if (carried) this.localOf[result.id] = this.localOf[carried.id]
    else this.own(result, this.locals.take(typeOf(result)))
    this.code.localSet(this.localOf[result.id])
  }

  // ---- control

  private branch(instr: Instr): void {
    const { compare, body, orelse } = instr.branch!
    for (const a of instr.args) this.push(a)
    this.code.op(compareOp[compare]).if_()
    this.block(body)
    if (orelse) {
      this.code.else_()
      this.block(orelse)
    }
    this.code.end()
  }

  private loop(instr: Instr, loop: Loop): void {
    const { variable, step } = loop
    const [start, end] = instr.args
    const turns = turnsOf(start, end, step)
    loop.inits.forEach((init, i) => this.enter(init, loop.carried[i]))
    const v = this.locals.take('i32')
    this.localOf[variable.id] = v
    this.push(start)
    this.code.localSet(v)
    const guarded = turns === null || turns === 0
    if (guarded) {
      this.code.localGet(v)
      this.push(end)
      this.code.op('i32.lt_s').if_()
    }
    this.turns(loop, end, turns === 1)
    if (guarded) this.code.end()
    this.locals.give(v)
    this.leave(loop)
  }

  /** Gives a carried value its local and its first value. */
  private enter(init: Value, carried: Value): void {
    const known = this.analysis.home[init.id] === local
    const from = known ? this.read(init) : -1
    if (!known) this.push(init)
    const to = this.locals.take(typeOf(carried))
    this.localOf[carried.id] = to
    if (known && from === to) return
    if (known) this.code.localGet(from)
    this.code.localSet(to)
  }

  private turns(loop: Loop, end: Value, once: boolean): void {
    const v = this.localOf[loop.variable.id]
    const ended: number[] = []
    this.loops.push(ended)
    if (!once) this.code.loop()
    this.block(loop.body)
    this.yields(loop)
    if (!once) {
      this.code.localGet(v).i32Const(loop.step).op('i32.add').localTee(v)
      this.push(end)
      this.code.op('i32.lt_s').brIf(0).end()
    }
    this.loops.pop()
    for (const index of ended) this.locals.give(index)
  }

  /** A parallel copy over the stack, without what is already in place. */
  private yields({ yields, carried }: Loop): void {
    const copies: number[] = []
    yields.forEach((y, i) => {
      const target = this.localOf[carried[i].id]
      if (this.analysis.home[y.id] === local && this.localOf[y.id] === target) return
      this.push(y)
      copies.push(target)
    })
    for (let i = copies.length - 1; i >= 0; i--) this.code.localSet(copies[i])
  }

  /** After a loop its results are what was carried last. */
  private leave({ carried, results }: Loop): void {
    results.forEach((r, i) => {
      const index = this.localOf[carried[i].id]
      if (this.analysis.uses[r.id] === 0) this.locals.give(index)
      else this.own(r, index)
    })
  }

  // ---- locals

  private own(value: Value, index: number): void {
    this.localOf[value.id] = index
    this.loopsAround[value.id] = this.loops.length
  }

  /** The local of a value that is read now; given back after the last read, in a loop when the loop has ended. */
  private read({ id }: Value): number {
    const index = this.localOf[id]
    const around = this.loopsAround[id]
    if (--this.readsLeft[id] === 0 && around >= 0) {
      if (around === this.loops.length) this.locals.give(index)
      else this.loops[around].push(index)
    }
    return index
  }
}

/** How often a loop of constant bounds runs; null when they are not constant. */
function turnsOf(start: Value, end: Value, step: number): number | null {
  if (start.def?.op !== 'iconst' || end.def?.op !== 'iconst') return null
  return Math.max(0, Math.ceil((end.def.imm - start.def.imm) / step))
}
