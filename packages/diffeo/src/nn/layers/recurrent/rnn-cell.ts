/** @file One step of a plain recurrent network. */
import type { Tensor } from '../../../tensor/index.ts'
import { DiffeoError } from '../../../util/errors.ts'
import { checkOptions } from '../../../util/options.ts'
import { rnnStep, type Nonlinearity } from '../../functional/recurrent.ts'
import { cellNames, RecurrentCell, type CellOptions } from './cell.ts'

export interface RNNCellOptions extends CellOptions { nonlinearity?: Nonlinearity }

export function checkNonlinearity(name: string, by: string = 'tanh'): Nonlinearity {
  if (by !== 'tanh' && by !== 'relu')
    throw new DiffeoError(`${name}: nonlinearity is '${by}': there are 'tanh' and 'relu'`)
  return by
}

/**
 * One step of an RNN: h′ = tanh(W_ih·x + b_ih + W_hh·h + b_hh).
 *
 * @remarks Input `[batch, inputSize]` or `[inputSize]` and state `[batch, hiddenSize]` (zeros if left out); gives the
 * new state. Parameters `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh` from U(±1/√hiddenSize).
 * @param inputSize - size of the last axis of the input
 * @param hiddenSize - size of the state
 * @param options - `bias` (true), `nonlinearity` ('tanh' or 'relu'), `dtype`, `device`
 * @example
 * const cell = new nn.RNNCell(4, 8)
 * const [last, states] = scan((h: Tensor, x: Tensor) => { const next = cell.forward(x, h); return [next, next] },
 *   zeros([2, 8]), randn([5, 2, 4]))
 */
export class RNNCell extends RecurrentCell<Tensor> {
  readonly nonlinearity: Nonlinearity

  constructor(inputSize: number, hiddenSize: number, options: RNNCellOptions = {}) {
    checkOptions('RNNCell', options, { nonlinearity: true, ...cellNames })
    super(1, inputSize, hiddenSize, options)
    this.nonlinearity = checkNonlinearity('RNNCell', options.nonlinearity)
  }

  override forward(x: Tensor, h?: Tensor | null): Tensor {
    const { inputs, state } = this.start(x, h ? [h] : null, 1)
    return rnnStep(inputs, state[0], this.stateWeights, this.nonlinearity)
  }
}
