/** @file Methods of two operands: arithmetic, comparison, logic. */
import * as a from '../functions/arithmetic.ts'
import * as c from '../functions/compare.ts'
import type { Operand } from '../functions/promote.ts'
import * as u from '../functions/unary.ts'
import { TensorCore, type Like } from '../core.ts'

export interface Bounds<T> { min?: Like<T> | null; max?: Like<T> | null }
const isBounds = <T>(x: unknown): x is Bounds<T> =>
  typeof x === 'object' && x !== null && Object.getPrototypeOf(x) === Object.prototype

export abstract class BinaryMethods<T extends TensorCore<T>> extends TensorCore<T> {
  // Operands broadcast (ShapeError where they do not) and are promoted by JAX's table; numbers take the tensor's dtype.

  /** a + b. On bool: or. @example x.add(1) */
  add(other: Like<T>): T { return this.make(a.add(this.node, this.operand('add', other))) }
  /** a − b. @throws DTypeError of bool */
  sub(other: Like<T>): T { return this.make(a.sub(this.node, this.operand('sub', other))) }
  /** a · b. On bool: and. */
  mul(other: Like<T>): T { return this.make(a.mul(this.node, this.operand('mul', other))) }
  /** a / b: true division, of integers too. */
  div(other: Like<T>): T { return this.make(a.div(this.node, this.operand('div', other))) }
  /** ⌊a / b⌋ */
  floorDiv(other: Like<T>): T { return this.make(a.floorDiv(this.node, this.operand('floorDiv', other))) }
  /** The remainder with the divisor's sign, as Python's %. */
  mod(other: Like<T>): T { return this.make(a.mod(this.node, this.operand('mod', other))) }
  /** The remainder with the dividend's sign, as JavaScript's %. */
  fmod(other: Like<T>): T { return this.make(a.fmod(this.node, this.operand('fmod', other))) }
  /** aᵇ. @throws DTypeError of integers to a negative number. @example x.pow(2) */
  pow(other: Like<T>): T { return this.make(a.pow(this.node, this.operand('pow', other))) }
  /** The greater of each pair, NaN if one is; at ties each side has half the gradient. */
  maximum(other: Like<T>): T { return this.make(a.maximum(this.node, this.operand('maximum', other))) }
  /** The lesser of each pair, NaN if one is; at ties each side has half the gradient. */
  minimum(other: Like<T>): T { return this.make(a.minimum(this.node, this.operand('minimum', other))) }
  /** The angle of the point (x: other, y: this), in [−π, π]. */
  atan2(other: Like<T>): T {
    const [y, x] = a.floats('atan2', [this.node, this.operand('atan2', other)])
    return this.make(u.atan2(y, x))
  }
  /** this + weight · (other − this), exact at both ends. */
  lerp(other: Like<T>, weight: Like<T>): T {
    return this.make(a.lerp(this.node, this.operand('lerp', other), this.operand('lerp', weight)))
  }
  /**
   * Held between the bounds, of which one may be missing; the gradient passes at the bounds. `min` above `max` gives
   * `max`.
   * @example x.clamp(0, 1), x.clamp({ max: 6 })
   */
  clamp(min?: Like<T> | null | Bounds<T>, max?: Like<T> | null): T {
    const bounds = isBounds(min) ? min : { min, max }
    const bound = (b: Like<T> | null | undefined): Operand | undefined =>
      b === null || b === undefined ? undefined : this.operand('clamp', b)
    return this.make(a.clamp(this.node, bound(bounds.min), bound(bounds.max)))
  }

  // logic and comparison: bool tensors; a comparison with NaN is false, and `ne` true

  /** a = b */
  eq(other: Like<T>): T { return this.make(c.eq(this.node, this.operand('eq', other))) }
  /** a ≠ b */
  ne(other: Like<T>): T { return this.make(c.ne(this.node, this.operand('ne', other))) }
  /** a < b. @example where(x.lt(0), 0, x) */
  lt(other: Like<T>): T { return this.make(c.lt(this.node, this.operand('lt', other))) }
  /** a ≤ b */
  le(other: Like<T>): T { return this.make(c.le(this.node, this.operand('le', other))) }
  /** a > b */
  gt(other: Like<T>): T { return this.make(c.gt(this.node, this.operand('gt', other))) }
  /** a ≥ b */
  ge(other: Like<T>): T { return this.make(c.ge(this.node, this.operand('ge', other))) }
  /** Logical of bool, bitwise of integers. */
  and(other: Like<T>): T { return this.make(c.and(this.node, this.operand('and', other))) }
  /** Logical of bool, bitwise of integers. */
  or(other: Like<T>): T { return this.make(c.or(this.node, this.operand('or', other))) }
  /** Logical of bool, bitwise of integers. */
  xor(other: Like<T>): T { return this.make(c.xor(this.node, this.operand('xor', other))) }
  /** Logical: true where the element is zero or false. */
  not(): T { return this.make(c.not(this.node)) }
  /** 0-d bool: whether shapes and all values are the same. */
  equal(other: Like<T>): T { return this.make(c.equal(this.node, this.operandNode('equal', other))) }
  /** 0-d bool: whether |a − b| ≤ atol + rtol·|b| everywhere (1e-8 and 1e-5). */
  allClose(other: Like<T>, tolerance: c.Tolerance = {}): T {
    return this.make(c.allClose(this.node, this.operand('allClose', other), tolerance))
  }
}
