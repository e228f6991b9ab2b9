/** @file Modules by name. */
import { DataError } from '../../../util/errors.ts'
import { Module, type AnyModule } from '../../module.ts'
import type { Member } from '../../tree.ts'

/**
 * Modules by name. A plain object in a property is found too, under the same names.
 *
 * @param modules - an object of modules
 * @example
 * const heads = new nn.ModuleDict({ digit: new nn.Linear(8, 10), colour: new nn.Linear(8, 3) })
 * heads.get('digit').forward(x)
 */
export class ModuleDict<M extends AnyModule = AnyModule> extends Module<never[], never> {
  // a Map, for objects have whole numbers before names
  readonly #modules: Map<string, M>

  constructor(modules: Readonly<Record<string, M>> = {}) {
    super()
    this.#modules = new Map(Object.entries(modules))
  }

  /** @internal */
  override members(): Member[] {
    return [...this.#modules].map(([name, value]) => ({ name, value, owner: this, key: name }))
  }

  /** @throws DataError always: a dictionary is not a mapping of tensors */
  override forward(): never {
    throw new DataError('ModuleDict has no forward: call its modules, as in dict.get(name).forward(x)')
  }

  /** @throws DataError where there is no such module */
  get(name: string): M {
    const found = this.#modules.get(name)
    if (!found) throw new DataError(`ModuleDict: there is no '${name}': it has ${this.keys().join(', ') || 'nothing'}`)
    return found
  }
  set(name: string, module: M): this {
    this.#modules.set(name, module)
    return this
  }
  has(name: string): boolean { return this.#modules.has(name) }
  keys(): string[] { return [...this.#modules.keys()] }
  get length(): number { return this.#modules.size }
  [Symbol.iterator](): Iterator<[string, M]> { return this.#modules.entries() }
}
