/** @file Modules in a list. */
import { DataError } from '../../../util/errors.ts'
import { Module, type AnyModule } from '../../module.ts'
import type { Member } from '../../tree.ts'

/**
 * A list of modules, for loops over layers. A plain array in a property is found too, under the same names.
 *
 * @param modules - any iterable of modules
 * @example
 * layers = new nn.ModuleList(Array.from({ length: 3 }, () => new nn.Linear(8, 8)))
 * forward(x: Tensor): Tensor { for (const layer of this.layers) x = layer.forward(x).relu(); return x }
 */
export class ModuleList<M extends AnyModule = AnyModule> extends Module<never[], never> {
  #modules: M[]

  constructor(modules: Iterable<M> = []) {
    super()
    this.#modules = [...modules]
  }

  /** @internal */
  override members(): Member[] {
    const owner = this.#modules
    return owner.map((value, i) => ({ name: String(i), value, owner, key: String(i) }))
  }

  /** @throws DataError always: a list is not a mapping */
  override forward(): never {
    throw new DataError(
      'ModuleList has no forward: call its modules, as in for (const layer of list) x = layer.forward(x)',
    )
  }

  get length(): number { return this.#modules.length }
  /** The module at a place; negative ones count from the end. */
  at(index: number): M | undefined { return this.#modules.at(index) }
  append(module: M): this {
    this.#modules.push(module)
    return this
  }
  extend(modules: Iterable<M>): this {
    this.#modules.push(...modules)
    return this
  }
  [Symbol.iterator](): Iterator<M> { return this.#modules[Symbol.iterator]() }
}
