/** @file Which slots of its argument block a kernel reads and writes, from its code. */
import type { Block, Fn, Kernel, Value } from './ir.ts'

export interface SlotUse {
  readonly reads: ReadonlySet<number>
  readonly writes: ReadonlySet<number>
}

/** Addresses are followed from `arg` through arithmetic, loops and calls; scratch belongs to no slot. */
export function slotsOf(kernel: Kernel): SlotUse {
  const from = new Map<Value, Set<number>>()
  const use = { reads: new Set<number>(), writes: new Set<number>() }
  // what a loop or a call hands on may come back: until nothing is new
  let found = -1
  for (let now = 0; now !== found; now = count(from)) {
    found = now
    for (const fn of [kernel.entry, ...[...kernel.callees].reverse()]) walk(fn, from, use)
  }
  return use
}

function count(from: ReadonlyMap<Value, ReadonlySet<number>>): number {
  let n = from.size
  for (const set of from.values()) n += set.size
  return n
}

function walk(fn: Fn, from: Map<Value, Set<number>>, use: { reads: Set<number>; writes: Set<number> }): void {
  const merge = (to: Value, values: readonly Value[]): void => {
    for (const v of values) {
      const slots = from.get(v)
      if (!slots) continue
      const known = from.get(to)
      if (known) for (const s of slots) known.add(s)
      else from.set(to, new Set(slots))
    }
  }
  const block = (b: Block): void => {
    for (const i of b.instrs) {
      if (i.op === 'arg') from.set(i.result as Value, new Set([i.imm]))
      else if (i.result?.kind === 'int') merge(i.result, i.args)
      if (i.address) {
        const to = i.op === 'store' ? use.writes : use.reads
        for (const v of [i.address.base, i.address.index]) if (v) for (const s of from.get(v) ?? []) to.add(s)
      }
      if (i.loop) {
        const { carried, inits, yields, results, body, variable } = i.loop
        merge(variable, i.args.slice(0, 2))
        carried.forEach((c, k) => merge(c, [inits[k]]))
        block(body)
        carried.forEach((c, k) => { merge(c, [yields[k]]); merge(results[k], [inits[k], c]) })
      }
      if (i.branch) {
        block(i.branch.body)
        if (i.branch.orelse) block(i.branch.orelse)
      }
      if (i.callee) i.callee.params.forEach((p, k) => merge(p, [i.args[k]]))
    }
  }
  block(fn.body)
}
