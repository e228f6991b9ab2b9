/**
 * @file Random tensors. The state is a key and a counter: outside of traces a tensor takes its counters when it is
 * written, a compiled mapping takes a base when it is called. The same seed gives the same bits and uniforms on every
 * device.
 */
import type { DType } from '../graph/dtype.ts'
import { isInteger } from '../graph/dtype.ts'
import type { Node, Shape } from '../graph/node.ts'
import * as g from '../graph/build.ts'
import { DTypeError, ShapeError, TraceError } from '../util/errors.ts'
import { checkShape } from './functions/movement.ts'
import { broadcastShape, broadcastTo } from './functions/promote.ts'
import * as r from './functions/random.ts'
import { innermost } from './scope.ts'
import { checkMade, Tensor, wrap, type Options } from './tensor.ts'

const anySeed = (): number => Math.floor(Math.random() * 2 ** 32)
const state = { key: [anySeed(), anySeed()] as [number, number], counter: 0 }

/** Starts the random state anew: what follows is the same at every run. @throws TraceError inside a trace */
export function seed(n: number): void {
  if (innermost()) throw new TraceError('seed() inside a trace would be called once, when tracing: call it before')
  if (!Number.isSafeInteger(n) || n < 0) throw new ShapeError(`seed: ${n} is not a whole number from 0 up`)
  state.key = [n >>> 0, Math.floor(n / 2 ** 32)]
  state.counter = 0
}

export interface RandomState { readonly key: readonly [number, number]; readonly counter: number }
/** The random state, to be saved with a checkpoint. */
export const randomState = (): RandomState => ({ key: [...state.key], counter: state.counter })
export function setRandomState({ key, counter }: RandomState): void {
  state.key = [...key]
  state.counter = counter
}

/** Takes the next `count` counters from the state: as numbers (lo, hi), for whoever runs a program. */
export function takeCounters(count: number): { key: Uint32Array; counter: Uint32Array } {
  const at = state.counter
  state.counter += count
  return { key: Uint32Array.from(state.key), counter: Uint32Array.of(at >>> 0, Math.floor(at / 2 ** 32)) }
}

const hostDraw: r.Draw = count => {
  const { key, counter } = takeCounters(count)
  return { key: r.pair(key[0], key[1]), counter: r.pair(counter[0], counter[1]) }
}
/** Where random nodes take their counters from here. */
export const source = (): r.Draw => innermost()?.draw ?? hostDraw
const draw: r.Draw = count => source()(count)

const made = (node: Node, options: Options): Tensor => wrap(node, options)
function floatType(op: string, options: Options): DType {
  checkMade(op, options)
  const { dtype = 'float32' } = options
  if (isInteger(dtype) || dtype === 'bool')
    throw new DTypeError(`${op} makes floats, not ${dtype}: use randint or bernoulli`)
  return dtype
}

/** Uniform in [0, 1): 24 random bits times 2⁻²⁴. */
export const rand = (shape: Shape, options: Options = {}): Tensor =>
  made(r.uniform(draw, checkShape('rand', shape), floatType('rand', options)), options)
/** Standard normal, by the inverse error function of 23 random bits: within 8 ULP of it. */
export const randn = (shape: Shape, options: Options = {}): Tensor =>
  made(r.normal(draw, checkShape('randn', shape), floatType('randn', options)), options)

/** Whole numbers from low to high − 1, int32 unless dtype says. Uneven by at most (high − low)/2³². */
export function randint(low: number, high: number, shape: Shape, options: Options = {}): Tensor {
  checkMade('randint', options)
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low || high - low > 2 ** 32) {
    throw new ShapeError(`randint: there are no whole numbers from ${low} to below ${high}`)
  }
  return made(r.integers(draw, low, high, checkShape('randint', shape), options.dtype ?? 'int32'), options)
}

/** 1 with probability p (a number, or a tensor that broadcasts), else 0. @example bernoulli(0.5, [3]) */
export function bernoulli(
  p: number | Tensor,
  shape: Shape = p instanceof Tensor ? p.shape : [],
  options: Options = {},
): Tensor {
  checkMade('bernoulli', options)
  if (typeof p === 'number' && !(p >= 0 && p <= 1))
    throw new ShapeError(`bernoulli: p is ${p}, and must be a probability, from 0 to 1`)
  const u = r.uniform(draw, checkShape('bernoulli', shape), 'float32')
  const chance =
    p instanceof Tensor
      ? broadcastTo(g.cast(p.node, 'float32'), checkFit(p.shape, shape))
      : g.constant(p, shape, 'float32')
  return made(g.cast(g.less(u, chance), options.dtype ?? 'float32'), options)
}
function checkFit(p: Shape, shape: Shape): Shape {
  if (!g.sameShape(broadcastShape('bernoulli', [p, shape]), shape))
    throw new ShapeError(`bernoulli: p of shape [${p.join(',')}] does not fit [${shape.join(',')}]`)
  return shape
}

/** The numbers 0 … n − 1 in random order, int32 unless dtype says. */
export function randperm(n: number, options: Options = {}): Tensor {
  checkShape('randperm', [n])
  checkMade('randperm', options)
  return made(g.cast(r.permutation(draw, n), options.dtype ?? 'int32'), options)
}
