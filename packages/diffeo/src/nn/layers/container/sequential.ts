/** @file Modules one after the other. */
import type { Tensor } from '../../../tensor/index.ts'
import { DataError } from '../../../util/errors.ts'
import { Module, type AnyModule } from '../../module.ts'
import type { Member } from '../../tree.ts'

/**
 * Modules one after the other: the output of each is the input of the next. They may be given under names.
 *
 * @remarks Input of the first, output of the last. Keys in state dicts are '0.weight', '1.weight', … or begin with the names.
 * @param modules - the modules in order, or one object of them
 * @example
 * const model = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU(), new nn.Linear(8, 2))
 * const named = new nn.Sequential({ inner: new nn.Linear(4, 8), act: new nn.ReLU(), outer: new nn.Linear(8, 2) })
 */
export class Sequential extends Module {
  #modules: Record<string, AnyModule>

  constructor(...modules: readonly AnyModule[] | readonly [Readonly<Record<string, AnyModule>>]) {
    super()
    const [first] = modules
    const named = modules.length === 1 && first && !(first instanceof Module) ? first : Object.fromEntries(modules.entries())
    for (const [name, m] of Object.entries(named)) {
      if (!(m instanceof Module)) throw new DataError(`Sequential: '${name}' is ${typeof m === 'function' ? 'a class or function: write new, or wrap it in a Module' : String(m)}, not a module`)
    }
    this.#modules = { ...named } as Record<string, AnyModule>
  }

  /** @internal */
  override members(): Member[] {
    const owner = this.#modules
    return Object.entries(owner).map(([key, value]) => ({ name: key, value, owner, key }))
  }

  override forward(x: Tensor): Tensor {
    let out: Tensor = x
    for (const module of this) out = module.forward(out) as Tensor
    return out
  }

  get length(): number { return Object.keys(this.#modules).length }
  /** The module at a place; negative ones count from the end. */
  at(index: number): AnyModule | undefined { return Object.values(this.#modules).at(index) }
  /** Adds a module at the end. */
  append(module: AnyModule): this {
    this.#modules[this.length] = module
    return this
  }
  [Symbol.iterator](): Iterator<AnyModule> { return Object.values(this.#modules)[Symbol.iterator]() }
}
