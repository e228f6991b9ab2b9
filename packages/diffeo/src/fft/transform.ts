/**
 * @file The discrete Fourier transform along one axis. Short ones are products with the matrix of the transform; long
 * ones are split in two as Cooley and Tukey do ("An algorithm for the machine calculation of complex Fourier series",
 * 1965), and those of great prime lengths are convolutions (Bluestein, "A linear filtering approach to the computation
 * of discrete Fourier transform", 1970). All is linear in x: gradients, batches and compilation come with the parts.
 * Inside, the real parts of a signal lie before its imaginary parts, so that what is exchanged between the steps are
 * whole rows.
 */
import { concat, einsum, type Tensor } from '../tensor/index.ts'
import { chirp, dftMatrix, twiddles } from './tables.ts'

/** The longest that is a product by itself where it could be split; and where it could not. */
const dense = 32
const densePrime = 128

/** A divisor of n up to `dense`, near to the root of n that makes all steps alike; 1 if there is none. */
function divisor(n: number): number {
  const steps = Math.ceil(Math.log(n) / Math.log(dense))
  const wanted = n ** (1 / steps)
  const off = (d: number): number => Math.abs(Math.log(d / wanted))
  let best = 1
  for (let d = 2; d <= dense; d++) if (n % d === 0 && (best === 1 || off(d) < off(best))) best = d
  return best
}

/** y · w, both complex [.., 2, ...]: the axis of parts is axis 1 of y and 0 of w, which is a constant. */
function turned(y: Tensor, w: Tensor): Tensor {
  const [c, s] = w.unbind(0)
  return y.mul(c).add(y.flip(1).mul(concat([s.neg().unsqueeze(0), s.unsqueeze(0)])))
}

/** Xₖ = Σₙ xₙ e^(sign·2πi·nk/N) of x [batch, N, 2], or of real numbers [batch, N]: [batch, N, 2]. */
export function dft(x: Tensor, sign: 1 | -1): Tensor {
  const parts = x.rank === 2 ? x.unsqueeze(1) : x.transpose(1, 2)
  return planar(parts, sign).transpose(1, 2)
}

/** The same of [batch, 2, N], or [batch, 1, N] where all are real: [batch, 2, N]. */
function planar(x: Tensor, sign: 1 | -1): Tensor {
  const n = x.shape[2]
  const a = n <= dense ? 1 : divisor(n)
  if (a > 1) return split(x, a, sign)
  if (n <= densePrime) return einsum('zcn,cndk->zdk', x, matrix(n, sign, x))
  return bluestein(x.shape[1] === 1 ? x.pad([[0, 0], [0, 1], [0, 0]]) : x, sign)
}

/** [parts of x, n, 2, n] */
const matrix = (n: number, sign: 1 | -1, x: Tensor): Tensor =>
  dftMatrix(n, sign, x).split([x.shape[1], 2 - x.shape[1]])[0]

/** With n = b·i + j and k = u + a·v: Xₖ = Σⱼ e^(jv/b) · e^(ju/n) · Σᵢ xᵢⱼ e^(iu/a), each e being of 2πi·sign. */
function split(x: Tensor, a: number, sign: 1 | -1): Tensor {
  const n = x.shape[2]
  const b = n / a
  const inner = einsum('zcij,cidu->zduj', x.unflatten(2, [a, b]), matrix(a, sign, x))
  const y = turned(inner, twiddles(a, b, n, sign, x))
  if (b <= dense) return einsum('zcuj,cjdv->zdvu', y, matrix(b, sign, y)).flatten(2, 3)
  const rows = y.transpose(1, 2).flatten(0, 1)
  return planar(rows, sign).unflatten(0, [x.shape[0], a]).permute(0, 2, 3, 1).flatten(2, 3)
}

/** nk = (n² + k² − (k − n)²)/2 makes the sum a convolution with a chirp, which a transform of a smooth length does. */
function bluestein(x: Tensor, sign: 1 | -1): Tensor {
  const n = x.shape[2]
  const w = chirp(n, sign, x)
  let m = 1
  while (m < 2 * n - 1) m *= 2
  // the conjugate chirp at −(n − 1) … n − 1, what is below 0 counted from the end
  const back = chirp(n, sign === 1 ? -1 : 1, x)
  const below = back.split([1, n - 1], 1)[1].flip(1)
  const kernel = back.pad([[0, 0], [0, m - n]]).add(below.pad([[0, 0], [m - n + 1, 0]]))
  const spectrum = planar(turned(x, w).pad([[0, 0], [0, 0], [0, m - n]]), -1)
  const product = turned(spectrum, planar(kernel.unsqueeze(0), -1).squeeze(0))
  return turned(planar(product, 1).split([n, m - n], 2)[0].mul(1 / m), w)
}
