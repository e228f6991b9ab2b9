/** @file All parameters as one vector. */
import { concat, type Parameter, type Tensor } from '../../tensor/index.ts'
import { assignAll } from '../../tensor/internal.ts'
import { ShapeError } from '../../util/errors.ts'

/**
 * The elements of all parameters, one after the other: `[n]`.
 * @example nn.utils.parametersToVector(new nn.Linear(3, 2).parameters()).shape // [8]
 */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  const parts = Array.from(parameters, p => p.reshape([-1]))
  if (parts.length === 0) throw new ShapeError('parametersToVector: there are no parameters')
  return concat(parts, 0)
}

/**
 * Assigns the elements of a vector to the parameters, in their order.
 * @throws ShapeError unless there are as many
 * @example
 * const model = new nn.Linear(3, 2)
 * const vector = nn.utils.parametersToVector(model.parameters())
 * nn.utils.vectorToParameters(vector.mul(0.5), model.parameters())
 */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Parameter>): void {
  const all = [...parameters]
  const count = all.reduce((n, p) => n + p.size, 0)
  if (vector.rank !== 1 || vector.size !== count) {
    throw new ShapeError(
      `vectorToParameters: the vector is [${vector.shape.join(',')}], the parameters have ${count} elements`,
    )
  }
  const parts = vector.split(all.map(p => p.size), 0)
  assignAll(all.map((p, i) => [p, parts[i].reshape(p.shape).cast(p.dtype)]))
}
