/** @file Adafactor. */
import { type DType, type Parameter, type Tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
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
export interface AdafactorOptions extends DecayOptions {
  /** The power of t by which the average of squares forgets: β₂ = 1 − t^beta2Decay. */
  beta2Decay: number
  /** The least root of a mean square (null: the dtype's machine epsilon), and the least scale of a parameter. */
  eps: readonly [number | null, number]
  /** Updates of a greater root mean square than this are scaled down to it. */
  d: number
}

/** Machine epsilon: the gap above 1. */
const epsilons: Partial<Record<DType, number>> = { float64: 2 ** -52, float32: 2 ** -23, float16: 2 ** -10 }
const epsilonOf = (dtype: DType): number => epsilons[dtype] ?? 2 ** -7

const rms = (x: Tensor): Tensor => x.square().mean().sqrt()

/**
 * Adafactor: Adam without momentum, whose average of squares V of a matrix is kept as its rows' means R and its
 * columns' C: V = R·C/mean(R), so that the state of [n, m] is n + m numbers. p ← p − α·u/max(1, rms(u)/d) with
 * u = g/max(√V, ε₁), α = max(ε₂, rms(p))·min(lr, 1/√t), and averages that take t^beta2Decay of what is new. Weight
 * decay takes lr·λ·p off p first. Parameters of rank 0 and 1 keep V whole. Shazeer & Stern (2018).
 *
 * @param parameters - `model.parameters()`, or groups `{ parameters, lr?, … }`
 * @param options - `lr` (0.01), `beta2Decay` (-0.8), `eps` ([null, 0.001]), `d` (1), `weightDecay` (0), `maximize`
 * (false), `accumulate` (1)
 * @example
 * const optimizer = new optim.Adafactor(model.parameters(), { lr: 1e-2 })
 */
export class Adafactor extends Optimizer<AdafactorOptions> {
  constructor(parameters: Trained<AdafactorOptions>, options: OptimizerOptions<AdafactorOptions> = {}) {
    super(parameters, { lr: 1e-2, beta2Decay: -0.8, eps: [null, 1e-3], d: 1, weightDecay: 0 }, options)
  }

  protected override check(options: AdafactorOptions): void {
    checkNumbers(options, ['beta2Decay'])
    const { beta2Decay, d } = options
    if (!(beta2Decay <= 0 && Number.isFinite(beta2Decay)))
      throw new DataError(`Adafactor: beta2Decay is ${beta2Decay}: expected a number from 0 down`)
    if (d < 1) throw new DataError(`Adafactor: d is ${d}: expected a number from 1 up`)
  }
  protected override numbers({ lr, beta2Decay, eps, d, weightDecay }: AdafactorOptions): Record<string, number> {
    return { lr, beta2Decay, eps2: eps[1], perD: 1 / d, weightDecay }
  }
  protected override states(_: AdafactorOptions, { shape }: Parameter): Record<string, StateSpec> {
    if (shape.length < 2) return { variance: {} }
    const [n, m] = shape.slice(-2)
    const front = shape.slice(0, -2)
    return { row_var: { shape: [...front, n, 1] }, col_var: { shape: [...front, 1, m] } }
  }
  protected override update(
    p: Tensor,
    g: Tensor,
    state: Values,
    { h, step, group }: StepContext<AdafactorOptions>,
  ): Updated {
    const eps = group.choice('eps')[0] ?? epsilonOf(p.dtype)
    const old = group.has('weightDecay') ? p.sub(p.mul(h.lr.mul(h.weightDecay))) : p
    const taken = step.pow(h.beta2Decay)
    const after: Values = Object.fromEntries(
      Object.entries(state).map(([key, before]) => [key, before.add(meanSquare(g, key).sub(before).mul(taken))]),
    )
    const variance = after.variance ?? product(after.row_var, after.col_var, eps)
    const update = g.mul(variance.clamp({ min: eps ** 2 }).rsqrt())
    const size = rms(p).maximum(h.eps2).mul(h.lr.minimum(step.rsqrt()))
    const held = rms(update).mul(h.perD).maximum(1)
    return { parameter: old.sub(update.mul(size.div(held))), state: after }
  }
}

function meanSquare(g: Tensor, key: string): Tensor {
  if (key === 'variance') return g.square()
  return g.square().mean(key === 'row_var' ? -1 : -2, { keepdims: true })
}

const product = (rows: Tensor, columns: Tensor, eps: number): Tensor =>
  rows.mul(columns).div(rows.mean(-2, { keepdims: true }).clamp({ min: eps }))
