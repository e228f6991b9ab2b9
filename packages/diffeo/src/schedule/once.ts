/**
 * @file Calls of a loop's body that do the same in every turn (weights being packed) and so are made once, before it.
 */
import type { Call, Loop } from '../backend/program.ts'
import type { Kernel } from '../kernel/ir.ts'
import { slotsOf } from '../kernel/slots.ts'

export interface Calls {
  readonly calls: readonly Call[]
  readonly kernels: readonly Kernel[]
  readonly loops: readonly Loop[]
}

/** Which calls read nothing but constants and what such calls write, to memory that no other call writes. */
export function callsOnce(
  { calls, kernels, loops }: Calls, isConstant: (b: number) => boolean, isTemporary: (b: number) => boolean,
): boolean[] {
  const uses = kernels.map(slotsOf)
  const buffers = (i: number, kind: 'reads' | 'writes'): number[] =>
    [...uses[calls[i].kernel][kind]].map(slot => calls[i].buffers[slot])
  const writers = new Map<number, number>()
  calls.forEach((_, i) => { for (const b of buffers(i, 'writes')) writers.set(b, (writers.get(b) ?? 0) + 1) })
  const written = new Set<number>()
  return calls.map((_, i) => {
    if (loops.some(l => l.first <= i && i < l.end)) return false
    const out = buffers(i, 'writes')
    const once = out.every(b => isTemporary(b) && writers.get(b) === 1)
      && buffers(i, 'reads').every(b => isConstant(b) || written.has(b))
    if (once) for (const b of out) written.add(b)
    return once
  })
}

/** The numbers of the calls when those that are made once come first. */
export function numbersAfter(once: readonly boolean[]): number[] {
  let [first, next] = [0, once.filter(is => is).length]
  return once.map(is => (is ? first++ : next++))
}
