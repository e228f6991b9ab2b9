/** @file Clipping of gradients: pure functions. */
import { Parameter, stack, type Tensor } from '../tensor/index.ts'
import { isTracing, wide } from '../tensor/internal.ts'
import { whereAll } from '../nn/losses/range.ts'
import { DataError, GradientError, ShapeError } from '../util/errors.ts'
import { checkOptions, whatIs } from '../util/options.ts'

/** Gradients: a parameter, of which PyTorch's functions find the gradient themselves, is none. */
export type Grads = readonly ((Tensor & { frozen?: never }) | null)[]

function checkBound(op: string, max: number): void {
  if (!(max > 0)) throw new ShapeError(`${op}: the bound is ${max}, and must be above 0`)
}

const byOptimizer = 'with an optimizer, write minimize(loss, { clipNorm: 1 })'

function checkArray(op: string, grads: unknown): void {
  if (Array.isArray(grads)) return
  throw new GradientError(`${op} takes an array of gradients, got ${whatIs(grads)}: ${byOptimizer}`)
}

function checkGrads(op: string, grads: readonly unknown[]): void {
  checkArray(op, grads)
  if (grads.some(g => g instanceof Parameter))
    throw new GradientError(
      `${op}: these are Parameters, not gradients, which do not hang on them: pass what gradients(loss, parameters) ` +
        `gave; ${byOptimizer}`,
    )
}

export interface NormOptions {
  /** Which norm (2); Infinity is the greatest magnitude. */
  normType?: number
}

/**
 * The norm of all gradients as one vector, (Σ|g|ᵖ)^(1/p), in float32 for halves; null where there are none.
 * @example optim.getTotalNorm([tensor([3]), null, tensor([4])]) // 5
 */
export function getTotalNorm(grads: readonly (Tensor | null)[], options: NormOptions = {}): Tensor | null {
  checkOptions('getTotalNorm', options, { normType: true })
  checkArray('getTotalNorm', grads)
  const { normType: p = 2 } = options
  const there = grads.filter(g => g !== null).map(wide)
  if (there.length === 0) return null
  if (p === 2) return there.map(g => g.square().sum()).reduce((a, b) => a.add(b)).sqrt()
  return stack(there.map(g => g.norm(undefined, { p }))).norm(0, { p })
}

export interface ClipNormOptions extends NormOptions {
  /** Whether a norm that is NaN or infinite is an error when it is computed, before anything is assigned (false). */
  errorIfNonfinite?: boolean
}

const nonfinite = (value: string): string =>
  `clipGradNorm: the norm of the gradients is ${value}: detectAnomaly(f, ...args) says where that began; without ` +
  'errorIfNonfinite they are scaled all the same'

/** The norm, or a DataError: at once where it can be read, in a program when it runs. */
function finite(norm: Tensor): Tensor {
  if (isTracing()) return whereAll(norm, norm.isFinite(), nonfinite('NaN or infinite'))
  const value = norm.itemSync()
  if (Number.isFinite(value)) return norm
  throw new DataError(nonfinite(String(value)))
}

/** All gradients times min(1, max/(norm + 10⁻⁶)), for a norm that is known. Null gradients stay null. */
export function clipGradsWithNorm<G extends Grads>(
  grads: G, max: number, norm: Tensor,
): { -readonly [K in keyof G]: G[K] } {
  checkBound('clipGradsWithNorm', max)
  checkGrads('clipGradsWithNorm', grads)
  const factor = norm.add(1e-6).reciprocal().mul(max).clamp({ max: 1 })
  return grads.map(g => g && g.mul(factor.cast(g.dtype))) as never
}

/**
 * All gradients scaled by one factor, so that their common norm is at most `max`: min(1, max/(norm + 10⁻⁶)). `norm` is
 * what it was before. Null gradients stay null.
 * @param options - `normType` (2), `errorIfNonfinite` (false)
 * @throws DataError with errorIfNonfinite where the norm is NaN or infinite; inside compile when the program runs
 * @example const { grads } = optim.clipGradNorm([tensor([3]), tensor([4])], 1) // [0.6] and [0.8]
 */
export function clipGradNorm<G extends Grads>(
  grads: G,
  max: number,
  options: ClipNormOptions = {},
): { grads: { -readonly [K in keyof G]: G[K] }; norm: Tensor | null } {
  checkBound('clipGradNorm', max)
  checkGrads('clipGradNorm', grads)
  checkOptions('clipGradNorm', options, { normType: true, errorIfNonfinite: true })
  const { errorIfNonfinite = false, ...rest } = options
  const found = getTotalNorm(grads, rest)
  const norm = found && errorIfNonfinite ? finite(found) : found
  return { grads: norm ? clipGradsWithNorm(grads, max, norm) : [...grads] as never, norm }
}

/** Each element held between −max and max. Null gradients stay null. */
export function clipGradValue<G extends Grads>(grads: G, max: number): { -readonly [K in keyof G]: G[K] } {
  checkBound('clipGradValue', max)
  checkGrads('clipGradValue', grads)
  return grads.map(g => g && g.clamp(-max, max)) as never
}
