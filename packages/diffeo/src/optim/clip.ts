/** @file Clipping of gradients: pure functions. */
import type { Tensor } from '../tensor/index.ts'
import { GradientError, ShapeError } from '../util/errors.ts'
import { whatIs } from '../util/options.ts'

export type Grads = readonly (Tensor | null)[]

function checkBound(op: string, max: number): void {
  if (!(max > 0)) throw new ShapeError(`${op}: the bound is ${max}, and must be above 0`)
}

function checkGrads(op: string, grads: unknown): void {
  if (Array.isArray(grads)) return
  throw new GradientError(
    `${op} takes an array of gradients, got ${whatIs(grads)}: with an optimizer, write minimize(loss, { clipNorm: 1 })`,
  )
}

/**
 * All gradients scaled by one factor, so that their common norm √Σ‖g‖² is at most `max`: min(1, max/(norm + 10⁻⁶)).
 * `norm` is what it was before. Null gradients stay null.
 */
export function clipGradNorm<G extends Grads>(
  grads: G,
  max: number,
): { grads: { -readonly [K in keyof G]: G[K] }; norm: Tensor | null } {
  checkBound('clipGradNorm', max)
  checkGrads('clipGradNorm', grads)
  const squares = grads.flatMap(g => (g ? [g.square().sum()] : []))
  if (squares.length === 0) return { grads: [...grads] as never, norm: null }
  const norm = squares.reduce((a, b) => a.add(b)).sqrt()
  const factor = norm.add(1e-6).reciprocal().mul(max).clamp({ max: 1 })
  return { grads: grads.map(g => g && g.mul(factor.cast(g.dtype))) as never, norm }
}

/** Each element held between −max and max. Null gradients stay null. */
export function clipGradValue<G extends Grads>(grads: G, max: number): { -readonly [K in keyof G]: G[K] } {
  checkBound('clipGradValue', max)
  checkGrads('clipGradValue', grads)
  return grads.map(g => g && g.clamp(-max, max)) as never
}
