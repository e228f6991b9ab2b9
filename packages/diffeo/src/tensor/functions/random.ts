/** @file Random numbers from counters: each function maps uint32 bits to values, the same on every backend. */
import * as g from '../../graph/build.ts'
import { apply } from '../../graph/build.ts'
import type { DType } from '../../graph/dtype.ts'
import { sizeOf, type Node, type Shape } from '../../graph/node.ts'
import { literal } from './promote.ts'

/** Where random bits come from: a key and the counter of the first element, both uint32 [2] (lo, hi). */
export interface Source { readonly key: Node; readonly counter: Node }
/** Hands out the next `count` counters. */
export type Draw = (count: number) => Source

export const bits = (draw: Draw, shape: Shape): Node => {
  // a block of the generator is two words
  const { key, counter } = draw(Math.ceil(sizeOf(shape) / 2))
  return apply('randomBits', [key, counter], {}, { shape, dtype: 'uint32' })
}

/** A uint32 pair (lo, hi) known when the node is written: an argument of programs, like a user's number. */
export const pair = (lo: number, hi: number): Node =>
  g.concat([literal(lo, [1], 'uint32'), literal(hi, [1], 'uint32')], 0)

const u32 = (value: number, like: Node): Node => g.constant(value, like.shape, 'uint32')
const part = (p: Node, k: number): Node => g.slice(p, [k], [k + 1])
/** (lo, hi) + n, with carry. */
export function advance(counter: Node, n: number): Node {
  if (n === 0) return counter
  const [lo, hi] = [part(counter, 0), part(counter, 1)]
  const low = g.add(lo, u32(n >>> 0, lo))
  const carry = g.cast(g.less(low, lo), 'uint32')
  return g.concat([low, g.add(g.add(hi, u32(Math.floor(n / 2 ** 32) >>> 0, hi)), carry)], 0)
}
/** a · b of uint32 as (low, high), in 16-bit limbs. */
function wideProduct(a: Node, b: number): [Node, Node] {
  const sixteen = u32(16, a)
  const [aLow, aHigh] = [g.binary('and', a, u32(65535, a)), g.binary('shr', a, sixteen)]
  const times = (x: Node, y: number): Node => g.mul(x, u32(y, x))
  const [bLow, bHigh] = [b % 65536, Math.floor(b / 65536) % 65536]
  const middle = [times(aLow, bHigh), times(aHigh, bLow)]
  let low = times(aLow, bLow)
  let high = times(aHigh, bHigh)
  for (const m of middle) {
    const sum = g.add(low, g.binary('shl', m, sixteen))
    const carry = g.cast(g.less(sum, low), 'uint32')
    high = g.add(high, g.add(g.binary('shr', m, sixteen), carry))
    low = sum
  }
  return [low, high]
}

/** The counters of `length` turns that take `stride` each: [length, 2]. */
export function turns(counter: Node, stride: number, length: number): Node {
  const spread = (k: number): Node => g.expand(g.reshape(part(counter, k), [1, 1]), [length, 1])
  const [low, high] = wideProduct(g.iota(0, [length, 1], 'uint32'), stride)
  const sum = g.add(spread(0), low)
  const carry = g.cast(g.less(sum, low), 'uint32')
  return g.concat([sum, g.add(g.add(spread(1), high), carry)], 1)
}

/** How many random bits fill the significand, so that 1 is never reached. */
const uniformBits: Partial<Record<DType, number>> = { float16: 11, bfloat16: 8 }

const top = (b: Node, n: number, dtype: DType): Node => g.cast(g.binary('shr', b, u32(32 - n, b)), dtype)

/** Uniform in [0, 1): the upper bits times a power of two. float64 takes 53 of two words. */
export function uniform(draw: Draw, shape: Shape, dtype: DType): Node {
  if (dtype === 'float64') {
    const high = top(bits(draw, shape), 27, dtype)
    const low = top(bits(draw, shape), 26, dtype)
    return g.scale(g.add(g.scale(high, 2 ** 26), low), 2 ** -53)
  }
  const n = uniformBits[dtype] ?? 24
  return g.scale(top(bits(draw, shape), n, dtype), 2 ** -n)
}

// Giles, "Approximating the erfinv function": w = −log(1 − u²), one polynomial for w < 5, one in √w for the tails
const central = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941,
]
const tail = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
  1.00167406, 2.83297682,
]
const polynomial = (x: Node, coefficients: readonly number[]): Node =>
  coefficients.slice(1).reduce((sum, c) => g.shift(g.mul(sum, x), c), g.constantLike(x, coefficients[0]))

/** Standard normals: √2·erfinv of a uniform on (−1, 1), of 23 bits and symmetric; float64 by Box and Muller. */
export function normal(draw: Draw, shape: Shape, dtype: DType): Node {
  if (dtype === 'float64') return boxMuller(draw, shape)
  const k = top(bits(draw, shape), 23, 'float32')
  const u = g.shift(g.scale(g.shift(k, 0.5), 2 ** -22), -1)
  return g.cast(g.scale(erfinv(u), Math.SQRT2), dtype)
}
/** The inverse error function of a float32 u in (−1, 1). */
export function erfinv(u: Node): Node {
  const w = g.neg(g.unary('log1p', g.neg(g.mul(u, u))))
  const isTail = g.less(g.constantLike(w, 5), w)
  const inner = polynomial(g.shift(w, -2.5), central)
  const outer = polynomial(g.shift(g.unary('sqrt', w), -3), tail)
  return g.mul(g.where(isTail, outer, inner), u)
}

function boxMuller(draw: Draw, shape: Shape): Node {
  const u = uniform(draw, shape, 'float64')
  const angle = g.scale(uniform(draw, shape, 'float64'), 2 * Math.PI)
  // 1 − u is never 0
  const radius = g.unary('sqrt', g.scale(g.unary('log1p', g.neg(u)), -2))
  return g.mul(radius, g.unary('cos', angle))
}

/** Whole numbers in [low, high): bits modulo the width, uneven by at most width/2³². */
export function integers(draw: Draw, low: number, high: number, shape: Shape, dtype: DType): Node {
  const raw = bits(draw, shape)
  const width = high - low
  const within = width === 2 ** 32 ? raw : g.binary('mod', raw, u32(width, raw))
  // the sum wraps to the right value in either signedness
  const moved = g.add(within, u32(low >>> 0, within))
  return dtype === 'uint32' ? moved : g.cast(g.bitcast(moved, 'int32'), dtype)
}

export const permutation = (draw: Draw, n: number): Node => apply('argSort', [bits(draw, [n])], {})
