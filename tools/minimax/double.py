"""
Derives the polynomials of `kernel/math/double`: `python3 double.py [name]` prints coefficients (lowest first) and the
weighted error of each. As ../minimax.mjs, in 50 digits: weighted least squares, reweighted until the error is level
(Lawson 1961), then each coefficient is rounded to float64 in turn and the higher ones fitted again. Needs mpmath.
"""
import sys
from mpmath import atanh, cos, erf, erfc, exp, expm1, log, lu_solve, matrix, mp, mpf, pi, sin, sqrt

mp.dps = 50


def horner(c, t):
    s = mpf(0)
    for a in reversed(c):
        s = s * t + a
    return s


def least_squares(rows, rhs):
    n = len(rows[0])
    a, b = matrix(n, n), matrix(n, 1)
    for row, y in zip(rows, rhs):
        for i in range(n):
            b[i] += row[i] * y
            for j in range(n):
                a[i, j] += row[i] * row[j]
    return list(lu_solve(a, b))


def fit(name, degree, lo, hi, target, weight):
    if not name.startswith(sys.argv[1] if len(sys.argv) > 1 else ''):
        return
    lo, hi, n = mpf(lo), mpf(hi), 6 * (degree + 1) + 40
    grid = [(lo + hi) / 2 + (hi - lo) / 2 * cos(pi * (i + mpf(1) / 2) / n) for i in range(n)]
    grid = [t for t in grid if abs(t) > 1e-12]
    values, weights = [target(t) for t in grid], [weight(t) for t in grid]

    def solve(level, fixed):
        rows = [[sqrt(l) * w * t**j for j in range(len(fixed), degree + 1)] for l, w, t in zip(level, weights, grid)]
        rhs = [sqrt(l) * w * (y - horner(fixed, t)) for l, w, y, t in zip(level, weights, values, grid)]
        return list(fixed) + least_squares(rows, rhs)

    def errors(c):
        return [abs(w * (horner(c, t) - y)) for w, t, y in zip(weights, grid, values)]

    level, best = [mpf(1)] * len(grid), None
    for _ in range(8):
        found = errors(solve(level, []))
        if best is None or max(found) < best[0]:
            best = (max(found), level)
        mean = sum(l * e for l, e in zip(level, found)) / sum(level)
        level = [l * (e / mean + mpf(10)**-9) for l, e in zip(level, found)]
    fixed = []
    for k in range(degree + 1):
        fixed.append(mpf(float(solve(best[1], fixed)[k])))
    print(f'{name}: 2^{float(log(max(errors(fixed)), 2)):.2f}\n  {[float(c) for c in fixed]}')


half = log(2) / 2 * mpf('1.0001')
quarter = (pi / 2 * mpf('1.0001'))**2
rest = lambda r: (expm1(r) - r) / r**2
sine = lambda u: (sqrt(u) - sin(sqrt(u))) / (u * sqrt(u))
near = lambda u: erf(sqrt(u)) / sqrt(u) - 1

fit('exp: (e^r - 1 - r)/r^2', 9, -half, half, rest, lambda r: r**2 / exp(r))
fit('expm1: (e^r - 1 - r)/r^2', 10, -half, half, rest, lambda r: r**2 / expm1(r))
fit('exp2: (2^f - 1)/f', 10, -0.5001, 0.5001, lambda f: expm1(f * log(2)) / f, lambda f: f / mpf(2)**f)
fit('log: 2(atanh s - s)/s^3 of s^2', 6, 0, 0.0295, lambda u: 2 * (atanh(sqrt(u)) - sqrt(u)) / (u * sqrt(u)),
    lambda u: u / 2)
fit('sin: (r - sin r)/r^3 of r^2', 8, 0, quarter, sine, lambda u: u * sqrt(u) / sin(sqrt(u)))
fit('pow: (3 atanh s / s - 3 - s^2)/s^4 of s^2', 7, 0, 0.0295,
    lambda u: (3 * atanh(sqrt(u)) / sqrt(u) - 3 - u) / u**2, lambda u: u**2 / 3)
fit('erf: (erf x - x)/x of x^2', 12, 0, 0.95**2, near, lambda u: 1 / (1 + near(u)))
fit('erf: log2(erfc(1 + u)) of u', 19, -0.1, 5, lambda u: log(erfc(u + 1), 2),
    lambda u: erfc(u + 1) / erf(u + 1) * log(2))
