/**
 * @file Decides where each value of a function lives: inline at its one use, in a local, in the local that a loop
 * carries, or nowhere. One walk backwards, so that uses are known before definitions.
 */
import type { Block, Fn, Instr, Loop, Value } from '../../kernel/ir.ts'

/** Where a value lives. A value that nothing uses is `dead` and is not computed. */
export const dead = 0
export const constant = 1
export const inline = 2
export const local = 3
export type Home = typeof dead | typeof constant | typeof inline | typeof local

export interface Analysis {
  /** By value id. */
  readonly home: Uint8Array
  /** How often the value is read in the emitted code. */
  readonly uses: Int32Array
  /** Value ids computed straight into a carried value's local → that carried value. */
  readonly carriedBy: ReadonlyMap<number, Value>
}

/** Deeper trees go through a local: recursion and the operand stack stay small. */
const maxTree = 64

export function analyse(fn: Fn): Analysis {
  const walk = new Walk(fn)
  walk.depths(fn.body, 0)
  walk.block(fn.body, [])
  return walk
}

class Walk implements Analysis {
  readonly home: Uint8Array
  readonly uses: Int32Array
  readonly carriedBy = new Map<number, Value>()
  /** Nesting of the block that defines the value. */
  private readonly depth: Int32Array
  /** Position in the value's block of its latest read, as emitted. */
  private readonly lastRead: Int32Array
  /** Set when a read lies in a nested block. */
  private readonly outside: Uint8Array
  private readonly tree: Uint8Array
  /** Results that must be computed where they stand. */
  private readonly pinned: Uint8Array
  private readonly effects = new Map<Instr, boolean>()
  /** The emission position in each open block. */
  private readonly at: number[] = []

  constructor(fn: Fn) {
    const n = fn.values
    this.home = new Uint8Array(n).fill(local)
    this.uses = new Int32Array(n)
    this.depth = new Int32Array(n)
    this.lastRead = new Int32Array(n).fill(-1)
    this.outside = new Uint8Array(n)
    this.tree = new Uint8Array(n)
    this.pinned = new Uint8Array(n)
  }

  /** Notes nesting and effects; true when the block writes memory. */
  depths(block: Block, depth: number): boolean {
    let writes = false
    for (const instr of block.instrs) {
      if (instr.result) this.depth[instr.result.id] = depth
      const effect = this.effect(instr, depth)
      this.effects.set(instr, effect)
      writes ||= effect
    }
    return writes
  }

  private effect(instr: Instr, depth: number): boolean {
    const { loop, branch } = instr
    if (loop) {
      for (const r of loop.results) this.depth[r.id] = depth
      for (const v of [loop.variable, ...loop.carried]) this.depth[v.id] = depth + 1
      return this.depths(loop.body, depth + 1)
    }
    if (branch) {
      const body = this.depths(branch.body, depth + 1)
      return (branch.orelse ? this.depths(branch.orelse, depth + 1) : false) || body
    }
    return instr.op === 'store' || instr.op === 'call'
  }

  /** `yields` are read after the last instruction. */
  block(block: Block, yields: readonly Value[]): void {
    const { instrs } = block
    const effectsBefore = new Int32Array(instrs.length + 2)
    instrs.forEach((instr, i) => { effectsBefore[i + 1] = effectsBefore[i] + (this.effects.get(instr) ? 1 : 0) })
    effectsBefore[instrs.length + 1] = effectsBefore[instrs.length]
    this.at.push(instrs.length)
    for (const y of yields) this.read(y, 0)
    for (let i = instrs.length - 1; i >= 0; i--) this.instr(instrs[i], i, effectsBefore)
    this.at.pop()
  }

  private instr(instr: Instr, index: number, effectsBefore: Int32Array): void {
    this.setAt(index)
    if (instr.loop) return this.loop(instr, instr.loop, index)
    if (instr.branch) {
      this.block(instr.branch.body, [])
      if (instr.branch.orelse) this.block(instr.branch.orelse, [])
    }
    let tree = 0
    if (instr.result) {
      const home = this.choose(instr, index, effectsBefore)
      this.home[instr.result.id] = home
      if (home === dead || home === constant) return
      if (home === inline) {
        this.setAt(this.lastRead[instr.result.id])
        tree = this.tree[instr.result.id]
      }
    }
    this.operands(instr, tree)
  }

  private operands(instr: Instr, tree: number): void {
    const { args, address, op } = instr
    // a gather reads its base and its indices once a lane
    const times = op === 'gather' ? args[0].lanes : 1
    args.forEach((a, i) => { for (let t = i === 0 ? times : 1; t > 0; t--) this.read(a, tree) })
    if (!address) return
    for (let t = times; t > 0; t--) this.read(address.base, tree)
    if (address.index) this.read(address.index, tree)
  }

  private choose({ op, result }: Instr, index: number, effectsBefore: Int32Array): Home {
    const { id } = result!
    if (op === 'iconst' || op === 'const' || op === 'constMask' || op === 'iota') return constant
    if (this.uses[id] === 0) return dead
    if (this.uses[id] > 1 || this.outside[id] || this.pinned[id] || this.tree[id] > maxTree) return local
    const reads = op === 'load' || op === 'gather'
    return reads && effectsBefore[this.lastRead[id]] > effectsBefore[index] ? local : inline
  }

  private loop(instr: Instr, loop: Loop, index: number): void {
    const direct = this.candidates(loop)
    for (const y of direct.values()) this.pinned[y.id] = 1
    this.block(loop.body, loop.yields)
    for (const [c, y] of direct) this.carry(loop, c, y)
    this.setAt(index)
    const [start, end, ...inits] = instr.args
    for (const v of [start, end, end, ...inits]) this.read(v, 0)
  }

  /** Yields that an instruction of the loop's own body computes, each for one carried value. */
  private candidates({ carried, yields }: Loop): Map<Value, Value> {
    const found = new Map<Value, Value>()
    const inner = this.depth[carried[0]?.id ?? 0]
    yields.forEach((y, i) => {
      const computed = y.def !== null && y.def.result === y && this.depth[y.id] === inner
      if (computed && yields.indexOf(y) === yields.lastIndexOf(y)) found.set(carried[i], y)
    })
    return found
  }

  /** The yield may overwrite the carried value when nothing reads that one afterwards. */
  private carry(loop: Loop, carried: Value, y: Value): void {
    const at = loop.body.instrs.indexOf(y.def!)
    if (this.home[y.id] === local && this.lastRead[carried.id] <= at) this.carriedBy.set(y.id, carried)
  }

  private read(value: Value, tree: number): void {
    const { id } = value
    const depth = this.depth[id]
    this.uses[id]++
    if (depth !== this.at.length - 1) this.outside[id] = 1
    this.lastRead[id] = Math.max(this.lastRead[id], this.at[depth])
    this.tree[id] = Math.min(tree + 1, 255)
  }

  private setAt(position: number): void { this.at[this.at.length - 1] = position }
}
