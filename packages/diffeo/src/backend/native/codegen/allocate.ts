/** @file Linear scan over webs: one register or one slot for a web's whole life. */
import type { Instr } from '../../../kernel/ir.ts'
import { CONST, REG } from './fold.ts'
import { OP } from './linear.ts'
import type { Liveness } from './liveness.ts'
import { argumentRegisters, calleeSaved, G, K, type Machine, V } from './machine.ts'

export const NONE = -1

export interface Allocation {
  /** By web root: a register, or NONE. */
  readonly register: Int8Array
  /** By web root: a spill slot of its class, or NONE. Constants have none: they are in the pool. */
  readonly slot: Int32Array
  /** Slots of each class: ints 8 bytes, vectors by width, masks 8. */
  readonly slots: readonly number[]
  /** Bit masks of registers ever used, by class. */
  readonly used: Uint32Array
  /** Roots in order of start. */
  readonly order: readonly number[]
  /** Never allocated, for reloads; NONE if nothing needed one. By class. */
  readonly reserved: readonly number[]
  readonly spilled: readonly number[]
}

class Scan {
  readonly live: Liveness
  readonly machine: Machine
  readonly reserve: readonly boolean[]
  readonly register: Int8Array
  readonly order: readonly number[]
  readonly used = new Uint32Array(3)
  readonly spilled = [0, 0, 0]
  private readonly pools: number[][]
  private readonly active = [new Int32Array(32).fill(-1), new Int32Array(32).fill(-1), new Int32Array(32).fill(-1)]
  private readonly hintValue: Int32Array
  private readonly hintRegister: Int8Array

  constructor(live: Liveness, machine: Machine, reserve: readonly boolean[], order: readonly number[]) {
    this.live = live
    this.machine = machine
    this.reserve = reserve
    this.order = order
    this.register = new Int8Array(live.start.length).fill(NONE)
    this.hintValue = new Int32Array(live.start.length).fill(-1)
    this.hintRegister = new Int8Array(live.start.length).fill(NONE)
    this.pools = machine.registers.map((list, c) => (reserve[c] ? list.slice(0, -1) : list.slice()))
    this.hints()
    for (const r of order) this.place(r)
  }

  private hints(): void {
    const { live } = this
    const { linear, rep } = live.folding
    linear.fn.params.slice(0, argumentRegisters.length)
      .forEach((p, i) => { this.hintRegister[live.find(p.id)] = argumentRegisters[i] })
    for (let p = 0; p < linear.length; p++) {
      if (linear.kind[p] !== OP) continue
      const instr = linear.instrs[p]
      if (instr.op === 'call') this.hintCall(instr)
      if (!instr.result || instr.args.length === 0) continue
      this.hintValue[live.find(instr.result.id)] = live.find(this.destroyed(instr, rep, p))
    }
  }

  /** The operand whose register the result had best take over: for fma an addend or a factor that dies. */
  private destroyed(instr: Instr, rep: Int32Array, p: number): number {
    const { live } = this
    if (instr.op !== 'fma') return rep[instr.args[0].id]
    for (const i of [2, 0, 1]) {
      const v = rep[instr.args[i].id]
      if (live.folding.mode[v] === REG && live.end[live.find(v)] <= 2 * p) return v
    }
    return rep[instr.args[2].id]
  }

  private hintCall(instr: Instr): void {
    const { live } = this
    instr.args.slice(0, argumentRegisters.length).forEach((a, i) => {
      const r = live.find(live.folding.rep[a.id])
      if (this.hintRegister[r] === NONE) this.hintRegister[r] = argumentRegisters[i]
    })
  }

  private place(r: number): void {
    const { live } = this
    const c = live.classOf(r)
    this.expire(c, live.start[r])
    const crossing = this.crossesCall(r)
    if (crossing && c !== G) {
      this.spill(r, c)
      return
    }
    const pool = crossing ? this.pools[c].filter((reg) => calleeSaved.includes(reg)) : this.pools[c]
    const free = this.pick(r, c, pool)
    if (free !== NONE) this.assign(r, c, free)
    else this.evict(r, c, pool)
  }

  private expire(c: number, start: number): void {
    const active = this.active[c]
    for (const reg of this.pools[c]) {
      if (active[reg] >= 0 && this.live.end[active[reg]] < start) active[reg] = -1
    }
  }

  private crossesCall(r: number): boolean {
    const { calls, start, end } = this.live
    // Parameters start at 0, where a call may stand.
    for (const p of calls) if (start[r] <= 2 * p && end[r] > 2 * p) return true
    return false
  }

  private pick(r: number, c: number, pool: readonly number[]): number {
    const active = this.active[c]
    if (this.live.folding.mode[r] === CONST) return this.pickForConstant(c, pool)
    const wanted = this.hintRegister[r]
    if (wanted !== NONE && active[wanted] < 0 && pool.includes(wanted)) return wanted
    const like = this.hintValue[r]
    if (like >= 0 && this.live.classOf(like) === c) {
      const reg = this.register[like]
      if (reg !== NONE && active[reg] < 0 && pool.includes(reg)) return reg
    }
    for (const reg of pool) if (active[reg] < 0) return reg
    return NONE
  }

  /** From the far end, and only while a few registers stay free for temporaries. */
  private pickForConstant(c: number, pool: readonly number[]): number {
    const active = this.active[c]
    let free = 0
    let last = NONE
    for (const reg of pool) {
      if (active[reg] >= 0) continue
      free++
      last = reg
    }
    return free > 3 ? last : NONE
  }

  private assign(r: number, c: number, reg: number): void {
    this.register[r] = reg
    this.active[c][reg] = r
    this.used[c] |= 1 << reg
  }

  private evict(r: number, c: number, pool: readonly number[]): void {
    const { live } = this
    const active = this.active[c]
    let victim = r
    let least = this.cost(r)
    for (const reg of pool) {
      const other = active[reg]
      if (other < 0) continue
      const cost = this.cost(other)
      if (cost < least) {
        least = cost
        victim = other
      }
    }
    if (victim !== r) {
      const reg = this.register[victim]
      this.register[victim] = NONE
      this.assign(r, c, reg)
    }
    if (live.folding.mode[victim] !== CONST) this.spill(victim, c)
  }

  private spill(r: number, c: number): void {
    if (this.live.folding.mode[r] !== CONST) this.spilled[c]++
  }

  private cost(r: number): number {
    const { live } = this
    const cost = live.weight[r] / (live.end[r] - live.start[r] + 2)
    return live.folding.mode[r] === CONST ? cost * 1e-9 : cost
  }
}

/** Slots go back when their web ends. */
const assignSlots = (live: Liveness, scan: Scan, slot: Int32Array): number[] => {
  const free: number[][] = [[], [], []]
  const busy: number[][] = [[], [], []]
  const count = [0, 0, 0]
  for (const r of scan.order) {
    if (scan.register[r] !== NONE || live.folding.mode[r] === CONST) continue
    const c = live.classOf(r)
    busy[c] = busy[c].filter((other) => {
      if (live.end[other] >= live.start[r]) return true
      free[c].push(slot[other])
      return false
    })
    slot[r] = free[c].pop() ?? count[c]++
    busy[c].push(r)
  }
  return count
}

export const allocate = (live: Liveness, machine: Machine): Allocation => {
  const order: number[] = []
  for (let v = 0; v < live.start.length; v++) if (live.root[v] === v && live.start[v] >= 0) order.push(v)
  order.sort((a, b) => live.start[a] - live.start[b])
  let scan = new Scan(live, machine, [false, false, false], order)
  const full = (c: number): boolean => machine.registers[c].every((r) => (scan.used[c] >>> r) & 1)
  const reserve = [false, scan.spilled[V] > 0 || full(V), machine.evex && (scan.spilled[K] > 0 || full(K))]
  if (reserve[V] || reserve[K]) scan = new Scan(live, machine, reserve, order)
  const slot = new Int32Array(live.start.length).fill(NONE)
  const slots = assignSlots(live, scan, slot)
  const last = (c: number): number => (reserve[c] ? machine.registers[c][machine.registers[c].length - 1] : NONE)
  return {
    register: scan.register,
    slot,
    slots,
    used: scan.used,
    order,
    reserved: [NONE, last(V), last(K)],
    spilled: scan.spilled,
  }
}
