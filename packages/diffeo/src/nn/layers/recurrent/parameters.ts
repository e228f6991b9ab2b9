/** @file The weights of recurrent layers, under PyTorch's names. */
import { Parameter } from '../../../tensor/index.ts'
import { ShapeError } from '../../../util/errors.ts'
import type { Tensor } from '../../../tensor/index.ts'
import { uniform } from '../../init/uniform.ts'
import { madeOf, type ParameterOptions } from '../parameters.ts'

/** What one direction of one layer has. */
export interface Weights {
  readonly weightIh: Tensor
  readonly weightHh: Tensor
  readonly biasIh: Tensor | null
  readonly biasHh: Tensor | null
  readonly weightHr: Tensor | null
}

export interface WeightSizes {
  readonly input: number
  readonly hidden: number
  /** Rows of the matrices, in multiples of `hidden`. */
  readonly gates: number
  readonly bias: boolean
  /** Size of the projection; 0: none. */
  readonly projected: number
}

/** The parameters by name, in PyTorch's order, all from U(±1/√hidden). */
export function recurrentParameters(
  layer: string, suffix: string, sizes: WeightSizes, options: ParameterOptions,
): Record<string, Parameter> {
  const { input, hidden, gates, bias, projected } = sizes
  const high = 1 / Math.sqrt(hidden)
  const rows = gates * hidden
  const shapes: [string, number[]][] = [['weight_ih', [rows, input]], ['weight_hh', [rows, projected || hidden]]]
  if (bias) shapes.push(['bias_ih', [rows]], ['bias_hh', [rows]])
  if (projected > 0) shapes.push(['weight_hr', [projected, hidden]])
  return Object.fromEntries(shapes.map(([name, shape]) => [
    name + suffix,
    new Parameter(uniform(shape, { low: -high, high, ...madeOf(options) }), { name: `${layer}.${name}${suffix}` }),
  ]))
}

/** The weights of that suffix among a module's properties. */
export function weightsOf(module: object, suffix: string): Weights {
  const of = (name: string) => (module as Record<string, Tensor | undefined>)[name + suffix] ?? null
  return {
    weightIh: of('weight_ih') as Tensor, weightHh: of('weight_hh') as Tensor,
    biasIh: of('bias_ih'), biasHh: of('bias_hh'), weightHr: of('weight_hr'),
  }
}

/** @throws ShapeError unless the tensor has the shape */
export function checkShape(what: string, t: Tensor, shape: readonly number[]): void {
  if (t.rank === shape.length && t.shape.every((d, i) => d === shape[i])) return
  throw new ShapeError(`${what} is [${t.shape.join(',')}], expected [${shape.join(',')}]`)
}
