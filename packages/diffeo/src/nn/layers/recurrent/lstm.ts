/** @file The long short-term memory. */
import type { Tensor } from '../../../tensor/index.ts'
import { ShapeError } from '../../../util/errors.ts'
import { checkOptions } from '../../../util/options.ts'
import { lstmStep } from '../../functional/recurrent.ts'
import type { Weights } from './parameters.ts'
import { bothBiases, Recurrent, recurrentNames, type RecurrentCall, type RecurrentOptions } from './recurrent.ts'

export interface LSTMOptions extends RecurrentOptions {
  /** The output is projected to this size, smaller than hiddenSize; 0: it is not. */
  projSize?: number
}

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997): i, f, o = σ(W_ih·xₜ + b_ih + W_hh·hₜ₋₁ + b_hh), g = tanh(…);
 * cₜ = f·cₜ₋₁ + i·g; hₜ = o·tanh(cₜ).
 *
 * @remarks Input `[time, batch, inputSize]` (`[batch, time, inputSize]` with `batchFirst`, or `[time, inputSize]`);
 * gives the outputs `[time, batch, hiddenSize]` and the last `[h, c]`, each `[layers, batch, hiddenSize]`; twice as
 * many columns, and states, where it is bidirectional. With `projSize` outputs and h have that size (`weight_hr_l0`).
 * @param inputSize - size of the last axis of the input
 * @param hiddenSize - size of the memory
 * @param options - `numLayers` (1), `projSize` (0), `bias` (true), `batchFirst` (false), `dropout` (0) between layers,
 * `bidirectional` (false), `dtype`, `device`
 * @example
 * const lstm = new nn.LSTM(4, 8, { numLayers: 2, batchFirst: true })
 * const [output, [h, c]] = lstm.forward(randn([2, 5, 4]), null, { lengths: [5, 3] })
 * output.shape // [2, 5, 8]
 */
export class LSTM extends Recurrent<[Tensor, Tensor]> {
  readonly projSize: number

  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    checkOptions('LSTM', options, { projSize: true, ...recurrentNames })
    const { projSize = 0 } = options
    if (!Number.isInteger(projSize) || projSize < 0 || projSize >= hiddenSize)
      throw new ShapeError(`LSTM: projSize is ${projSize}: expected a whole number from 0 to below ${hiddenSize}`)
    super({ gates: 4, projected: projSize, states: 2 }, inputSize, hiddenSize, options)
    this.projSize = projSize
  }

  override forward(x: Tensor, state?: [Tensor, Tensor] | null, call?: RecurrentCall): [Tensor, [Tensor, Tensor]] {
    const [output, [h, c]] = this.run(x, state ?? null, call)
    return [output, [h, c]]
  }
  protected override step(x: Tensor, [h, c]: readonly Tensor[], w: Weights): readonly Tensor[] {
    return lstmStep(x, [h, c], { weight: w.weightHh, bias: null, projection: w.weightHr })
  }
  protected override inputBias(weights: Weights): Tensor | null { return bothBiases(weights) }
}
