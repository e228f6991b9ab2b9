/** @file Martens, "Deep learning via Hessian-free optimization" (2010). */
import { rand, randn, where } from '../../tensor/index.ts'
import { DiffeoError, ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { fill, madeNames, type Filled, type Made, type Target } from './fill.ts'
import { shapeOf } from './shape.ts'

export interface SparseOptions extends Made {
  /** The deviation of what is not 0. */
  std?: number
}

/**
 * N(0, std²), and 0 in ⌈sparsity · rows⌉ places of each column, drawn at random.
 *
 * @param sparsity - the part of each column that is 0, from 0 to 1
 * @param options - `std` (0.01)
 * @throws ShapeError unless there are 2 axes; DiffeoError for a sparsity out of range
 * @example nn.init.sparse(layer.weight, 0.9)
 */
export function sparse<T extends Target>(target: T, sparsity: number, options: SparseOptions = {}): Filled<T> {
  checkOptions('init.sparse', options, { std: true, ...madeNames })
  const { std = 0.01, ...made } = options
  const shape = shapeOf(target)
  if (shape.length !== 2) throw new ShapeError(`init.sparse: the shape is [${shape.join(',')}]: expected 2 axes`)
  if (!(sparsity >= 0 && sparsity <= 1))
    throw new DiffeoError(`init.sparse: sparsity is ${sparsity}: expected a number from 0 to 1`)
  const zeros = Math.ceil(sparsity * shape[0])
  return fill(target, made, (s, o) => {
    const order = rand(s, { device: o.device }).argsort(0)
    // the place of each row in a random order of its column
    return where(order.argsort(0).lt(zeros), 0, randn(s, o).mul(std)).cast(o.dtype)
  })
}
