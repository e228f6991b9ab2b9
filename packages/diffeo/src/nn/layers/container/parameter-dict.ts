/** @file Parameters by name. */
import type { Parameter, Tensor } from '../../../tensor/index.ts'
import { DataError } from '../../../util/errors.ts'
import { Module } from '../../module.ts'
import type { Member } from '../../tree.ts'
import { asParameter } from './parameter-list.ts'

/**
 * Parameters by name; tensors become parameters. A plain object in a property is found too, under the same names.
 *
 * @param values - an object of parameters or tensors
 * @example
 * const scales = new nn.ParameterDict({ left: ones([3]), right: ones([4]) })
 * scales.get('right').shape // [4]
 */
export class ParameterDict extends Module<never[], never> {
  // an object without a prototype: functionalCall puts other values under these names
  readonly #parameters: Record<string, Parameter> = Object.create(null) as Record<string, Parameter>

  constructor(values: Readonly<Record<string, Tensor>> = {}) {
    super()
    for (const [name, value] of Object.entries(values)) this.set(name, value)
  }

  /** @internal */
  override members(): Member[] {
    const owner = this.#parameters
    return Object.entries(owner).map(([name, value]) => ({ name, value, owner, key: name }))
  }

  /** @throws DataError always: a dictionary is not a mapping of tensors */
  override forward(): never {
    throw new DataError('ParameterDict has no forward: use its parameters, as in x.mul(dict.get(name))')
  }

  /** @throws DataError where there is no such parameter */
  get(name: string): Parameter {
    const found = this.#parameters[name]
    if (!found)
      throw new DataError(`ParameterDict: there is no '${name}': it has ${this.keys().join(', ') || 'nothing'}`)
    return found
  }
  set(name: string, value: Tensor): this {
    this.#parameters[name] = asParameter(value)
    return this
  }
  has(name: string): boolean { return name in this.#parameters }
  keys(): string[] { return Object.keys(this.#parameters) }
  get length(): number { return this.keys().length }
  [Symbol.iterator](): Iterator<[string, Parameter]> { return Object.entries(this.#parameters)[Symbol.iterator]() }
}
