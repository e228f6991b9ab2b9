/** @file Structured code laid out in one line: positions number instructions and the edges of loops and branches. */
import type { Block, Fn, Instr, Value } from '../../../kernel/ir.ts'

// What stands at a position.
export const OP = 0
export const LOOP = 1
/** The bottom of a loop: yields, step, test. Results of the loop are defined here. */
export const NEXT = 2
export const IF = 3
export const ELSE = 4
export const END = 5
/** Nothing is emitted: dead, a constant, or folded into the consumer. */
export const SKIP = 6

export class Linear {
  readonly fn: Fn
  readonly instrs: Instr[] = []
  readonly length: number
  readonly kind: Uint8Array
  /** Number of the block that a position belongs to. */
  readonly block: Int32Array
  readonly depth: Uint8Array
  /** LOOP ↔ NEXT. */
  readonly mate: Int32Array
  /** Position of the LOOP around, or -1. */
  readonly outer: Int32Array
  readonly values: (Value | null)[]
  readonly defAt: Int32Array
  private blocks = 0
  private level = 0
  private around = -1

  constructor(fn: Fn) {
    this.fn = fn
    this.values = new Array<Value | null>(fn.values).fill(null)
    this.defAt = new Int32Array(fn.values).fill(-1)
    for (const p of fn.params) this.values[p.id] = p
    const n = this.length = positions(fn.body)
    this.kind = new Uint8Array(n)
    this.block = new Int32Array(n)
    this.depth = new Uint8Array(n)
    this.mate = new Int32Array(n)
    this.outer = new Int32Array(n)
    this.walk(fn.body)
  }

  private push(kind: number, instr: Instr, block: number): number {
    const p = this.instrs.push(instr) - 1
    this.kind[p] = kind
    this.block[p] = block
    this.depth[p] = this.level
    this.mate[p] = -1
    this.outer[p] = this.around
    return p
  }

  private define(value: Value, at: number): void {
    this.values[value.id] = value
    this.defAt[value.id] = at
  }

  private walk(block: Block): void {
    const id = this.blocks++
    for (const instr of block.instrs) {
      if (instr.loop) this.walkLoop(instr, id)
      else if (instr.branch) this.walkBranch(instr, id)
      else {
        const at = this.push(OP, instr, id)
        if (instr.result) this.define(instr.result, at)
      }
    }
  }

  private walkLoop(instr: Instr, block: number): void {
    const loop = instr.loop!
    const head = this.push(LOOP, instr, block)
    this.define(loop.variable, head)
    for (const v of loop.carried) this.define(v, head)
    const around = this.around
    this.around = head
    this.level++
    this.walk(loop.body)
    this.around = around
    this.level--
    const next = this.push(NEXT, instr, block)
    for (const v of loop.results) this.define(v, next)
    this.mate[head] = next
    this.mate[next] = head
  }

  private walkBranch(instr: Instr, block: number): void {
    const { body, orelse } = instr.branch!
    this.push(IF, instr, block)
    this.walk(body)
    if (orelse) {
      this.push(ELSE, instr, block)
      this.walk(orelse)
    }
    this.push(END, instr, block)
  }
}

/** A loop and a branch have an end, a branch with two arms one position more between them. */
function positions({ instrs }: Block): number {
  let n = instrs.length
  for (let i = 0; i < instrs.length; i++) {
    const { loop, branch } = instrs[i]
    if (loop) n += positions(loop.body) + 1
    else if (branch) n += positions(branch.body) + 1 + (branch.orelse ? positions(branch.orelse) + 1 : 0)
  }
  return n
}

/** 0, 1, 2, …; the generic Int32Array.from is many times slower. */
export const identity = (n: number): Int32Array => {
  const list = new Int32Array(n)
  for (let i = 0; i < n; i++) list[i] = i
  return list
}
