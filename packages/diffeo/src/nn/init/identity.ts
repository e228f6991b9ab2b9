/** @file Weights that pass their input on. */
import * as t from '../../tensor/index.ts'
import { ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { fill, madeNames, type Filled, type Made, type Target } from './fill.ts'
import { shapeOf } from './shape.ts'

export interface DiracOptions extends Made {
  /** Groups of the convolution: each passes its own channels on. */
  groups?: number
}

/**
 * The identity matrix: 1 on the diagonal, else 0.
 *
 * @throws ShapeError unless there are 2 axes
 * @example nn.init.eye(layer.weight)
 */
export function eye<T extends Target>(target: T, options: Made = {}): Filled<T> {
  checkOptions('init.eye', options, madeNames)
  const shape = shapeOf(target)
  if (shape.length !== 2) throw new ShapeError(`init.eye: the shape is [${shape.join(',')}]: expected 2 axes`)
  return fill(target, options, ([rows, columns], o) => t.eye(rows, columns, o))
}

/**
 * A convolution that passes on as many channels as it has: in each group, output channel i takes the middle of the
 * window of input channel i; the other weights are 0.
 *
 * @remarks Shapes: `[out, in/groups, ...window]`, 3 to 5 axes.
 * @throws ShapeError for other shapes, and where the groups do not divide `out`
 * @example nn.init.dirac(conv.weight)
 */
export function dirac<T extends Target>(target: T, options: DiracOptions = {}): Filled<T> {
  checkOptions('init.dirac', options, { groups: true, ...madeNames })
  const { groups = 1, ...made } = options
  const [out, ins, ...window] = shapeOf(target)
  if (window.length < 1 || window.length > 3)
    throw new ShapeError(`init.dirac: the shape is [${shapeOf(target).join(',')}]: expected [out, in, ...window]`)
  if (!Number.isInteger(groups) || groups < 1 || out % groups !== 0)
    throw new ShapeError(`init.dirac: groups is ${groups}: expected a whole number that divides ${out}`)
  return fill(target, made, (_, o) => {
    const channels = t.eye(out / groups, ins, o).tile([groups, 1])
    const centre = window.map(n => [Math.floor(n / 2), n - 1 - Math.floor(n / 2)] as const)
    return channels.reshape(out, ins, ...window.map(() => 1)).pad([[0, 0], [0, 0], ...centre])
  })
}
