/** @file erf of float64: an odd polynomial near 0, beyond it 1 − 2^g with a polynomial g for log2 of erfc. */
import type { Value } from '../../ir.ts'
import type { Ops } from '../ops.ts'
import { exp2Normal } from './exponential.ts'

/** (erf x − x)/x of x² for |x| ≤ 0.95; relative error of erf 2^−56.3. */
const near = [
  0.1283791670955126, -0.3761263890318389, 0.11283791670959803, -0.026866170645855062, 0.005223977631707336,
  -0.0008548327357875394, 0.0001205534459267155, -1.492591922935586e-05, 1.6466272716990213e-06,
  -1.640763045336544e-07, 1.5058425992678778e-08, -1.29767366385454e-09, 8.796230663337122e-11,
]
/** log2(erfc(1 + u)) for −0.1 ≤ u ≤ 5; relative error of erf 2^−57.0. */
const far = [
  -2.6684166967815997, -3.8072253458536083, -1.216346657685872, -0.05995999004567842, 0.014475750194449325,
  -0.002853510873375701, 0.0003423871605079504, 3.790014270164637e-05, -3.9156241452856816e-05, 1.3816837636530765e-05,
  -2.9116822422353318e-06, 1.473345780926161e-07, 1.842198106830269e-07, -9.930073945826762e-08, 3.158941136725809e-08,
  -7.206292299950649e-09, 1.1976816785124542e-09, -1.3854493566389793e-10, 9.977406092948273e-12,
  -3.360664179777075e-13,
]

/** From 6 on erf rounds to 1. */
export function erf(o: Ops, x: Value): Value {
  const a = o.min(o.abs(x), 6)
  const small = o.fma(a, o.polynomial(near, o.mul(a, a)), a)
  const large = o.sub(1, exp2Normal(o, o.polynomial(far, o.sub(a, 1))))
  return o.orSign(o.select(o.lt(a, 0.92), small, large), x)
}
