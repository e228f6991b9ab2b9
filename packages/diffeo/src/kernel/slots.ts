/** @file Which slots of its argument block a kernel reads and writes, from its code. */
import type { Block, Fn, Instr, Kernel, Loop, Value } from './ir.ts'

export interface SlotUse {
  readonly reads: ReadonlySet<number>
  readonly writes: ReadonlySet<number>
}

/** By function, as many kernels share what they call. Behind its parameters k it names −1 − k. */
const known = new WeakMap<Fn, SlotUse>()

/** Addresses are followed from `arg` through arithmetic, loops and calls; scratch belongs to no slot. */
export const slotsOf = ({ entry }: Kernel): SlotUse => usesOf(entry, [])

function usesOf(fn: Fn, given: readonly Value[]): SlotUse {
  let uses = known.get(fn)
  if (!uses) {
    const { reads, writes } = new Walk(fn.body, given)
    known.set(fn, uses = { reads, writes })
  }
  return uses
}

type Origins = ReadonlySet<number>

class Walk {
  readonly reads = new Set<number>()
  readonly writes = new Set<number>()
  private readonly origins = new Map<Value, Origins>()

  constructor(body: Block, given: readonly Value[]) {
    given.forEach((p, k) => this.origins.set(p, new Set([-1 - k])))
    this.block(body)
  }

  private block({ instrs }: Block): void {
    for (const i of instrs) {
      if (i.op === 'arg') this.origins.set(i.result!, new Set([i.imm]))
      else if (i.result?.kind === 'int') for (const a of i.args) this.merge(i.result, a)
      if (i.address) this.access(i.op === 'store' ? this.writes : this.reads, i.address.base, i.address.index)
      if (i.loop) this.loop(i.loop, i.args)
      if (i.branch) {
        this.block(i.branch.body)
        if (i.branch.orelse) this.block(i.branch.orelse)
      }
      if (i.callee) this.call(i.callee, i)
    }
  }

  /** What a turn hands on, the next one may use: walked until nothing is new. */
  private loop({ variable, inits, carried, yields, results, body }: Loop, [start, end]: readonly Value[]): void {
    this.merge(variable, start)
    this.merge(variable, end)
    carried.forEach((c, k) => this.merge(c, inits[k]))
    do this.block(body)
    while (carried.filter((c, k) => this.merge(c, yields[k])).length > 0)
    carried.forEach((c, k) => this.merge(results[k], c))
  }

  private call(callee: Fn, { args }: Instr): void {
    const uses = usesOf(callee, callee.params)
    for (const kind of ['reads', 'writes'] as const) {
      for (const s of uses[kind]) {
        if (s < 0) this.access(this[kind], args[-1 - s], null)
        else this[kind].add(s)
      }
    }
  }

  private access(to: Set<number>, base: Value, index: Value | null): void {
    for (const s of this.origins.get(base) ?? []) to.add(s)
    if (index) for (const s of this.origins.get(index) ?? []) to.add(s)
  }

  /** `to` may come from where `from` does; whether that is new. */
  private merge(to: Value, from: Value): boolean {
    const more = this.origins.get(from)
    const had = this.origins.get(to)
    if (!more || had === more) return false
    if (had && [...more].every(s => had.has(s))) return false
    this.origins.set(to, had ? new Set([...had, ...more]) : more)
    return true
  }
}
