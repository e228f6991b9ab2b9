/** @file Methods of one element. */
import { checkOptions } from '../../util/options.ts'
import * as v from '../functions/activation.ts'
import * as u from '../functions/unary.ts'
import type { TensorCore } from '../core.ts'
import { BinaryMethods } from './binary.ts'

export abstract class UnaryMethods<T extends TensorCore<T>> extends BinaryMethods<T> {
  // Floats keep their dtype; where the result is no whole number, integers and bool become float32.

  /** −x */
  neg(): T { return this.make(u.neg(this.node)) }
  /** |x|, with gradient 0 at 0 */
  abs(): T { return this.make(u.abs(this.node)) }
  /** −1, 0 or 1; 0 for NaN */
  sign(): T { return this.make(u.sign(this.node)) }
  /** x² */
  square(): T { return this.make(u.square(this.node)) }
  /** 1/x */
  reciprocal(): T { return this.make(u.reciprocal(this.node)) }
  /** √x */
  sqrt(): T { return this.make(u.sqrt(this.node)) }
  /** 1/√x */
  rsqrt(): T { return this.make(u.rsqrt(this.node)) }
  /** eˣ */
  exp(): T { return this.make(u.exp(this.node)) }
  /** 2ˣ */
  exp2(): T { return this.make(u.exp2(this.node)) }
  /** eˣ − 1, accurate near 0 */
  expm1(): T { return this.make(u.expm1(this.node)) }
  /** Natural logarithm */
  log(): T { return this.make(u.log(this.node)) }
  /** Logarithm to base 2 */
  log2(): T { return this.make(u.log2(this.node)) }
  /** Logarithm to base 10 */
  log10(): T { return this.make(u.log10(this.node)) }
  /** log(1 + x), accurate near 0 */
  log1p(): T { return this.make(u.log1p(this.node)) }
  /** Sine */
  sin(): T { return this.make(u.sin(this.node)) }
  /** Cosine */
  cos(): T { return this.make(u.cos(this.node)) }
  /** Tangent */
  tan(): T { return this.make(u.tan(this.node)) }
  /** Arc sine, NaN outside [−1, 1] */
  asin(): T { return this.make(u.asin(this.node)) }
  /** Arc cosine, NaN outside [−1, 1] */
  acos(): T { return this.make(u.acos(this.node)) }
  /** Arc tangent */
  atan(): T { return this.make(u.atan(this.node)) }
  /** Hyperbolic sine */
  sinh(): T { return this.make(u.sinh(this.node)) }
  /** Hyperbolic cosine */
  cosh(): T { return this.make(u.cosh(this.node)) }
  /** Hyperbolic tangent */
  tanh(): T { return this.make(u.tanh(this.node)) }
  /** Its inverse: of sinh */
  asinh(): T { return this.make(u.asinh(this.node)) }
  /** Its inverse: of cosh, NaN below 1 */
  acosh(): T { return this.make(u.acosh(this.node)) }
  /** Its inverse: of tanh, NaN outside [−1, 1] */
  atanh(): T { return this.make(u.atanh(this.node)) }
  /** The error function */
  erf(): T { return this.make(u.erf(this.node)) }
  /** ⌊x⌋ */
  floor(): T { return this.make(u.floor(this.node)) }
  /** ⌈x⌉ */
  ceil(): T { return this.make(u.ceil(this.node)) }
  /** The nearest whole number, halves to even */
  round(): T { return this.make(u.round(this.node)) }
  /** Without its fraction */
  trunc(): T { return this.make(u.trunc(this.node)) }
  /** bool: whether it is NaN */
  isNaN(): T { return this.make(u.isNaN(this.node)) }
  /** bool: neither infinite nor NaN */
  isFinite(): T { return this.make(u.isFinite(this.node)) }
  /** bool: ∞ or −∞ */
  isInf(): T { return this.make(u.isInf(this.node)) }

  // activations

  /** 0 where x ≤ 0, else x: gradient 0 at 0 */
  relu(): T { return this.make(v.relu(this.node)) }
  /** 1/(1 + e⁻ˣ) */
  sigmoid(): T { return this.make(v.sigmoid(this.node)) }
  /** log of the sigmoid */
  logSigmoid(): T { return this.make(v.logSigmoid(this.node)) }
  /** x · sigmoid(x) */
  silu(): T { return this.make(v.silu(this.node)) }
  /** x · tanh(softplus(x)) */
  mish(): T { return this.make(v.mish(this.node)) }
  /** Scaled elu with the constants of self-normalizing networks */
  selu(): T { return this.make(v.selu(this.node)) }
  /** Between 0 and 6 */
  relu6(): T { return this.make(v.relu6(this.node)) }
  /** x/6 + 1/2 between 0 and 1 */
  hardsigmoid(): T { return this.make(v.hardsigmoid(this.node)) }
  /** x · hardsigmoid(x) */
  hardswish(): T { return this.make(v.hardswish(this.node)) }
  /** x/(1 + |x|) */
  softsign(): T { return this.make(v.softsign(this.node)) }
  /** x·Φ(x) with the normal distribution's Φ; `approximate: 'tanh'` takes the approximation by tanh. */
  gelu(options: { approximate?: 'none' | 'tanh' } = {}): T {
    checkOptions('gelu', options, { approximate: true })
    return this.make(v.gelu(this.node, options.approximate))
  }
  /** log(1 + e^(βx))/β; x itself where βx > threshold. */
  softplus(options: { beta?: number; threshold?: number } = {}): T {
    checkOptions('softplus', options, { beta: true, threshold: true })
    const { beta = 1, threshold = 20 } = options
    return this.make(v.softplus(this.node, this.operand('softplus', beta), this.operand('softplus', threshold)))
  }
  /** x where x > 0, else slope · x. */
  leakyRelu(slope = 0.01): T { return this.make(v.leakyRelu(this.node, this.operand('leakyRelu', slope))) }
  /** x where x > 0, else α(eˣ − 1). */
  elu(alpha = 1): T { return this.make(v.elu(this.node, this.operand('elu', alpha))) }
  /** x where x > 0, else α(e^(x/α) − 1). */
  celu(alpha = 1): T { return this.make(v.celu(this.node, this.operand('celu', alpha))) }
  /** Between min and max, with gradient 0 at and beyond them. */
  hardtanh(options: { min?: number; max?: number } = {}): T {
    checkOptions('hardtanh', options, { min: true, max: true })
    const { min = -1, max = 1 } = options
    return this.make(v.hardtanh(this.node, this.operand('hardtanh', min), this.operand('hardtanh', max)))
  }
}
