/** @file Some calls of a program as a program of their own. */
import type { Placement } from '../backend/program.ts'
import { slotsOf } from '../kernel/slots.ts'
import type { External, Part } from './compiled.ts'

/** The calls from `first` to `end` (excluded), with the kernels and buffers that they use. */
export function partOf({ program, externals }: Part, first: number, end: number): Part {
  const calls = program.calls.slice(first, end)
  const loops = (program.loops ?? []).filter(l => l.first >= first && l.end <= end)
  const kernels = numbered(calls.map(c => c.kernel))
  const used: number[] = []
  const use = (b: number): void => {
    used.push(b)
    const place = program.buffers[b]
    if (place.kind === 'moving') use(place.of)
  }
  for (const { kernel, buffers } of calls) {
    const { reads, writes } = slotsOf(program.kernels[kernel])
    for (const slot of [...reads, ...writes]) use(buffers[slot])
  }
  loops.forEach(l => l.moves.forEach(use))
  const buffers = numbered(used)
  const places = [...buffers.keys()].map(b => program.buffers[b])
  const handed = numbered(places.flatMap(p => (p.kind === 'external' ? [p.index] : [])))
  const placed = (p: Placement): Placement =>
    p.kind === 'external' ? { ...p, index: handed.get(p.index)! }
      : p.kind === 'moving' ? { ...p, of: buffers.get(p.of)! } : p
  const own: External[] = [...handed.keys()].map(i => externals[i])
  return {
    program: {
      kernels: [...kernels.keys()].map(k => program.kernels[k]),
      buffers: places.map(placed),
      // a kernel has slots that it does not touch: any buffer will do
      calls: calls.map(c => ({ kernel: kernels.get(c.kernel)!, buffers: c.buffers.map(b => buffers.get(b) ?? 0) })),
      ...(loops.length > 0
        ? {
          loops: loops.map(l => ({
            ...l, first: l.first - first, end: l.end - first, moves: l.moves.map(b => buffers.get(b)!),
          })),
        }
        : {}),
      arenaBytes: program.arenaBytes,
      externals: own.length,
      ...(program.commit === undefined || program.commit < first || end < program.calls.length
        ? {} : { commit: program.commit - first }),
      writes: (program.writes ?? externals.map((_, i) => i)).flatMap(i => handed.get(i) ?? []),
    },
    externals: own,
  }
}

/** Each number once, with its place among them. */
function numbered(all: readonly number[]): Map<number, number> {
  const out = new Map<number, number>()
  for (const n of all) if (!out.has(n)) out.set(n, out.size)
  return out
}
