/** @file Modules one after the other. */
import type { Tensor } from '../../../tensor/index.ts'
import { DataError } from '../../../util/errors.ts'
import { Module, type AnyModule } from '../../module.ts'
import type { Member } from '../../tree.ts'

/**
 * Modules one after the other: the output of each is the input of the next. They may be given under names.
 *
 * @remarks Input of the first, output of the last. Keys in state dicts are '0.weight', '1.weight', … or begin with the
 * names.
 * @param modules - the modules in order, or one object of them
 * @example
 * const model = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU(), new nn.Linear(8, 2))
 * const named = new nn.Sequential({ inner: new nn.Linear(4, 8), act: new nn.ReLU(), outer: new nn.Linear(8, 2) })
 */
export class Sequential extends Module {
  // a Map, for objects have whole numbers before names
  readonly #modules = new Map<string, AnyModule>()

  constructor(...modules: readonly AnyModule[] | readonly [Readonly<Record<string, AnyModule>>]) {
    super()
    const [first] = modules
    const isObject = modules.length === 1 && typeof first === 'object' && !(first instanceof Module)
    const named = isObject ? Object.entries(first) : [...modules.entries()]
    for (const [name, m] of named) this.#add(String(name), m as AnyModule)
  }

  #add(name: string, module: AnyModule): void {
    if (!(module instanceof Module)) {
      const what =
        typeof module === 'function'
          ? 'a class or function: write new, or wrap it in a Module'
          : `${String(module)}, not a module`
      throw new DataError(`Sequential: '${name}' is ${what}`)
    }
    this.#modules.set(name, module)
  }

  /** @internal */
  override members(): Member[] {
    return [...this.#modules].map(([name, value]) => ({ name, value, owner: this, key: name }))
  }

  override forward(x: Tensor): Tensor {
    let out: Tensor = x
    for (const module of this) out = module.forward(out) as Tensor
    return out
  }

  get length(): number { return this.#modules.size }
  /** The module at a place; negative ones count from the end. */
  at(index: number): AnyModule | undefined { return [...this.#modules.values()].at(index) }
  /** Adds a module at the end. */
  append(module: AnyModule): this {
    this.#add(String(this.length), module)
    return this
  }
  [Symbol.iterator](): Iterator<AnyModule> { return this.#modules.values() }
}
