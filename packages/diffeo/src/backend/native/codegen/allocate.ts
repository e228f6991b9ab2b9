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

/** The least element of a set of places. */
const lowest = (set: number): number => 31 - Math.clz32(set & -set)

/** From the far end, and only while a few registers stay free for temporaries. */
const pickForConstant = (free: number): number => {
  let rest = free
  for (let i = 0; i < 3; i++) rest &= rest - 1
  return rest === 0 ? NONE : 31 - Math.clz32(free)
}

/** Where a web had best lie, so that nothing is moved. */
class Hints {
  /** By web root: the web whose register it may take over, or -1. */
  readonly like: Int32Array
  /** By web root: the register in which it comes or is passed on, or NONE. */
  readonly register: Int8Array
  private readonly live: Liveness

  constructor(live: Liveness) {
    this.live = live
    this.like = new Int32Array(live.start.length).fill(-1)
    this.register = new Int8Array(live.start.length).fill(NONE)
    const { linear, rep } = live.folding
    linear.fn.params.slice(0, argumentRegisters.length)
      .forEach((p, i) => { this.register[live.find(p.id)] = argumentRegisters[i] })
    for (let p = 0; p < linear.length; p++) {
      if (linear.kind[p] !== OP) continue
      const instr = linear.instrs[p]
      if (instr.op === 'call') this.ofCall(instr)
      if (!instr.result || instr.args.length === 0) continue
      this.like[live.find(instr.result.id)] = live.find(this.destroyed(instr, rep, p))
    }
  }

  /** The operand whose register the result had best take over: for fma an addend or a factor that dies. */
  private destroyed(instr: Instr, rep: Int32Array, p: number): number {
    const { live } = this
    if (instr.op !== 'fma') return rep[instr.args[0].id]
    for (let k = 0; k < 3; k++) {
      const v = rep[instr.args[(k + 2) % 3].id]
      if (live.folding.mode[v] === REG && live.end[live.find(v)] <= 2 * p) return v
    }
    return rep[instr.args[2].id]
  }

  private ofCall(instr: Instr): void {
    const { live } = this
    instr.args.slice(0, argumentRegisters.length).forEach((a, i) => {
      const r = live.find(live.folding.rep[a.id])
      if (this.register[r] === NONE) this.register[r] = argumentRegisters[i]
    })
  }
}

class Scan {
  readonly live: Liveness
  readonly register: Int8Array
  readonly order: readonly number[]
  readonly used = new Uint32Array(3)
  readonly spilled = [0, 0, 0]
  /** By class, in order of preference; sets of them are masks of places in this list. */
  private readonly pools: readonly (readonly number[])[]
  private readonly places: readonly Int8Array[]
  private readonly all: Uint32Array
  private readonly calleeSaved: number
  private readonly free: Uint32Array
  /** The web in each place, and the least position at which one of a class ends. */
  private readonly active = [new Int32Array(32), new Int32Array(32), new Int32Array(32)]
  private readonly soonest = new Float64Array(3).fill(Infinity)
  private readonly hints: Hints

  constructor(live: Liveness, hints: Hints, machine: Machine, reserve: readonly boolean[], order: readonly number[]) {
    this.live = live
    this.hints = hints
    this.order = order
    this.register = new Int8Array(live.start.length).fill(NONE)
    this.pools = machine.registers.map((list, c) => (reserve[c] ? list.slice(0, -1) : list))
    this.places = this.pools.map(pool => {
      const places = new Int8Array(32).fill(NONE)
      pool.forEach((reg, i) => { places[reg] = i })
      return places
    })
    this.all = Uint32Array.from(this.pools, pool => 2 ** pool.length - 1)
    this.free = this.all.slice()
    this.calleeSaved = this.pools[G].reduce((set, reg, i) => (calleeSaved.includes(reg) ? set | (1 << i) : set), 0)
    for (const r of order) this.place(r)
  }

  private place(r: number): void {
    const { live } = this
    const c = live.classOf(r)
    if (this.soonest[c] < live.start[r]) this.expire(c, live.start[r])
    const crossing = this.crossesCall(r)
    if (crossing && c !== G) {
      this.spill(r, c)
      return
    }
    const pool = crossing ? this.calleeSaved : this.all[c]
    const at = this.pick(r, c, this.free[c] & pool)
    if (at !== NONE) this.assign(r, c, at)
    else this.evict(r, c, pool)
  }

  private expire(c: number, start: number): void {
    const { end } = this.live
    const active = this.active[c]
    let soonest = Infinity
    for (let busy = this.all[c] & ~this.free[c]; busy !== 0; busy &= busy - 1) {
      const at = lowest(busy)
      const last = end[active[at]]
      if (last < start) this.free[c] |= 1 << at
      else if (last < soonest) soonest = last
    }
    this.soonest[c] = soonest
  }

  private crossesCall(r: number): boolean {
    const { calls, start, end } = this.live
    // Parameters start at 0, where a call may stand.
    for (let i = 0; i < calls.length; i++) if (start[r] <= 2 * calls[i] && end[r] > 2 * calls[i]) return true
    return false
  }

  /** One of the free places. */
  private pick(r: number, c: number, free: number): number {
    if (free === 0) return NONE
    if (this.live.folding.mode[r] === CONST) return pickForConstant(free)
    const wanted = this.hints.register[r]
    if (wanted !== NONE && this.isFree(c, wanted, free)) return this.places[c][wanted]
    const like = this.hints.like[r]
    if (like >= 0 && this.live.classOf(like) === c) {
      const reg = this.register[like]
      if (reg !== NONE && this.isFree(c, reg, free)) return this.places[c][reg]
    }
    return lowest(free)
  }

  private isFree(c: number, reg: number, free: number): boolean {
    const at = this.places[c][reg]
    return at !== NONE && ((free >>> at) & 1) === 1
  }

  private assign(r: number, c: number, at: number): void {
    const reg = this.pools[c][at]
    this.register[r] = reg
    this.active[c][at] = r
    this.free[c] &= ~(1 << at)
    this.used[c] |= 1 << reg
    if (this.live.end[r] < this.soonest[c]) this.soonest[c] = this.live.end[r]
  }

  private evict(r: number, c: number, pool: number): void {
    const { live } = this
    const active = this.active[c]
    let victim = r
    let place = NONE
    let least = this.cost(r)
    for (let busy = pool & ~this.free[c]; busy !== 0; busy &= busy - 1) {
      const at = lowest(busy)
      const cost = this.cost(active[at])
      if (cost < least) {
        least = cost
        victim = active[at]
        place = at
      }
    }
    if (place !== NONE) {
      this.register[victim] = NONE
      this.assign(r, c, place)
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
  const hints = new Hints(live)
  let scan = new Scan(live, hints, machine, [false, false, false], order)
  const full = (c: number): boolean => machine.registers[c].every((r) => (scan.used[c] >>> r) & 1)
  const reserve = [false, scan.spilled[V] > 0 || full(V), machine.evex && (scan.spilled[K] > 0 || full(K))]
  if (reserve[V] || reserve[K]) scan = new Scan(live, hints, machine, reserve, order)
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
