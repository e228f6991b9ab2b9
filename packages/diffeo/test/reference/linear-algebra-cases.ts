/** @file Cases of linalg and fft fixtures, in PyTorch's words, as calls of ours. */
import { fft, linalg, type Tensor } from '../../src/index.ts'

export type Args = Record<string, any>
export type Call = (ts: Tensor[], args: Args) => Tensor | Tensor[]

const order = (ord: string | undefined): any =>
  ord === undefined || ord === 'fro' || ord === 'nuc'
    ? ord
    : Number(ord === 'inf' || ord === '-inf' ? ord.replace('inf', 'Infinity') : ord)
const only = (o: Args): Args => Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined))
/** The columns of v times 1, 2, …. */
const numbered = (v: Tensor): Tensor => {
  const n = v.shape.at(-1)!
  return v.mul(Array.from({ length: n }, (_, i) => i + 1))
}
const mT = (x: Tensor): Tensor => x.transpose(-1, -2)

/** Functions by name. */
const [algebra, transforms] = [linalg, fft] as unknown as Record<string, (...given: any[]) => Tensor>[]
const plain = (name: string): Call => ts => algebra[name](...ts)

export const linalgCalls: Record<string, Call> = {
  ...Object.fromEntries((['inv', 'det', 'svdvals', 'eigvalsh'] as const).map(n => [n, plain(n)])),
  slogdet: ([a]) => { const { sign, logabsdet } = linalg.slogdet(a); return [sign, logabsdet] },
  solve: ([a, b], o) => linalg.solve(a, b, o),
  solve_triangular: ([a, b], o) => linalg.solveTriangular(a, b, o as any),
  lu: ([a]) => { const { P, L, U } = linalg.lu(a); return [P, L, U] },
  lu_factor: ([a]) => { const { LU, pivots } = linalg.luFactor(a); return [LU, pivots] },
  lu_solve: ([a, b], o) => linalg.luSolve(linalg.luFactor(a), b, o),
  tensorinv: ([a], o) => linalg.tensorinv(a, o),
  tensorsolve: ([a, b]) => linalg.tensorsolve(a, b),
  cholesky: ([a], o) => linalg.cholesky(a, o),
  cholesky_solve: ([b, a], o) => linalg.choleskySolve(b, linalg.cholesky(a, o), o),
  cholesky_inverse: ([a], o) => linalg.choleskyInverse(linalg.cholesky(a, o), o),
  qr: ([a]) => { const { Q, R } = linalg.qr(a); return [Q, R] },
  householder_product: ([a, tau]) => linalg.householderProduct(a, tau),
  eigh: ([a]) => {
    const { eigenvalues, eigenvectors: v } = linalg.eigh(a)
    return [eigenvalues, numbered(v).matmul(mT(v))]
  },
  svd: ([a]) => {
    const { U, S, Vh } = linalg.svd(a, { fullMatrices: false })
    return [S, numbered(U).matmul(Vh), numbered(U).matmul(mT(U))]
  },
  pinv: ([a], o) => linalg.pinv(a, o),
  matrix_rank: ([a]) => linalg.matrixRank(a),
  lstsq: ([a, b]) => linalg.lstsq(a, b).solution,
  matrix_norm: ([a], o) => linalg.matrixNorm(a, only({ ord: order(o.ord), axes: o.dim, keepdims: o.keepdim })),
  cond: ([a], o) => linalg.cond(a, { ord: order(o.ord) }),
  vector_norm: ([a], o) => linalg.vectorNorm(a, { ord: o.ord, axes: o.dim }),
  norm: ([a], o) => linalg.norm(a, only({ ord: order(o.ord), axes: o.dim })),
  matrix_power: ([a], o) => linalg.matrixPower(a, o.n),
  matrix_exp: ([a]) => linalg.matrixExp(a),
  multi_dot: ts => linalg.multiDot(ts),
  cross: ([a, b], o) => linalg.cross(a, b, { axis: o.dim }),
  vecdot: ([a, b], o) => linalg.vecdot(a, b, { axis: o.dim }),
  vander: ([a], o) => linalg.vander(a, o),
}

const shortTime = (x: Tensor, { n_fft: n, plain: none, ...o }: Args): [number, Args] => {
  const width: number = o.win_length ?? n
  const window = none ? undefined : fft.hannWindow(width, { dtype: x.dtype, device: x.device }).add(0.25)
  return [n, only({
    hopLength: o.hop_length, winLength: o.win_length, center: o.center, normalized: o.normalized, padMode: o.pad_mode,
    onesided: o.onesided, length: o.length, window,
  })]
}
const windowOf = (name: 'hann' | 'hamming' | 'blackman' | 'bartlett' | 'kaiser'): Call => (_, { n, periodic }) =>
  transforms[`${name}Window`](n, { periodic, dtype: 'float64' })

export const fftCalls: Record<string, Call> = {
  ...Object.fromEntries(
    (['fft', 'ifft', 'rfft', 'irfft', 'hfft', 'ihfft'] as const).map(name => [
      name,
      (([x], { n, dim: axis, norm }) => transforms[name](x, only({ n, axis, norm }))) as Call,
    ]),
  ),
  ...Object.fromEntries(
    (['fft', 'ifft', 'rfft', 'irfft', 'hfft', 'ihfft'] as const).flatMap(name =>
      (['2', 'n'] as const).map(end => [
        name + end,
        (([x], { s, dim: axes, norm }) => transforms[`${name}${end}`](x, only({ s, axes, norm }))) as Call,
      ]),
    ),
  ),
  ...Object.fromEntries(
    (['hann', 'hamming', 'blackman', 'bartlett', 'kaiser'] as const).map(n => [`${n}_window`, windowOf(n)]),
  ),
  fftfreq: (_, { n, d }) => fft.fftfreq(n, { d, dtype: 'float64' }),
  rfftfreq: (_, { n, d }) => fft.rfftfreq(n, { d, dtype: 'float64' }),
  fftshift: ([x], { dim: axes }) => fft.fftshift(x, only({ axes })),
  ifftshift: ([x], { dim: axes }) => fft.ifftshift(x, only({ axes })),
  stft: ([x], o) => fft.stft(x, ...shortTime(x, o)),
  istft: ([z], o) => fft.istft(z, ...shortTime(z, o)),
}
