/**
 * @file The error function in float64: W. J. Cody, Rational Chebyshev approximations for the error function,
 * Math. Comp. 23 (1969), as in SPECFUN's CALERF.
 */
const A = [3.16112374387056560e0, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3,
  1.85777706184603153e-1]
const B = [2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3]
const C = [5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1, 2.98635138197400131e2,
  8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3,
  2.15311535474403846e-8]
const D = [1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
  3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3]
const P = [3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1, 1.60837851487422766e-2,
  6.58749161529837803e-4, 1.63153871373020978e-2]
const Q = [2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1, 6.05183413124413191e-2,
  2.33520497626869185e-3]

/** (top[last]·x + top[0])·x + … over (x + below[0])·x + …: the form the paper's tables are for. */
function rational(x: number, top: readonly number[], below: readonly number[]): number {
  const last = below.length - 1
  let n = top[top.length - 1] * x
  let d = x
  for (let i = 0; i < last; i++) {
    n = (n + top[i]) * x
    d = (d + below[i]) * x
  }
  return (n + top[last]) / (d + below[last])
}

/** exp(−y²) for y > 0, the square taken in two parts so that no digit is lost. */
function gaussian(y: number): number {
  const head = Math.trunc(y * 16) / 16
  return Math.exp(-head * head) * Math.exp(-(y - head) * (y + head))
}

export function erf(x: number): number {
  const y = Math.abs(x)
  if (y <= 0.46875) return x * rational(x * x, A, B)
  if (!(y < 6)) return y >= 6 ? Math.sign(x) : NaN
  return Math.sign(x) * (1 - gaussian(y) * (y <= 4 ? rational(y, C, D) : tail(y)))
}

/** exp(y²)·erfc(y) for y > 4. */
function tail(y: number): number {
  const z = 1 / (y * y)
  return (Math.sqrt(1 / Math.PI) - z * rational(z, P, Q)) / y
}
