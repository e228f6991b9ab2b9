/** @file The plain recurrent layer. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { rnnStep, type Nonlinearity } from '../../functional/recurrent.ts'
import type { Weights } from './parameters.ts'
import { bothBiases, Recurrent, recurrentNames, type RecurrentCall, type RecurrentOptions } from './recurrent.ts'
import { checkNonlinearity } from './rnn-cell.ts'

export interface RNNOptions extends RecurrentOptions { nonlinearity?: Nonlinearity }

/**
 * Recurrent layer (Elman 1990): hₜ = tanh(W_ih·xₜ + b_ih + W_hh·hₜ₋₁ + b_hh).
 *
 * @remarks Input `[time, batch, inputSize]` (`[batch, time, inputSize]` with `batchFirst`, or `[time, inputSize]`);
 * gives the outputs `[time, batch, hiddenSize]` and the last state `[layers, batch, hiddenSize]`; twice as many
 * columns, and states, where it is bidirectional. Parameters `weight_ih_l0` and so on, all from U(±1/√hiddenSize).
 * @param inputSize - size of the last axis of the input
 * @param hiddenSize - size of the state
 * @param options - `numLayers` (1), `nonlinearity` ('tanh' or 'relu'), `bias` (true), `batchFirst` (false), `dropout`
 * (0) between layers, `bidirectional` (false), `dtype`, `device`
 * @example
 * const [output, state] = new nn.RNN(4, 8).forward(randn([5, 2, 4])) // [5, 2, 8] and [1, 2, 8]
 */
export class RNN extends Recurrent<Tensor> {
  readonly nonlinearity: Nonlinearity

  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    checkOptions('RNN', options, { nonlinearity: true, ...recurrentNames })
    super({ gates: 1, projected: 0, states: 1 }, inputSize, hiddenSize, options)
    this.nonlinearity = checkNonlinearity('RNN', options.nonlinearity)
  }

  override forward(x: Tensor, state?: Tensor | null, call?: RecurrentCall): [Tensor, Tensor] {
    const [output, [last]] = this.run(x, state ? [state] : null, call)
    return [output, last]
  }
  protected override step(x: Tensor, [h]: readonly Tensor[], { weightHh }: Weights): readonly Tensor[] {
    return [rnnStep(x, h, { weight: weightHh, bias: null }, this.nonlinearity)]
  }
  protected override inputBias(weights: Weights): Tensor | null { return bothBiases(weights) }
}
