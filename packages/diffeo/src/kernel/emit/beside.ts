/** @file What a kernel reads after it may have written something else: that must not be written over it. */
import type { Expr } from '../../expr/scalar.ts'
import { walkExprs, type Store } from '../nest.ts'

/** The buffers that a store reads, and those that it reads at its own element. */
function readBy(s: Store): { readonly all: ReadonlySet<number>; readonly own: ReadonlySet<number> } {
  const [all, own] = [new Set<number>(), new Set<number>()]
  walkExprs([s.value], x => { if (x.op === 'load') all.add(x.buffer) })
  const isOwn = (x: Expr): boolean => x.op === 'load' && x.index?.key === s.index.key
  walkExprs([s.value], x => { if (isOwn(x)) own.add(x.buffer) }, x => x.vars.length === 0)
  return { all, own }
}

/**
 * For each buffer that is stored to, those that another store reads which does not go along with it, element by
 * element: it has other loops, or reads what this store does not (what both read is loaded once, before either stores).
 */
export function readBeside(parts: readonly (readonly Store[])[]): Map<number, Set<number>> {
  const stores = parts.flatMap((part, p) => part.map(s => ({ p, buffer: s.buffer, loops: idsOf(s), ...readBy(s) })))
  const out = new Map<number, Set<number>>()
  for (const a of stores) {
    for (const b of stores) {
      if (a.buffer === b.buffer) continue
      const along = a.p === b.p && a.loops === b.loops
      for (const read of b.all) {
        if (along && a.own.has(read)) continue
        const known = out.get(a.buffer)
        if (known) known.add(read)
        else out.set(a.buffer, new Set([read]))
      }
    }
  }
  return out
}

const idsOf = (s: Store): string => s.vars.map(v => v.id).join()
