/** @file Parameters in a list. */
import { Parameter, type Tensor } from '../../../tensor/index.ts'
import { DataError } from '../../../util/errors.ts'
import { Module } from '../../module.ts'
import type { Member } from '../../tree.ts'

/**
 * A list of parameters; tensors become parameters. A plain array in a property is found too, under the same names.
 *
 * @remarks Keys in state dicts are '0', '1', …
 * @param values - any iterable of parameters or tensors
 * @example
 * const scales = new nn.ParameterList([ones([3]), ones([4])])
 * scales.at(0)!.shape // [3]
 */
export class ParameterList extends Module<never[], never> {
  readonly #parameters: Parameter[]

  constructor(values: Iterable<Tensor> = []) {
    super()
    this.#parameters = Array.from(values, asParameter)
  }

  /** @internal */
  override members(): Member[] {
    const owner = this.#parameters
    return owner.map((value, i) => ({ name: String(i), value, owner, key: String(i) }))
  }

  /** @throws DataError always: a list is not a mapping */
  override forward(): never {
    throw new DataError('ParameterList has no forward: use its parameters, as in x.mul(list.at(0))')
  }

  get length(): number { return this.#parameters.length }
  /** The parameter at a place; negative ones count from the end. */
  at(index: number): Parameter | undefined { return this.#parameters.at(index) }
  append(value: Tensor): this {
    this.#parameters.push(asParameter(value))
    return this
  }
  extend(values: Iterable<Tensor>): this {
    this.#parameters.push(...Array.from(values, asParameter))
    return this
  }
  [Symbol.iterator](): Iterator<Parameter> { return this.#parameters[Symbol.iterator]() }
}

export const asParameter = (value: Tensor): Parameter => (value instanceof Parameter ? value : new Parameter(value))
