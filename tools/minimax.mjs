/**
 * Derives the polynomials of `kernel/math`: `node minimax.mjs [name]` prints coefficients (lowest first, rounded to
 * float32) and the weighted error of each. Weighted least squares on a Chebyshev grid, reweighted until the error is
 * level (Lawson 1961), then each coefficient is rounded to float32 in turn and the higher ones fitted again.
 */
const points = 2000

function leastSquares(rows, rhs) {
  const n = rows[0].length
  for (let k = 0; k < n; k++) {
    let norm = 0
    for (let i = k; i < rows.length; i++) norm += rows[i][k] ** 2
    const alpha = rows[k][k] > 0 ? -Math.sqrt(norm) : Math.sqrt(norm)
    const v = rows.map((row, i) => i < k ? 0 : row[k])
    v[k] -= alpha
    const vv = v.reduce((s, x) => s + x * x, 0)
    const reflect = (get, set) => {
      let dot = 0
      for (let i = k; i < rows.length; i++) dot += v[i] * get(i)
      for (let i = k; i < rows.length; i++) set(i, get(i) - 2 * dot / vv * v[i])
    }
    for (let j = k; j < n; j++) reflect((i) => rows[i][j], (i, x) => { rows[i][j] = x })
    reflect((i) => rhs[i], (i, x) => { rhs[i] = x })
  }
  const c = new Array(n).fill(0)
  for (let k = n - 1; k >= 0; k--) {
    let s = rhs[k]
    for (let j = k + 1; j < n; j++) s -= rows[k][j] * c[j]
    c[k] = s / rows[k][k]
  }
  return c
}

const horner = (c, t) => c.reduceRight((s, a) => s * t + a, 0)

function lawson(target, weight, grid, fixed, degree) {
  const scale = Math.max(...grid.map(Math.abs))
  const level = grid.map(() => 1)
  let best = null
  for (let turn = 0; turn < 60; turn++) {
    const rows = grid.map((t, i) => Array.from({ length: degree + 1 - fixed.length }, (_, j) =>
      Math.sqrt(level[i]) * weight(t) * (t / scale) ** (j + fixed.length)))
    const rhs = grid.map((t, i) => Math.sqrt(level[i]) * weight(t) * (target(t) - horner(fixed, t)))
    const c = [...fixed, ...leastSquares(rows, rhs).map((a, j) => a / scale ** (j + fixed.length))]
    const errors = grid.map((t) => Math.abs(weight(t) * (horner(c, t) - target(t))))
    const worst = Math.max(...errors)
    if (!best || worst < best.worst) best = { c, worst }
    const mean = errors.reduce((s, e, i) => s + e * level[i], 0) / level.reduce((s, e) => s + e, 0)
    for (let i = 0; i < grid.length; i++) level[i] *= errors[i] / mean + 1e-9
  }
  return best
}

function fit(name, degree, lo, hi, target, weight) {
  if (!name.startsWith(process.argv[2] ?? '')) return
  const grid = Array.from({ length: points }, (_, i) =>
    (lo + hi) / 2 + (hi - lo) / 2 * Math.cos(Math.PI * (i + 0.5) / points)).filter((t) => Math.abs(t) > 1e-9)
  const fixed = []
  let result
  for (let k = 0; k <= degree; k++) {
    result = lawson(target, weight, grid, fixed, degree)
    fixed.push(Math.fround(result.c[k]))
  }
  const worst = Math.max(...grid.map((t) => Math.abs(weight(t) * (horner(fixed, t) - target(t)))))
  console.log(`${name}: 2^${Math.log2(worst).toFixed(2)}\n  [${fixed.map(shortest).join(', ')}]`)
}

/** The shortest decimal that reads back as the same float32. */
function shortest(x) {
  for (let digits = 1; digits < 12; digits++) {
    if (Math.fround(Number(x.toPrecision(digits))) === x) return String(Number(x.toPrecision(digits)))
  }
  return String(x)
}

const series = (term, n) => { let s = 0; for (let k = n; k >= 0; k--) s += term(k); return s }
const factorial = (n) => n < 2 ? 1 : n * factorial(n - 1)

/** 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!, all terms positive. */
function erf(x) {
  let term = x, sum = x
  for (let n = 1; n < 200; n++) sum += term *= 2 * x * x / (2 * n + 1)
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum
}
/** Above 2 by the continued fraction (DLMF 7.9.4), from its tail. */
function erfc(x) {
  if (x < 2) return 1 - erf(x)
  let f = x
  for (let k = 200; k > 0; k--) f = x + k / 2 / f
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / f
}

const half = Math.LN2 / 2 * 1.0001
const wide = 2 * half
const [lo, hi] = [Math.SQRT1_2 - 1 - 1e-6, Math.SQRT2 - 1 + 1e-6]
const log1pRest = (f) => Math.abs(f) < 0.05 // (log(1+f) − f)/f²
  ? series((k) => (k % 2 ? 1 : -1) * f ** k / (k + 2), 14) : (Math.log1p(f) - f) / f / f
const expm1Rest = (r) => series((k) => r ** k / factorial(k + 2), 18) // (e^r − 1 − r)/r²
const quarter = (Math.PI / 2 * 1.0001) ** 2
const sinRest = (u) => -series((k) => (-u) ** k / factorial(2 * k + 3), 12) // (sin r − r)/r³, u = r²
const atanhRest = (u) => 3 * series((k) => u ** k / (2 * k + 5), 20)

fit('exp: (e^r − 1)/r', 6, -wide, wide, (r) => Math.expm1(r) / r, (r) => r / Math.exp(r))
fit('exp2: (2^f − 1)/f', 5, -0.5001, 0.5001, (f) => Math.expm1(f * Math.LN2) / f, (f) => f / 2 ** f)
fit('expm1: (e^r − 1 − r)/r²', 5, -half, half, expm1Rest, (r) => r * r / Math.expm1(r))
fit('log: (log(1+f) − f)/f²', 8, lo, hi, log1pRest, (f) => f * f / Math.log1p(f))
fit('log2: (log2(1+f) − f)/f', 9, lo, hi, (f) => (Math.log2(1 + f) - f) / f, (f) => f / Math.log2(1 + f))
fit('sin: (sin r − r)/r³ of r²', 4, 0, quarter, sinRest, (u) => u * Math.sqrt(u) / Math.sin(Math.sqrt(u)))
fit('pow: (3·atanh s / s − 3 − s²)/s⁴ of s²', 2, 0, 0.0295, atanhRest, (u) => u * u / 3)
const erfRest = (u) => erf(Math.sqrt(u)) / Math.sqrt(u) - 1
fit('erf: (erf x − x)/x of x²', 6, 0, 0.95 ** 2, erfRest, (u) => 1 / (1 + erfRest(u)))
fit('erf: log2(erfc t) of t', 7, 0.9, 4, (t) => Math.log2(erfc(t)), (t) => erfc(t) / erf(t))
