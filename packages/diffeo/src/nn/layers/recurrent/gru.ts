/** @file The gated recurrent unit. */
import type { Tensor } from '../../../tensor/index.ts'
import { checkOptions } from '../../../util/options.ts'
import { gruStep } from '../../functional/recurrent.ts'
import type { Weights } from './parameters.ts'
import { Recurrent, recurrentNames, type RecurrentCall, type RecurrentOptions } from './recurrent.ts'

/**
 * Gated recurrent units (Cho et al. 2014): r, z = σ(W_ih·xₜ + b_ih + W_hh·hₜ₋₁ + b_hh);
 * n = tanh(W_in·xₜ + b_in + r·(W_hn·hₜ₋₁ + b_hn)); hₜ = (1 − z)·n + z·hₜ₋₁.
 *
 * @remarks Input `[time, batch, inputSize]` (`[batch, time, inputSize]` with `batchFirst`, or `[time, inputSize]`);
 * gives the outputs `[time, batch, hiddenSize]` and the last state `[layers, batch, hiddenSize]`; twice as many
 * columns, and states, where it is bidirectional. Parameters `weight_ih_l0` and so on, all from U(±1/√hiddenSize).
 * @param inputSize - size of the last axis of the input
 * @param hiddenSize - size of the state
 * @param options - `numLayers` (1), `bias` (true), `batchFirst` (false), `dropout` (0) between layers, `bidirectional`
 * (false), `dtype`, `device`
 * @example
 * const [output, state] = new nn.GRU(4, 8, { bidirectional: true }).forward(randn([5, 2, 4]))
 * output.shape // [5, 2, 16]
 */
export class GRU extends Recurrent<Tensor> {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    checkOptions('GRU', options, recurrentNames)
    super({ gates: 3, projected: 0, states: 1 }, inputSize, hiddenSize, options)
  }

  override forward(x: Tensor, state?: Tensor | null, call?: RecurrentCall): [Tensor, Tensor] {
    const [output, [last]] = this.run(x, state ? [state] : null, call)
    return [output, last]
  }
  protected override step(x: Tensor, [h]: readonly Tensor[], { weightHh, biasHh }: Weights): readonly Tensor[] {
    return [gruStep(x, h, { weight: weightHh, bias: biasHh })]
  }
  protected override inputBias({ biasIh }: Weights): Tensor | null { return biasIh }
}
