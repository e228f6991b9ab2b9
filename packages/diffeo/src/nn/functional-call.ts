/** @file A module as a pure function of its parameters. */
import type { Tensor } from '../tensor/index.ts'
import { DataError, ShapeError } from '../util/errors.ts'
import type { Module } from './module.ts'
import { leafSlots, type Leaf, type Slot } from './tree.ts'

const sameShape = (a: Tensor, b: Tensor): boolean => a.rank === b.rank && a.shape.every((d, i) => d === b.shape[i])

/** The slots that take each value: all names of a shared parameter, whichever of them is given. */
function replacements(slots: readonly Slot<Leaf>[], values: Readonly<Record<string, Tensor>>): [Slot<Leaf>, Tensor][] {
  const byName = new Map(slots.map(s => [s.name, s.value]))
  const byLeaf = new Map<Leaf, Tensor>()
  for (const [name, value] of Object.entries(values)) {
    const leaf = byName.get(name)
    if (!leaf)
      throw new DataError(
        `functionalCall: the module has no parameter or buffer '${name}': it has ${[...byName.keys()].join(', ')}`,
      )
    if (!sameShape(leaf, value)) {
      throw new ShapeError(
        `functionalCall: '${name}' has shape [${leaf.shape.join(',')}], the value [${value.shape.join(',')}]`,
      )
    }
    byLeaf.set(leaf, value)
  }
  return slots.flatMap((slot): [Slot<Leaf>, Tensor][] => {
    const value = byLeaf.get(slot.value)
    return value ? [[slot, value]] : []
  })
}

/**
 * `module.forward(...args)` with other values for the parameters and buffers that `values` names; the module itself is
 * left as it is. With it `vmap(grad(…))` over parameters is written.
 * @example const loss = (w: Record<string, Tensor>, x: Tensor) => nn.functionalCall(model, w, x).sum()
 *          grad(loss)(Object.fromEntries(model.namedParameters()), x)
 */
export function functionalCall<In extends unknown[], Out>(
  module: Module<In, Out>, values: Readonly<Record<string, Tensor>>, ...args: In
): Out {
  const replaced = replacements(leafSlots(module), values)
  const put = (slot: Slot<Leaf>, value: Tensor): void => { (slot.owner as Record<string, unknown>)[slot.key] = value }
  try {
    for (const [slot, value] of replaced) put(slot, value)
    return module.forward(...args)
  } finally {
    for (const [slot] of replaced) put(slot, slot.value)
  }
}
