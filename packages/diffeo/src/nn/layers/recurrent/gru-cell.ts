/** @file One step of a gated recurrent unit. */
import type { Tensor } from '../../../tensor/index.ts'
import { gruStep } from '../../functional/recurrent.ts'
import { checkCellOptions, RecurrentCell, type CellOptions } from './cell.ts'

/**
 * One step of a GRU: r, z = σ(W_ih·x + b_ih + W_hh·h + b_hh); n = tanh(W_in·x + b_in + r·(W_hn·h + b_hn));
 * h′ = (1 − z)·n + z·h.
 *
 * @remarks Input `[batch, inputSize]` or `[inputSize]` and state `[batch, hiddenSize]` (zeros if left out); gives the
 * new state. Parameters `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh` from U(±1/√hiddenSize).
 * @param inputSize - size of the last axis of the input
 * @param hiddenSize - size of the state
 * @param options - `bias` (true), `dtype`, `device`
 * @example
 * new nn.GRUCell(4, 8).forward(randn([2, 4])).shape // [2, 8]
 */
export class GRUCell extends RecurrentCell<Tensor> {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    checkCellOptions('GRUCell', options)
    super(3, inputSize, hiddenSize, options)
  }

  override forward(x: Tensor, h?: Tensor | null): Tensor {
    const { inputs, state } = this.start(x, h ? [h] : null, 1)
    return gruStep(inputs, state[0], this.stateWeights)
  }
}
