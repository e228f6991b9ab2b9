/** @file erf: an odd polynomial near 0, beyond it 1 − 2^g(|x|) with a polynomial g for log2 of erfc (tools/). */
import type { Value } from '../ir.ts'
import { exp2Normal } from './exponential.ts'
import type { Ops } from './ops.ts'

/** (erf x − x)/x of x² for |x| ≤ 0.95; relative error of erf 2^−30.0. */
const near = [0.12837917, -0.3761263, 0.11283626, -0.02685574, 0.0051924605, -0.0008050804, 0.00008002775]
/** log2(erfc t) for 0.9 ≤ t ≤ 4; relative error of erf 2^−33.4. */
const far = [
  0.00024411152, -1.6295073, -0.91380435, -0.15612885, 0.036183525, -0.005996121, 0.00062234356, -0.00003004624,
]

/** From 4 on erf rounds to 1. */
export function erf(o: Ops, x: Value): Value {
  const a = o.min(o.abs(x), 4)
  const small = o.fma(a, o.polynomial(near, o.mul(a, a)), a)
  const large = o.sub(1, exp2Normal(o, o.polynomial(far, a)))
  return o.orSign(o.select(o.lt(a, 0.92), small, large), x)
}
