/** @file The layers of a stack, from one that is given. */
import { DiffeoError } from '../../../util/errors.ts'
import { whatIs } from '../../../util/options.ts'
import { Module, type AnyModule } from '../../module.ts'
import { positive } from '../../sizes.ts'

/** A layer that can be copied, or a function that makes one. */
export type Copied<L extends AnyModule> = (L & { copy(): L }) | (() => L)

/** @throws DiffeoError for a module that has no `copy` */
export function copiesOf<L extends AnyModule>(of: string, layer: Copied<L>, count: number): L[] {
  positive(`${of}: numLayers`, count)
  if (typeof layer === 'function') return Array.from({ length: count }, layer)
  if (!((layer as unknown) instanceof Module))
    throw new DiffeoError(`${of} takes a layer, or a function that makes one, got ${whatIs(layer)}`)
  return Array.from({ length: count }, () => {
    const copy = (layer.copy as (() => L) | undefined)?.call(layer)
    // a subclass has inherited the copy() of what it extends
    if (copy?.constructor === layer.constructor) return copy
    const name = layer.constructor.name
    throw new DiffeoError(
      `${of}: a ${name} cannot be copied, since private fields of objects cannot: give a function that makes one, as in ` +
        `new nn.${of}(() => new ${name}(…), ${count}), or write a method copy() on it`,
    )
  })
}
