/** @file Pruning: parts of a parameter held at 0 by a mask. `torch.nn.utils.prune`. */
import { Buffer, concat, ones, Parameter, rand, type Tensor, where, zeros } from '../../tensor/index.ts'
import { assignAll } from '../../tensor/internal.ts'
import { DataError, ShapeError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import type { AnyModule } from '../module.ts'
import { compute, placeOf, store, type Place } from './computed.ts'

interface Pruned { readonly place: Place; readonly original: Parameter; readonly mask: Buffer }
const pruned = new WeakMap<AnyModule, Map<string, Pruned>>()
const knownOf = (module: AnyModule, name: string): Pruned | undefined => pruned.get(module)?.get(name)

/** Whether a parameter of the module or of one below it is pruned. */
export const isPruned = (module: AnyModule): boolean => module.modules().some(m => (pruned.get(m)?.size ?? 0) > 0)

/** How many of n an amount is: a fraction below 1, a whole number as it is. Halves go to the even one. */
function countOf(op: string, amount: number, n: number): number {
  if (!(amount >= 0) || (amount >= 1 && !Number.isInteger(amount)) || amount > Math.max(1, n))
    throw new DataError(`${op}: the amount is ${amount}: expected a fraction below 1, or a whole number up to ${n}`)
  if (amount >= 1) return amount
  const [low, rest] = [Math.floor(amount * n), (amount * n) % 1]
  return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1
}

/** Puts the mask over the parameter, and over what it was pruned by before. */
function apply(op: string, module: AnyModule, name: string, mask: (value: Tensor, before: Tensor) => Tensor): Tensor {
  const known = knownOf(module, name)
  if (known) {
    known.mask.assign(mask(known.original.detach(), known.mask.detach()).cast(known.mask.dtype))
    return known.mask
  }
  const place = placeOf(op, module, name)
  if (!(place.leaf instanceof Parameter))
    throw new DataError(`${op}: '${name}' is a buffer, and only parameters are pruned`)
  const original = place.leaf
  const { shape, dtype, device } = original
  const found = mask(original.detach(), ones(shape, { dtype, device })).cast(dtype)
  const own = { place, original, mask: new Buffer(found, { name: `${place.name}_mask` }) }
  const kept = module as unknown as Record<string, Tensor>
  kept[`${place.name}_orig`] = original
  kept[`${place.name}_mask`] = own.mask
  compute(place, () => kept[`${place.name}_orig`].mul(kept[`${place.name}_mask`]))
  pruned.set(module, (pruned.get(module) ?? new Map<string, Pruned>()).set(place.name, own))
  return own.mask
}

/** 0 at the `count` least of the scores, 1 elsewhere; what is Infinity is none of them. */
function without(scores: Tensor, count: number): Tensor {
  const { dtype, device } = scores
  const flat = scores.reshape([-1])
  const least = flat.neg().topk(count).indices
  return ones([flat.size], { dtype, device }).scatter(0, least, zeros([count], { dtype, device })).reshape(scores.shape)
}

/** Elements by their scores, among those that are left. */
function unstructured(op: string, module: AnyModule, name: string, amount: number, score: (w: Tensor) => Tensor): void {
  apply(op, module, name, (value, before) => {
    const left = before.sum().itemSync()
    const count = countOf(op, amount, left)
    return count === 0 ? before : before.mul(without(where(before.eq(0), Infinity, score(value)), count))
  })
}

/** Whole slices of an axis by their scores, among those that are left. */
function structured(
  op: string, module: AnyModule, name: string, amount: number, axis: number,
  score: (w: Tensor, rest: number[]) => Tensor,
): void {
  apply(op, module, name, (value, before) => {
    if (!Number.isInteger(axis) || axis < -value.rank || axis >= value.rank || value.rank < 2)
      throw new ShapeError(`${op}: there is no axis ${axis} with slices in [${value.shape.join(',')}]`)
    const own = axis < 0 ? axis + value.rank : axis
    const rest = value.shape.map((_, i) => i).filter(i => i !== own)
    const gone = before.amax(rest, { keepdims: true }).eq(0)
    const left = value.shape[own] - gone.sum().itemSync()
    const count = countOf(op, amount, left)
    if (count === 0) return before
    return before.mul(without(where(gone, Infinity, score(value, rest)), count))
  })
}

const uniform = (like: Tensor, shape: readonly number[]): Tensor =>
  rand(shape, { device: like.device }).cast(like.dtype)

/**
 * Holds the elements of least magnitude at 0: `weight_orig` is trained, `weight_mask` says what stays, the weight is
 * their product. Pruning again goes on with what is left.
 * @param amount - a fraction below 1, or how many
 * @param options - `importanceScores`: what is compared instead of the magnitudes
 * @example
 * const layer = nn.utils.prune.l1Unstructured(new nn.Linear(4, 3), 'weight', 0.5) // 6 of 12 are 0
 */
export function l1Unstructured<M extends AnyModule>(
  module: M, name: string, amount: number, options: { importanceScores?: Tensor | null } = {},
): M {
  checkOptions('l1Unstructured', options, { importanceScores: true })
  unstructured('l1Unstructured', module, name, amount, w => (options.importanceScores ?? w).abs())
  return module
}
/** Holds random elements at 0: a fraction of them below 1, or so many. */
export function randomUnstructured<M extends AnyModule>(module: M, name: string, amount: number): M {
  unstructured('randomUnstructured', module, name, amount, w => uniform(w, w.shape))
  return module
}
/** Holds the slices of an axis at 0 whose n-norms are least: a fraction of them below 1, or so many. */
export function lnStructured<M extends AnyModule>(module: M, name: string, amount: number, n: number, axis: number): M {
  structured('lnStructured', module, name, amount, axis, (w, rest) => w.norm(rest, { p: n, keepdims: true }))
  return module
}
/** Holds random slices of an axis at 0: a fraction of them below 1, or so many. */
export function randomStructured<M extends AnyModule>(module: M, name: string, amount: number, axis: number): M {
  structured('randomStructured', module, name, amount, axis, (w, rest) =>
    uniform(w, w.shape.map((d, i) => (rest.includes(i) ? 1 : d))))
  return module
}
/** Holds the elements at 0 where the mask is. @throws ShapeError unless it has the parameter's shape */
export function customFromMask<M extends AnyModule>(module: M, name: string, mask: Tensor): M {
  apply('customFromMask', module, name, (value, before) => {
    if (mask.shape.join() !== value.shape.join())
      throw new ShapeError(
        `customFromMask: the mask is [${mask.shape.join(',')}], '${name}' [${value.shape.join(',')}]`,
      )
    return before.mul(mask.cast(before.dtype))
  })
  return module
}
/** A mask of ones: pruned in name only. */
export function identity<M extends AnyModule>(module: M, name: string): M {
  apply('identity', module, name, (_, before) => before)
  return module
}

/**
 * Holds the elements of least magnitude (or random ones) of all parameters together at 0.
 * @param parameters - modules and the names of their parameters
 * @param options - `amount`: a fraction below 1, or how many; `method` ('l1' or 'random')
 * @example
 * const [first, last] = [new nn.Linear(4, 8), new nn.Linear(8, 2)]
 * nn.utils.prune.globalUnstructured([[first, 'weight'], [last, 'weight']], { amount: 0.2 })
 */
export function globalUnstructured(
  parameters: readonly (readonly [AnyModule, string])[], options: { amount: number; method?: 'l1' | 'random' },
): void {
  const op = 'globalUnstructured'
  checkOptions(op, options, { amount: true, method: true })
  const masks = parameters.map(([module, name]) => apply(op, module, name, (_, before) => before) as Buffer)
  const flat = (t: Tensor): Tensor => t.reshape([-1])
  const scores = parameters.map(([module, name], i) => {
    const { original } = knownOf(module, name)!
    const score = options.method === 'random' ? uniform(original, original.shape) : original.detach().abs()
    return flat(where(masks[i].eq(0), Infinity, score))
  })
  const left = masks.reduce((n, m) => n + m.sum().itemSync(), 0)
  const count = countOf(op, options.amount, left)
  if (count === 0) return
  const all = without(concat(scores, 0), count).split(masks.map(m => m.size), 0)
  assignAll(masks.map((m, i) => [m, m.mul(all[i].reshape(m.shape))]))
}

/** Makes what is pruned 0 for good: an ordinary parameter again. @throws DataError where it is not pruned */
export function remove<M extends AnyModule>(module: M, name: string): M {
  const known = knownOf(module, name)
  if (!known) throw new DataError(`prune.remove: '${name}' of ${module.describe()} is not pruned`)
  const { place, original, mask } = known
  original.assign(original.mul(mask).detach())
  const kept = module as unknown as Record<string, Tensor>
  delete kept[`${place.name}_orig`]
  delete kept[`${place.name}_mask`]
  store(place, original)
  pruned.get(module)!.delete(place.name)
  return module
}
