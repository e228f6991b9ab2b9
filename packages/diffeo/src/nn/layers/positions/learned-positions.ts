/** @file Positions as a table that is learned. */
import { arange, Parameter, slice, type Tensor } from '../../../tensor/index.ts'
import { ShapeError } from '../../../util/errors.ts'
import { checkOptions } from '../../../util/options.ts'
import { embedding } from '../../functional/embedding.ts'
import { normal } from '../../init/uniform.ts'
import { Module } from '../../module.ts'
import { positive } from '../../sizes.ts'
import { madeOf, parameterNames, type ParameterOptions } from '../parameters.ts'

/**
 * Adds row p of a learned table to the element at position p. A position that the table does not have is an error.
 *
 * @remarks Input and output `[…, length, size]`; weight `[maxLength, size]` from N(0, 0.02²). Radford et al.,
 * "Language models are unsupervised multitask learners" (2019).
 * @param maxLength - rows of the table
 * @param size - its columns
 * @param options - `dtype`, `device`
 * @example
 * new nn.LearnedPositions(128, 64).forward(zeros([2, 10, 64])).shape // [2, 10, 64]
 */
export class LearnedPositions extends Module<[x: Tensor, offset?: number | Tensor]> {
  readonly weight: Parameter

  constructor(maxLength: number, size: number, options: ParameterOptions = {}) {
    super()
    checkOptions('LearnedPositions', options, parameterNames)
    const shape = [positive('LearnedPositions: maxLength', maxLength), positive('LearnedPositions: size', size)]
    this.weight = new Parameter(normal(shape, { std: 0.02, ...madeOf(options) }), { name: 'LearnedPositions.weight' })
  }

  /** `offset`: the position of the first element (0). */
  override forward(x: Tensor, offset: number | Tensor = 0): Tensor {
    const [rows, size] = this.weight.shape
    const length = x.shape.at(-2)
    if (length === undefined || x.shape.at(-1) !== size || length > rows) {
      throw new ShapeError(
        `LearnedPositions: the input is [${x.shape.join(',')}]: expected […, length, ${size}] with length up to ${rows}`,
      )
    }
    if (offset === 0) return x.add(this.weight.index(slice(0, length)))
    const ids = arange(0, length, 1, { dtype: 'int32', device: x.device }).add(offset)
    return x.add(embedding(ids.cast('int32'), this.weight))
  }
  override describe(): string { return `LearnedPositions ${this.weight.shape[0]}→${this.weight.shape[1]}` }
}
