/** @file Live ranges over positions (2p: reads, 2p + 1: writes), and webs: values that share a location. */
import type { Address, Instr } from '../../../kernel/ir.ts'
import { ADDR, BCAST, CONST, type Folding, IMM, MEM, REG, SUNK } from './fold.ts'
import { identity, IF, LOOP, NEXT, OP } from './linear.ts'
import { classOf, type Machine } from './machine.ts'
import { writesEarly } from './select/early.ts'

/** How often a loop's body runs, by its depth. */
const turns = [1, 8, 64, 512, 4096, 32768, 262144]
const turnsAt = (depth: number): number => turns[depth < turns.length ? depth : turns.length - 1]
/** Longer chains are not tried: each step looks at all members. */
const MAX_MEMBERS = 128

export class Liveness {
  readonly folding: Folding
  /** By value; -1: never in a register. */
  readonly start: Int32Array
  readonly end: Int32Array
  /** By web root after `webs`: the hull. */
  readonly weight: Float64Array
  /** Constants that loops use: rematerialised, so cheap to evict. By value: the LOOP or OP that sets it, else -1. */
  readonly constantAt: Int32Array
  readonly root: Int32Array
  readonly calls: number[] = []
  /** Loops whose variable only counts. */
  readonly countDown: Uint8Array
  /** Members of a web, linked. */
  private readonly nextMember: Int32Array
  /** Size of a web, by root; 0 where a loop carries nothing of it. */
  private readonly members: Int32Array
  private readonly machine: Machine
  private readonly classes: Uint8Array

  constructor(folding: Folding, machine: Machine) {
    const n = folding.rep.length
    this.folding = folding
    this.machine = machine
    this.start = new Int32Array(n).fill(-1)
    this.end = new Int32Array(n).fill(-1)
    this.weight = new Float64Array(n)
    this.constantAt = new Int32Array(n).fill(-1)
    this.root = identity(n)
    this.nextMember = new Int32Array(n).fill(-1)
    this.members = new Int32Array(n)
    this.countDown = new Uint8Array(folding.linear.length)
    this.classes = new Uint8Array(n)
    const { values } = folding.linear
    for (let v = 0; v < n; v++) if (values[v]) this.classes[v] = classOf(values[v]!, machine.evex)
    this.ranges()
    this.webs()
  }

  find(v: number): number {
    let r = v
    while (this.root[r] !== r) r = this.root[r]
    this.root[v] = r
    return r
  }

  private ranges(): void {
    const { linear } = this.folding
    for (const p of linear.fn.params) this.start[p.id] = this.end[p.id] = 0
    for (let p = 0; p < linear.length; p++) {
      const instr = linear.instrs[p]
      switch (linear.kind[p]) {
        case OP: this.op(instr, p); break
        case LOOP: this.loopHead(instr, p); break
        case NEXT: this.loopBottom(instr, p); break
        case IF: for (const a of instr.args) this.source(a.id, 2 * p, p); break
      }
    }
  }

  private define(v: number, at: number, p: number): void {
    if (this.start[v] < 0) this.start[v] = at
    if (this.end[v] < at) this.end[v] = at
    this.weight[v] += turnsAt(this.folding.linear.depth[p])
  }

  private op(instr: Instr, p: number): void {
    const { folding } = this
    const { args } = instr
    for (let i = 0; i < args.length; i++) this.source(args[i].id, 2 * p, p)
    if (instr.address) this.sourcesOf(instr.address, 2 * p, p)
    if (instr.op === 'arg') this.use(folding.linear.fn.params[0].id, 2 * p, p)
    if (instr.op === 'call') this.calls.push(p)
    if (instr.result) this.define(instr.result.id, writesEarly(instr, this.machine) ? 2 * p : 2 * p + 1, p)
  }

  /** As `Folding.eachSource`, for each operand of each instruction. */
  private source(v: number, at: number, p: number): void {
    const { folding } = this
    const r = folding.rep[v]
    switch (folding.mode[r]) {
      case REG: case CONST: this.use(r, at, p); break
      case MEM: this.sourcesOf(folding.def(r).address!, at, p); break
      case BCAST: case ADDR: case SUNK: {
        const { args } = folding.def(r)
        for (let i = 0; i < args.length; i++) this.source(args[i].id, at, p)
      }
    }
  }

  private sourcesOf(address: Address, at: number, p: number): void {
    this.source(address.base.id, at, p)
    if (address.index) this.source(address.index.id, at, p)
  }

  /** A use inside a loop of what was defined before it lasts until the loop's bottom. */
  private use(v: number, at: number, p: number): void {
    const { linear, mode } = this.folding
    this.weight[v] += turnsAt(linear.depth[p])
    if (mode[v] === CONST) {
      this.useConstant(v, at, p)
      return
    }
    this.extend(v, linear.defAt[v], at, p)
  }

  private extend(v: number, defAt: number, at: number, p: number): void {
    const { outer, mate } = this.folding.linear
    let last = at
    for (let loop = outer[p]; loop >= 0 && defAt < loop; loop = outer[loop]) last = 2 * mate[loop]
    if (this.end[v] < last) this.end[v] = last
  }

  private useConstant(v: number, at: number, p: number): void {
    const { linear } = this.folding
    if (this.constantAt[v] === -1) {
      const def = linear.defAt[v]
      if (linear.depth[p] === 0) return
      let from = def
      if (linear.depth[def] > 0) {
        for (let loop = linear.outer[def]; loop >= 0; loop = linear.outer[loop]) from = loop
      }
      this.constantAt[v] = from
      this.start[v] = 2 * from + 1
    }
    // Set before a loop, it lasts through all of that loop.
    const set = this.constantAt[v]
    this.extend(v, linear.kind[set] === LOOP ? set - 1 : set, at, p)
  }

  private loopHead(instr: Instr, p: number): void {
    const loop = instr.loop!
    const { folding } = this
    const counts = folding.uses[loop.variable.id] === 0
    this.countDown[p] = counts ? 1 : 0
    // A down-count is end - start; a start in a register is taken off after the loop's copies.
    const bounds = counts && folding.mode[folding.rep[instr.args[0].id]] !== IMM ? 2 * p + 1 : 2 * p
    this.source(instr.args[0].id, bounds, p)
    this.source(instr.args[1].id, counts ? bounds : 2 * folding.linear.mate[p], p)
    for (const v of loop.inits) this.source(v.id, 2 * p, p)
    this.define(loop.variable.id, 2 * p + 1, p)
    for (const v of loop.carried) this.define(v.id, 2 * p + 1, p)
  }

  private loopBottom(instr: Instr, p: number): void {
    const loop = instr.loop!
    const { mode, rep } = this.folding
    for (const y of loop.yields) {
      const v = rep[y.id]
      if (mode[v] === SUNK) this.folding.def(v).args.forEach((a) => this.source(a.id, 2 * p, p))
      else this.source(v, 2 * p, p)
    }
    const variable = loop.variable.id
    this.end[variable] = Math.max(this.end[variable], 2 * p)
    this.weight[variable] += turnsAt(this.folding.linear.depth[p] + 1)
    for (const v of loop.results) this.define(v.id, 2 * p + 1, p)
  }

  /** Carried value and result are one web; yield and init join where they are not live at the same time. */
  private webs(): void {
    const { linear, mode, rep } = this.folding
    for (let p = 0; p < linear.length; p++) {
      if (linear.kind[p] !== LOOP) continue
      const loop = linear.instrs[p].loop!
      for (let i = 0; i < loop.carried.length; i++) this.unite(loop.carried[i].id, loop.results[i].id)
    }
    for (let p = 0; p < linear.length; p++) {
      if (linear.kind[p] !== LOOP) continue
      const loop = linear.instrs[p].loop!
      for (let i = 0; i < loop.carried.length; i++) {
        const y = rep[loop.yields[i].id]
        const init = rep[loop.inits[i].id]
        if (mode[y] === REG) this.join(loop.carried[i].id, y)
        if (mode[init] === REG) this.join(loop.carried[i].id, init)
      }
    }
    for (let p = 0; p < linear.length; p++) if (linear.kind[p] === OP) this.joinChain(linear.instrs[p])
    this.hulls()
  }

  /**
   * A carried web's register is taken for the whole loop, so what replaces its value there (acc after one of several
   * steps) had best live in it too.
   */
  private joinChain(instr: Instr): void {
    const result = instr.result
    if (!result) return
    const c = this.classOf(result.id)
    for (let i = instr.args.length - 1; i >= 0; i--) {
      const v = this.folding.rep[instr.args[i].id]
      const r = this.find(v)
      if (this.members[r] === 0 || this.members[r] > MAX_MEMBERS) continue
      if (this.folding.mode[v] !== REG || this.classOf(v) !== c) continue
      if (this.find(result.id) !== r && !this.overlap(r, this.find(result.id))) {
        this.unite(v, result.id)
        return
      }
    }
  }

  private join(a: number, b: number): void {
    if (!this.overlap(this.find(a), this.find(b))) this.unite(a, b)
  }

  private overlap(a: number, b: number): boolean {
    if (a === b) return true
    for (let x = a; x >= 0; x = this.nextMember[x]) {
      for (let y = b; y >= 0; y = this.nextMember[y]) {
        if (this.start[x] <= this.end[y] && this.start[y] <= this.end[x]) return true
      }
    }
    return false
  }

  private unite(a: number, b: number): void {
    const x = this.find(a)
    const y = this.find(b)
    if (x === y) return
    this.root[y] = x
    let last = x
    while (this.nextMember[last] >= 0) last = this.nextMember[last]
    this.nextMember[last] = y
    this.members[x] = Math.max(1, this.members[x]) + Math.max(1, this.members[y])
  }

  private hulls(): void {
    const { start, end, weight } = this
    for (let v = 0; v < start.length; v++) {
      const r = this.find(v)
      if (r === v || start[v] < 0) continue
      if (start[r] < 0 || start[v] < start[r]) start[r] = start[v]
      if (end[v] > end[r]) end[r] = end[v]
      weight[r] += weight[v]
    }
    this.loopHulls()
  }

  /** What a loop carries holds its register to the loop's bottom. */
  private loopHulls(): void {
    const { linear } = this.folding
    for (let p = 0; p < linear.length; p++) {
      if (linear.kind[p] !== LOOP) continue
      for (const v of linear.instrs[p].loop!.carried) {
        const r = this.find(v.id)
        this.end[r] = Math.max(this.end[r], 2 * linear.mate[p])
      }
    }
  }

  classOf(v: number): number { return this.classes[v] }
}
