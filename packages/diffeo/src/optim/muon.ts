/** @file Muon. */
import type { Parameter, Tensor } from '../tensor/index.ts'
import { DataError, ShapeError } from '../util/errors.ts'
import { checkNumbers, type DecayOptions } from './group.ts'
import {
  Optimizer,
  type OptimizerOptions,
  type StateSpec,
  type StepContext,
  type Trained,
  type Updated,
  type Values,
} from './optimizer.ts'
export interface MuonOptions extends DecayOptions {
  /** How much the average of the gradient keeps. */
  momentum: number
  nesterov: boolean
  /** a, b and c of the iteration X ← aX + b(XXᵀ)X + c(XXᵀ)²X. */
  nsCoefficients: readonly [number, number, number]
  /** The least norm that a momentum is divided by. */
  eps: number
  /** How many iterations are made. */
  nsSteps: number
  /** How the rate depends on the shape [A, B]: √max(1, A/B); 0.2·√max(A, B); √(A/B). */
  adjustLrFn: 'original' | 'match_rms_adamw' | 'spectral_unclamped' | null
}

const adjustments: Record<string, (a: number, b: number) => number> = {
  original: (a, b) => Math.sqrt(Math.max(1, a / b)),
  match_rms_adamw: (a, b) => 0.2 * Math.sqrt(Math.max(a, b)),
  spectral_unclamped: (a, b) => Math.sqrt(a / b),
}

/**
 * Muon: a step of all singular directions alike, for matrices. p ← p·(1 − lr·λ) − lr′·NS(u) with the momentum
 * b ← μb + (1 − μ)g, u = b, with `nesterov` u = μb + (1 − μ)g, and the Newton-Schulz iteration NS, which brings all
 * singular values near 1; lr′ is lr times a factor of the shape. It computes in the parameter's dtype (PyTorch in
 * bfloat16). Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024).
 *
 * @param parameters - matrices; biases, embeddings and the like go to an AdamW beside it
 * @param options - `lr` (0.001), `weightDecay` (0.1), `momentum` (0.95), `nesterov` (true), `nsCoefficients`
 * ([3.4445, -4.775, 2.0315]), `eps` (1e-7), `nsSteps` (5), `adjustLrFn` (null: 'original'), `maximize` (false),
 * `accumulate` (1)
 * @throws ShapeError where a parameter is no matrix
 * @example
 * const muon = new optim.Muon(model.parameters().filter(p => p.rank === 2), { lr: 0.02 })
 * const others = new optim.AdamW(model.parameters().filter(p => p.rank !== 2))
 */
export class Muon extends Optimizer<MuonOptions> {
  constructor(parameters: Trained<MuonOptions>, options: OptimizerOptions<MuonOptions> = {}) {
    super(
      parameters,
      {
        lr: 1e-3,
        weightDecay: 0.1,
        momentum: 0.95,
        nesterov: true,
        nsCoefficients: [3.4445, -4.775, 2.0315],
        eps: 1e-7,
        nsSteps: 5,
        adjustLrFn: null,
      },
      options,
    )
  }

  protected override check(options: MuonOptions): void {
    checkNumbers(options, ['nsCoefficients'])
    const { nsCoefficients, nsSteps, adjustLrFn } = options
    if (nsCoefficients.length !== 3 || !nsCoefficients.every(Number.isFinite))
      throw new DataError(`Muon: nsCoefficients are [${nsCoefficients.join(', ')}]: expected three numbers`)
    if (!Number.isInteger(nsSteps) || nsSteps >= 100)
      throw new DataError(`Muon: nsSteps is ${nsSteps}: expected a whole number below 100`)
    if (adjustLrFn !== null && !Object.hasOwn(adjustments, adjustLrFn))
      throw new DataError(
        `Muon: adjustLrFn is '${adjustLrFn}': expected ${Object.keys(adjustments).join(', ')} or null`,
      )
  }
  protected override numbers(options: MuonOptions): Record<string, number> {
    const { lr, weightDecay, momentum, eps, nsCoefficients: [a, b, c] } = options
    return { lr, weightDecay, taken: 1 - momentum, momentum, eps, a, b, c }
  }
  protected override states(_: MuonOptions, { shape, name }: Parameter): Record<string, StateSpec> {
    if (shape.length !== 2)
      throw new ShapeError(
        `Muon: the parameter${name ? ` '${name}'` : ''} has shape [${shape.join(',')}]: Muon is for matrices, train others with AdamW`,
      )
    return { momentum_buffer: {} }
  }
  protected override update(p: Tensor, g: Tensor, state: Values, { h, group }: StepContext<MuonOptions>): Updated {
    const momentum_buffer = state.momentum_buffer.add(g.sub(state.momentum_buffer).mul(h.taken))
    const u = group.has('nesterov') ? g.add(momentum_buffer.sub(g).mul(h.momentum)) : momentum_buffer
    const adjust = adjustments[group.choice('adjustLrFn') ?? 'original']
    const step = orthogonalized(u, group.choice('nsSteps'), h).mul(h.lr.mul(adjust(p.shape[0], p.shape[1])))
    const old = group.has('weightDecay') ? p.sub(p.mul(h.lr.mul(h.weightDecay))) : p
    return { parameter: old.sub(step), state: { momentum_buffer } }
  }
}

/** Newton-Schulz iterations on the lying matrix. */
function orthogonalized(u: Tensor, steps: number, { a, b, c, eps }: Values): Tensor {
  const tall = u.shape[0] > u.shape[1]
  const lying = tall ? u.T : u
  let x = lying.div(lying.square().sum().sqrt().maximum(eps))
  for (let i = 0; i < steps; i++) {
    const gram = x.matmul(x.T)
    x = x.mul(a).add(gram.mul(b).add(gram.matmul(gram).mul(c)).matmul(x))
  }
  return tall ? x.T : x
}
