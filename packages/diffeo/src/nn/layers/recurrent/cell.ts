/** @file What the cells share: one step, for loops of the user's own. */
import { zeros, type Parameter, type Tensor } from '../../../tensor/index.ts'
import { checkTensor } from '../../../tensor/internal.ts'
import { checkOptions, type Names } from '../../../util/options.ts'
import { ShapeError } from '../../../util/errors.ts'
import { linear } from '../../functional/linear.ts'
import { Module } from '../../module.ts'
import { positive } from '../../sizes.ts'
import { parameterNames, type ParameterOptions } from '../parameters.ts'
import { checkShape, recurrentParameters, weightsOf } from './parameters.ts'

export interface CellOptions extends ParameterOptions { bias?: boolean }
export const cellNames: Names<CellOptions> = { bias: true, ...parameterNames }

export abstract class RecurrentCell<State> extends Module<[x: Tensor, state?: State | null], State> {
  declare readonly weight_ih: Parameter
  declare readonly weight_hh: Parameter
  declare readonly bias_ih: Parameter | undefined
  declare readonly bias_hh: Parameter | undefined
  readonly inputSize: number
  readonly hiddenSize: number

  constructor(gates: number, inputSize: number, hiddenSize: number, options: CellOptions) {
    super()
    const { name } = new.target
    this.inputSize = positive(`${name}: inputSize`, inputSize)
    this.hiddenSize = positive(`${name}: hiddenSize`, hiddenSize)
    const sizes = { input: inputSize, hidden: hiddenSize, gates, bias: options.bias ?? true, projected: 0 }
    Object.assign(this, recurrentParameters(name, '', sizes, options))
  }

  /** The input's part of the sums, and the state: zeros if there is none. */
  protected start(x: Tensor, state: readonly Tensor[] | null, count: number): { inputs: Tensor; state: Tensor[] } {
    const { name } = this.constructor
    checkTensor(name, 'input', x)
    if ((x.rank !== 1 && x.rank !== 2) || x.shape.at(-1) !== this.inputSize) {
      throw new ShapeError(
        `${name}: the input is [${x.shape.join(',')}], expected [batch, ${this.inputSize}] or [${this.inputSize}]`,
      )
    }
    const shape = [...x.shape.slice(0, -1), this.hiddenSize]
    state?.forEach(s => { checkShape(`${name}: the state`, s, shape) })
    const { weightIh, biasIh } = weightsOf(this, '')
    const none = (): Tensor => zeros(shape, { dtype: x.dtype, device: x.device })
    return { inputs: linear(x, weightIh, biasIh), state: state ? [...state] : Array.from({ length: count }, none) }
  }

  protected get stateWeights() {
    const { weightHh, biasHh } = weightsOf(this, '')
    return { weight: weightHh, bias: biasHh }
  }

  override describe(): string { return `${this.constructor.name} ${this.inputSize}→${this.hiddenSize}` }
}

export const checkCellOptions = (name: string, options: CellOptions): void => checkOptions(name, options, cellNames)
