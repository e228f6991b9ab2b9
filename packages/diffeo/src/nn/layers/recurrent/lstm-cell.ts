/** @file One step of a long short-term memory. */
import type { Tensor } from '../../../tensor/index.ts'
import { lstmStep } from '../../functional/recurrent.ts'
import { checkCellOptions, RecurrentCell, type CellOptions } from './cell.ts'

/**
 * One step of an LSTM: i, f, o = σ(W_ih·x + b_ih + W_hh·h + b_hh), g = tanh(…); c′ = f·c + i·g; h′ = o·tanh(c′).
 *
 * @remarks Input `[batch, inputSize]` or `[inputSize]` and state `[h, c]`, each `[batch, hiddenSize]` (zeros if left
 * out); gives the new state. Parameters `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh` from U(±1/√hiddenSize).
 * @param inputSize - size of the last axis of the input
 * @param hiddenSize - size of the memory
 * @param options - `bias` (true), `dtype`, `device`
 * @example
 * const [h, c] = new nn.LSTMCell(4, 8).forward(randn([2, 4])) // [2, 8] each
 */
export class LSTMCell extends RecurrentCell<[Tensor, Tensor]> {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    checkCellOptions('LSTMCell', options)
    super(4, inputSize, hiddenSize, options)
  }

  override forward(x: Tensor, given?: [Tensor, Tensor] | null): [Tensor, Tensor] {
    const { inputs, state: [h, c] } = this.start(x, given ?? null, 2)
    return lstmStep(inputs, [h, c], this.stateWeights)
  }
}
